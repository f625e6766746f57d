"""The site as a whole: its checks, its migrations, its policy, its pages for strangers."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import checks
from django.core.management import call_command

from django_avaturn.checks.policies import ANY_PROJECT
from tests.ecosystem.policy import policy


def findings() -> list[str | None]:
    """Ids of what ``manage.py check --deploy`` says of policies."""
    found = checks.run_checks(tags=["avaturn"], include_deployment_checks=True)
    return [one.id for one in found if one.id in ("avaturn.W016", "avaturn.W017")]


def set_policy(settings: Any, changes: dict[str, list[str]]) -> None:
    [(name, value)] = policy(ANY_PROJECT, changes).items()
    setattr(settings, name, value)


def test_checks_have_nothing_to_say(configure):
    configure(API_URL="https://api.avaturn.me")
    call_command("check", fail_level="WARNING")


def test_policy_is_checked_whoever_sends_it(configure, settings):
    configure(API_URL="https://api.avaturn.me")
    set_policy(settings, {})
    assert findings() == []
    set_policy(settings, {"frame-src": ["'none'"], "connect-src": ["'self'"]})
    assert findings() == ["avaturn.W016", "avaturn.W017"]


def test_no_migration_is_missing():
    call_command("makemigrations", "django_avaturn", "community", check=True, dry_run=True)


@pytest.mark.parametrize("path", ["/me/", "/avatar/", "/accounts/login/", "/accounts/signup/"])
def test_strangers_may_look_around(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert "frame-src" in answer["Content-Security-Policy"]
