"""The page on languages: what it names is there, and a text is overridden as it says."""

from __future__ import annotations

import re
from pathlib import Path

from django.utils import translation

from hatch_build import compile_messages

from .catalogues import LANGUAGES, ROOT, from_sources

PAGE = (ROOT / "docs" / "how-to" / "languages.rst").read_text("utf-8")
NAMES = ["English", "German", "French", "Spanish", "Portuguese", "Russian", "Japanese", "Arabic"]


def test_languages_are_named():
    assert len(NAMES) == len(LANGUAGES)
    assert [name for name in NAMES if name not in PAGE.partition("=\n\nEverything")[2]] == []


def test_a_text_of_the_site_goes_before_the_app_s(tmp_path: Path, settings):
    message, other = re.search(r'msgid "(.+)"\n +msgstr "(.+)"', PAGE).groups()
    assert from_sources().get(message) is not None
    # Compiled by our own means: not every machine has gettext's programs.
    path = tmp_path / "django_avaturn" / "locale" / "de" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8"\n\n'
    path.write_text(f'{head}msgid "{message}"\nmsgstr "{other}"\n', "utf-8")
    compile_messages(tmp_path)
    settings.LOCALE_PATHS = [path.parents[2]]
    with translation.override("de"):
        assert translation.gettext(message) == other
        assert translation.gettext("Avatar editor") == "Avatar-Editor"
    settings.LOCALE_PATHS = []
    with translation.override("de"):
        assert translation.gettext(message) == "Meinen Avatar erstellen"
