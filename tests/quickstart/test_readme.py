"""How code blocks are taken out of the README."""

import pytest
from readme import blocks

TEXT = """\
Quick start
-----------

.. quickstart: settings

.. code-block:: python
    :caption: settings.py

    INSTALLED_APPS += [
        "django_avaturn",
    ]

    AVATURN = {}

Then the page:

.. code-block:: python

    not_marked = True

.. quickstart: template
.. code-block:: html+django

    {% load avaturn %}{% avaturn_editor %}
"""


def test_marked_blocks_are_taken_as_they_are() -> None:
    """Indentation goes, everything else stays; blocks without a mark are left alone."""
    assert blocks(TEXT) == {
        "settings": 'INSTALLED_APPS += [\n    "django_avaturn",\n]\n\nAVATURN = {}\n',
        "template": "{% load avaturn %}{% avaturn_editor %}\n",
    }


def test_blocks_of_one_name_are_joined() -> None:
    """As in a text that comes back to the same file."""
    assert blocks(TEXT + "\n" + TEXT)["template"].count("avaturn_editor") == 2


def test_a_wrong_language_is_refused() -> None:
    """A mark before the wrong block would be noticed late otherwise."""
    with pytest.raises(ValueError, match="should be html"):
        blocks(TEXT.replace("html+django", "shell"))
