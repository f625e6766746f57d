"""Everything that README.rst and the pages below docs/ show works, in the order of the page."""

from __future__ import annotations

import re

import pytest

from tests.docs.kinds import KINDS, way_of
from tests.docs.samples import ROOT, Sample, pages, runner_of, samples
from tests.docs.site import Site

ELSEWHERE = {page: test for page in pages() if (test := runner_of(page))}
PAGES = [page for page in pages() if page not in ELSEWHERE and samples(page)]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # botocore's own affair
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]


@pytest.fixture
def site_of(tmp_path, settings, sandbox):
    """Make the site that a page's samples are tried in."""
    made = []

    def make(text):
        made.append(Site(tmp_path / "site", settings, sandbox, text))
        return made[0]

    yield make
    for site in made:
        site.close()


@pytest.mark.parametrize("page", PAGES)
def test_samples_work(page, site_of):
    found = samples(page)
    site = site_of("\n".join(sample.body for sample in found))
    for sample in found:
        way = way_of(sample)
        try:
            way(sample, site)
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            raise AssertionError(f"{sample} does not work. {told}\n\n{sample.body}") from error


def test_no_sample_is_overlooked():
    """Directives and literal blocks of any form, counted by another road."""
    for page in pages():
        text = (ROOT / page).read_text("utf-8")
        blocks = re.findall(
            r"^ *(?:[*-] +)?\.\. (?:code-block|given|then|code|sourcecode)\b", text, re.M
        )
        literal = re.findall(r"^(?! *(?:[*-] +)?\.\. ).*::[ ]*\n\s*\n[ ]+\S", text, re.M)
        assert len(samples(page)) == len(blocks) + len(literal), page


@pytest.mark.parametrize("page, test", ELSEWHERE.items())
def test_what_is_left_out_here_is_tried_elsewhere(page, test):
    assert page.rpartition("/")[2] in (ROOT / test).read_text("utf-8"), f"{test} has no {page}"


PAGE = """\
Title
=====

.. code-block:: python
   :caption: shop/avatars.py

   one = 1

* In a list::

     two

  More text.

.. given:

   three = 3
"""


def test_samples_are_taken_as_they_stand():
    assert samples("page.rst", PAGE) == [
        Sample("page.rst", 7, "python", "one = 1\n", "shop/avatars.py"),
        Sample("page.rst", 11, "", "two\n"),
        Sample("page.rst", 17, "given", "three = 3\n"),
    ]


BROKEN = {
    "python": "AVATURN = {'NO_SUCH_KEY': 1}\nraise ValueError(AVATURN)",
    "html+django": "{% load avaturn %}{% avaturn_editor sice=1 %}",
    "javascript": "const = 1;",
    "shell": "manage.py avaturn_process --retry-fialed",
    "json": "{'code': 1}",
    "text": "some words",
    "css": "a { --avaturn-akzent: red }",
    "nginx": "location / {",
    "po": 'msgid "Make my awatar"\nmsgstr "Los"',
    "yaml": "a: [",
    "ini": "no sense",
    "toml": "a = ",
    "then": "assert not user",
    "given": "no_such_name",
}


@pytest.mark.parametrize("language", KINDS)
def test_what_is_wrong_is_noticed(language, site_of):
    sample = Sample("page.rst", 1, language, BROKEN[language])
    with pytest.raises((Exception, pytest.fail.Exception)):
        way_of(sample)(sample, site_of(""))


@pytest.mark.parametrize(
    "body", ["tox run -e no-such", "pip install 'django-avaturn[none]'", "rm -r /"]
)
def test_commands_that_are_not_there_are_noticed(body, site_of):
    sample = Sample("page.rst", 1, "shell", body)
    with pytest.raises(AssertionError):
        way_of(sample)(sample, site_of(""))


def test_an_unknown_language_is_no_excuse(site_of):
    with pytest.raises(pytest.fail.Exception, match="nobody tries"):
        way_of(Sample("page.rst", 1, "cobol", ""))
