"""The ``AVATURN`` dict and environment. Told by every check."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages

from ..conf import Settings, settings
from ..hooks import get_hooks
from .work import check_queue

FIT = r"[A-Za-z0-9_-]+"
LONG_ENOUGH = 20
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E001 to E007, W001 unknown key, W002 no token, W003 the sandbox, W020 a short secret."""
    value = getattr(django_settings, "AVATURN", {})
    if not isinstance(value, dict):
        hint = "Write AVATURN = {'API_TOKEN': '…'}."
        return [Error("AVATURN must be a dict.", hint=hint, id="avaturn.E002")]
    wrong = _wrong_types()
    return [*wrong, *_unknown_keys(value), *([] if wrong else _wrong_values())]


def _wrong_types() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for option in Settings.options():
        try:
            option.read()
        except ImproperlyConfigured as error:
            found.append(Error(str(error), hint=option.help, id="avaturn.E001"))
    return found


def _unknown_keys(value: dict[str, object]) -> list[CheckMessage]:
    known = [option.key for option in Settings.options()]
    return [
        Warning(
            f"AVATURN has an unknown key {key!r}.", hint=_suggestion(key, known), id="avaturn.W001"
        )
        for key in value
        if key not in known
    ]


def _suggestion(key: object, known: list[str]) -> str:
    close = get_close_matches(str(key).upper(), known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known keys: {', '.join(known)}."


def _wrong_values() -> list[CheckMessage]:
    return [*_token(), *_address(), *_hooks(), *_storage(), *_secrets(), *check_queue()]


def _token() -> list[CheckMessage]:
    if settings.API_TOKEN or settings.PROJECT_URL:
        return []
    return [
        Warning(
            "AVATURN has no API_TOKEN, so nobody can open the avatar editor.",
            hint="Set AVATURN = {'API_TOKEN': '…'} or the environment variable AVATURN_API_TOKEN. "
            "The token is made at the Avaturn developer portal; with 'manage.py avaturn_sandbox' "
            "it is 'sandbox-token'. Avaturn's plan without API needs PROJECT_URL instead.",
            id="avaturn.W002",
        )
    ]


def _address() -> list[CheckMessage]:
    option = Settings.PROJECT_URL if settings.free_plan else Settings.API_URL
    parts = urlsplit(option.read())
    loopback, source = parts.hostname in LOOPBACK, option.source
    if parts.scheme == "http" and not loopback:
        return [
            Error(
                f"{source} is plain http: tokens and faces would be readable on their way.",
                hint="Use https. Plain http is for a sandbox on this machine only.",
                id="avaturn.E003",
            )
        ]
    if loopback and not django_settings.DEBUG:
        return [
            Warning(
                f"{source} is this machine, as for the sandbox, but DEBUG is off.",
                hint="In production leave API_URL out, or set it to 'https://api.avaturn.me'; "
                "PROJECT_URL is the address of your own project.",
                id="avaturn.W003",
            )
        ]
    return []


def _storage() -> list[CheckMessage]:
    alias = settings.STORAGE
    if alias in storages.backends:
        return []
    return [
        Error(
            f"AVATURN['STORAGE'] is {alias!r}, and STORAGES has no such alias.",
            hint=f"Add {alias!r} to STORAGES, or use one of: {', '.join(storages.backends)}.",
            id="avaturn.E005",
        )
    ]


def _secrets() -> list[CheckMessage]:
    setting = Settings.WEBHOOK_SECRETS.source
    hint = "Make one with python -c 'import secrets; print(secrets.token_urlsafe(32))'"
    if not all(re.fullmatch(FIT, one) for one in settings.WEBHOOK_SECRETS):
        told, hint = f"{setting}: a secret is unfit for an address.", f"{hint}: A-Z a-z 0-9 - _."
        return [Error(told, hint=hint, id="avaturn.E006")]
    if min(map(len, settings.WEBHOOK_SECRETS), default=LONG_ENOUGH) < LONG_ENOUGH:
        told = f"{setting}: a secret has less than {LONG_ENOUGH} characters."
        hint = f"Anyone who guesses it can post to your webhook. {hint}."
        return [Warning(told, hint=hint, id="avaturn.W020")]
    return []


def _hooks() -> list[CheckMessage]:
    try:
        get_hooks()
    except ImproperlyConfigured as error:
        hint = "HOOKS is the dotted path of a subclass of django_avaturn.hooks.AvaturnHooks."
        return [Error(str(error), hint=hint, id="avaturn.E004")]
    return []
