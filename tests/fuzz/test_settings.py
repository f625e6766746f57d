"""Settings of any kind: the declared type, or an error that does not repeat the value."""

from __future__ import annotations

from decimal import Decimal

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from django_avaturn.conf import Settings

from .inputs import ANY_TEXT, SCALARS, nested, tries

KEYS = [option.key for option in Settings.options()]
ODD = st.sampled_from([b"bytes", Decimal("1.5"), object(), int, {1, 2}, range(3), 1j, lambda: 1])
WORDS = st.sampled_from(
    [
        *("https://a.example", "https://a.example:99999", "http://[::1", "https://[::1]:9100/"),
        *("60/hour", "0/hour", "a.b.C", "true", "1", "10", "0.5", "1,2", "1e999", "nan", "-1"),
        *("files.example.com:8443,.example.com", "common/preview"),
        *("$HOME", "$OTHER", "$AVATURN_API_URL"),
    ]
)
VALUES = nested(SCALARS | ODD | WORDS) | st.tuples(SCALARS, SCALARS) | st.lists(WORDS)
TEXTS = WORDS | ANY_TEXT | st.builds("{}{}".format, WORDS, ANY_TEXT)


def is_of_its_type(option, value):
    """As the option's own default; a rate may be None."""
    assert isinstance(value, type(option.default)) or (
        option.key == "SESSION_THROTTLE" and not value
    )
    if isinstance(value, tuple):
        assert {type(item) for item in value} <= {str, float}
    assert option.kind.read(value) == value  # what was read is a value itself


def read(option):
    try:
        is_of_its_type(option, option.read())
    except ImproperlyConfigured as error:
        assert str(error) == f"{option.source} must be {option.kind.expected}."
        assert error.__cause__ is None
        assert error.__context__ is None


@pytest.mark.parametrize("key", KEYS)
@tries(40)
@given(value=VALUES)
def test_python_values(key, value):
    with override_settings(AVATURN={key: value}):
        read(vars(Settings)[key])


@pytest.mark.parametrize("key", KEYS)
@tries(40)
@given(text=TEXTS)
def test_environment(key, text):
    with override_settings(AVATURN={}), pytest.MonkeyPatch.context() as patch:
        patch.setattr(environ.Env, "ENVIRON", {f"AVATURN_{key}": text, "OTHER": "$OTHER"})
        read(vars(Settings)[key])
