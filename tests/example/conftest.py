"""The example site inside the test run: its settings, but the test database."""

import os
import sys
from pathlib import Path
from unittest import mock

import pytest

PROJECT = Path(__file__).resolve().parents[2] / "example_project"
sys.path.insert(0, str(PROJECT))

with mock.patch.dict(os.environ):  # a developer's own .env is not for the other tests
    from example import settings as example_settings

SAME = (
    "AUTH_PASSWORD_VALIDATORS",
    "INSTALLED_APPS",
    "LANGUAGES",
    "LOGIN_REDIRECT_URL",
    "LOGIN_URL",
    "LOGOUT_REDIRECT_URL",
    "MIDDLEWARE",
    "ROOT_URLCONF",
    "TEMPLATES",
)


@pytest.fixture
def site(settings, db):
    """Serve the example; nothing in it may call Avaturn."""
    from example.csp import policy

    for name in SAME:
        setattr(settings, name, getattr(example_settings, name))
    settings.USE_SANDBOX = True
    settings.AVATURN = {"API_TOKEN": "sandbox-token", "API_URL": "http://127.0.0.1:9100"}
    settings.SECURE_CSP = policy(["http://127.0.0.1:9100"])
    return settings


@pytest.fixture
def free_plan(site):
    """The example as a project without API."""
    from example.plans import sandboxed

    site.AVATURN = sandboxed("http://127.0.0.1:9100", free=True)


@pytest.fixture
def member(site, django_user_model):
    """Somebody with an account."""
    return django_user_model.objects.create_user("ada", password="correct horse battery")


@pytest.fixture
def logged_in(client, member):
    """A client in which the member is logged in."""
    client.force_login(member)
    return client
