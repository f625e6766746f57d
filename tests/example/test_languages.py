"""The example's language chooser: the app and the forms of Django follow it."""

import pytest
from django.utils import translation

from tests.languages.catalogues import LANGUAGES


@pytest.fixture(autouse=True)
def english_afterwards():
    """The middleware's choice would outlive the test."""
    with translation.override("en"):
        yield


def test_all_languages_of_the_app_can_be_chosen(client, site):
    page = client.get("/").text
    assert sorted(code for code, _ in site.LANGUAGES) == sorted(LANGUAGES)
    assert page.count('<option value="') == len(LANGUAGES)
    assert '<option value="en" lang="en" selected>English</option>' in page


@pytest.mark.parametrize(
    ("language", "direction", "said"),
    [("de", "ltr", "Noch kein Avatar"), ("ar", "rtl", "لا توجد صورة رمزية بعد")],
)
def test_choice_is_kept(logged_in, language, direction, said):
    response = logged_in.post("/language/setlang/", {"language": language, "next": "/avatars/"})
    assert (response.status_code, response.url) == (302, "/avatars/")
    page = logged_in.get("/avatars/").text
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert said in page
    assert "No avatar yet" not in page
