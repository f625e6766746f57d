"""How Sphinx builds these pages: ``tox run -e docs``, without any network."""

import sys
from pathlib import Path

import django
from django.conf import settings

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

settings.configure(
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django_avaturn",
    ],
    SECRET_KEY="reading docstrings needs none",  # noqa: S106
    USE_TZ=True,
)
django.setup()

from django_avaturn import __version__  # noqa: E402  # needs the settings above

project = "django-avaturn"
author = "The django-avaturn authors"
project_copyright = author
release = version = __version__

extensions = ["sphinx.ext.autodoc", "avaturn_bench", "avaturn_docs"]
html_theme = "furo"
html_title = f"{project} {version}"
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#3a4bd8", "color-brand-content": "#3a4bd8"},
    "dark_css_variables": {"color-brand-primary": "#9aa5ff", "color-brand-content": "#9aa5ff"},
}
exclude_patterns = ["_build"]
html_show_sourcelink = False
highlight_language = "text"
# As in the README, which is plain reStructuredText: `single` backquotes stand for nothing else.
default_role = None
smartquotes = False  # the generated lists have code in quotes

autodoc_default_options = {"member-order": "bysource"}
autodoc_typehints = "signature"
autodoc_type_aliases = {"Owner": "Owner", "Viewer": "Viewer"}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
# Types of Python, Django and the REST framework: their own documentation is not fetched.
nitpick_ignore_regex = [("py:.*", r"(?!django_avaturn\b).*")]
# Names within the package that are no part of its interface.
nitpick_ignore = [
    ("py:class", "django_avaturn.client.filekinds.Head"),
    ("py:class", "django_avaturn.decorators.View"),
]
