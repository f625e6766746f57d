"""The catalogues, each against the sources and against itself."""

from __future__ import annotations

import gettext
import re
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from django.template import engines
from django.utils import translation
from django.utils.translation import ngettext

from hatch_build import compile_messages

from .catalogues import LANGUAGES, PLURALS, ROOT, from_sources, path_of, read

PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+[^>]*>")
"""What a translation has to take over: values and markup."""
NUMBERS = ("%(count)s", "%(days)s")
TRANSLATED = [language for language in LANGUAGES if language != "en"]


@pytest.fixture(scope="module")
def marked() -> Catalog:
    return from_sources()


@pytest.fixture(scope="module")
def catalog(language: str) -> Catalog:
    return read(language)


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def texts(catalog: Catalog) -> set[Any]:
    """What is translated, by its singular, with the context where there is one."""
    return {catalog._key_for(message.id, message.context) for message in catalog if message.id}


def forms(message: Message) -> tuple[str, ...]:
    """The translation: one, or one for each plural form."""
    return message.string if isinstance(message.string, tuple) else (message.string,)


def places(text: str) -> list[str]:
    return sorted(PLACE.findall(text))


def test_sources_are_read(marked):
    """From Python, from templates, from plurals: an extractor that finds nothing finds no fault."""
    found = texts(marked)
    assert {"Avatar editor", "Make active", "There is no such slot."} < found
    assert "%(count)s avatar. The active one is what others see." in found
    assert len(found) > 300


def test_has_every_text_and_no_other(marked, catalog):
    """After a change: ``tox run -e messages``, then translate what it lists."""
    wanted, found = texts(marked), texts(catalog)
    assert sorted(map(str, wanted - found)) == []
    assert sorted(map(str, found - wanted)) == []


def test_nothing_is_empty_or_doubtful(catalog):
    messages = [message for message in catalog if message.id]
    assert [message.id for message in messages if message.fuzzy] == []
    assert [message.id for message in messages if not all(forms(message))] == []


def test_values_and_markup_are_taken_over(catalog):
    """Each form has what the plural has, but for the number where it goes without saying.

    "%d" may not be left out: it is filled in by place, which fails without it.
    """
    wrong = []
    for message in (message for message in catalog if message.id):
        counted = isinstance(message.id, tuple)
        wanted = places(message.id[1] if counted else message.id)
        sparing = [place for place in wanted if not counted or place not in NUMBERS]
        wrong += [form for form in forms(message) if places(form) not in (wanted, sparing)]
    assert wrong == []


def test_each_plural_has_the_forms_of_its_language(language, catalog):
    assert catalog.plural_forms.rstrip(";") == PLURALS[language]
    plurals = [message for message in catalog if isinstance(message.id, tuple)]
    assert len(plurals) >= 6
    assert {len(forms(message)) for message in plurals} == {catalog.num_plurals}


@pytest.mark.parametrize("language", ["ru", "ar"])
def test_only_forms_for_one_number_leave_it_out(language):
    """Russian says "21 день" with the form for 1; Arabic has forms for 0, 1 and 2 alone."""
    catalog = read(language)
    sparing = {"ru": 0, "ar": 3}[language]
    for message in catalog:
        if isinstance(message.id, tuple):
            late = forms(message)[sparing:]
            assert [form for form in late if places(form) != places(message.id[1])] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_sentences_are_translated(language):
    """What has three words or more is the same in no two languages."""
    same = [m.id for m in read(language) if m.id and m.id in forms(m) and len(m.id.split()) > 2]
    assert same == []


def test_english_is_the_sources_own():
    assert [m.id for m in read("en") if m.id and m.string != m.id] == []


def test_compiled_catalogue_is_there_and_current(language):
    """An editable install makes it; after a change ``tox run -e messages`` does."""
    compiled = path_of(language).with_suffix(".mo")
    with compiled.open("rb") as file:
        found = gettext.GNUTranslations(file)
    for message in read(language):
        if isinstance(message.id, tuple):
            assert found._catalog[message.id[0], 0] == forms(message)[0]
        elif message.id:
            assert found.gettext(message.id) == message.string


def test_the_same_sources_compile_to_the_same(language, tmp_path):
    """Whenever a wheel is built; the repository's own files are left alone here."""
    source = path_of(language)
    results = []
    for name in ("first", "second"):
        copy = tmp_path / name / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True)
        copy.write_bytes(source.read_bytes())
        compile_messages(tmp_path / name)
        results.append(copy.with_suffix(".mo").read_bytes())
    assert results[0] == results[1]
    assert b"1980-01-01" in results[0]  # no date of the day


COUNTED = {
    "en": {1: "1 avatar.", 2: "2 avatars."},
    "de": {1: "1 Avatar.", 2: "2 Avatare."},
    "fr": {0: "0 avatar.", 1: "1 avatar.", 2: "2 avatars."},
    "es": {1: "1 avatar.", 2: "2 avatares."},
    "pt": {1: "1 avatar.", 2: "2 avatares."},
    "pt-br": {1: "1 avatar.", 2: "2 avatares."},
    "ru": {1: "1 аватар.", 3: "3 аватара.", 5: "5 аватаров.", 12: "12 аватаров.", 21: "21 аватар."},
    "ja": {1: "アバター 1 個。", 5: "アバター 5 個。"},
    "ar": {
        1: "صورة رمزية واحدة.",
        2: "صورتان رمزيتان.",
        3: "3 صور رمزية.",
        11: "11 صورة رمزية.",
        103: "103 صور رمزية.",
    },
}


@pytest.mark.parametrize("language", COUNTED)
def test_numbers_come_in_the_right_form(language):
    one = "%(count)s avatar. The active one is what others see."
    many = "%(count)s avatars. The active one is what others see."
    with translation.override(language):
        for count, start in COUNTED[language].items():
            assert (ngettext(one, many, count) % {"count": count}).startswith(start)


@pytest.mark.parametrize(
    ("days", "said"), [(1, "1 день"), (3, "3 дня"), (11, "11 дней"), (21, "21 день")]
)
def test_a_template_counts_in_russian(days, said):
    """The number is there also in the form that English uses for one alone."""
    template = engines["django"].get_template("django_avaturn/gallery_visitor.html")
    with translation.override("ru"):
        page = template.render({"visitor": {"days": days, "login_url": "/in/"}})
    assert f"через {said} после" in page
