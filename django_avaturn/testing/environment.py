"""The settings of a site, for as long as its Avaturn is a stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed

from ..conf import settings, site_dict

ALIAS = "avaturn-testing"
"""Of the storage in ``STORAGES``."""
TOKEN = "token-of-a-test"  # noqa: S105
SECRET = "secret-of-a-test"  # noqa: S105

Override = Callable[[Mapping[str, Any]], AbstractContextManager[object]]


def keys_for(origin: str, netloc: str) -> dict[str, Any]:
    """What ``AVATURN`` needs for a stand-in at ``origin``, on the plan that the site has.

    One fault is one failure, so nothing is repeated; and no test is refused for what the ones
    before it have done, since the cache that counts outlives their users.
    """
    service = {"API_TOKEN": TOKEN, "API_URL": origin, "PROJECT_URL": ""}
    return {
        **(free_plan(origin) if settings.free_plan else service),
        "DOWNLOAD_HOSTS": [*settings.DOWNLOAD_HOSTS, netloc],
        "MAX_RETRIES": 0,
        "SESSION_THROTTLE": None,
        "STORAGE": ALIAS,
        "WEBHOOK_SECRETS": [SECRET],
    }


def free_plan(origin: str) -> dict[str, Any]:
    """What makes it Avaturn's plan without API."""
    return {"API_TOKEN": "", "API_URL": origin, "PROJECT_URL": f"{origin}/iframe"}


class SiteSettings:
    """What is set: keys of ``AVATURN``, the storage, and ``more`` of Django's settings.

    A test may set ``AVATURN`` and ``STORAGES`` as it always does: what it leaves out stays as it
    is here, what it names is as it says.
    """

    def __init__(
        self, keys: Mapping[str, Any], storage: Mapping[str, Any], more: Mapping[str, Any]
    ) -> None:
        self._ours: dict[str, dict[str, Any]] = {
            "AVATURN": dict(keys),
            "STORAGES": {ALIAS: dict(storage)},
        }
        self._more = more

    @contextmanager
    def in_force(self, override: Override) -> Iterator[None]:
        """Have them in force."""
        merged = {
            "AVATURN": {**site_dict(), **self._ours["AVATURN"]},
            "STORAGES": {**django_settings.STORAGES, **self._ours["STORAGES"]},
        }
        with override({**merged, **self._more}):
            setting_changed.connect(self._complete)
            try:
                yield
            finally:
                setting_changed.disconnect(self._complete)

    @contextmanager
    def changes_undone(self) -> Iterator[None]:
        """Take back, at the end, what ``change`` does in here."""
        ours, before = dict(self._ours["AVATURN"]), django_settings.AVATURN
        try:
            yield
        finally:
            self._ours["AVATURN"], django_settings.AVATURN = ours, before

    def change(self, keys: Mapping[str, Any]) -> None:
        """Change some keys of ``AVATURN``, until it is set otherwise."""
        self._ours["AVATURN"].update(keys)
        django_settings.AVATURN = {**site_dict(), **keys}

    def _complete(self, *, setting: str, value: Any, enter: bool, **more: Any) -> None:
        if enter and setting in self._ours and isinstance(value, Mapping):
            setattr(django_settings, setting, {**self._ours[setting], **value})
