"""The app's settings: one table, read afresh at every use.

A key is looked up in the dict ``settings.AVATURN``, then in the environment variable
``AVATURN_<KEY>`` (through django-environ), then in the table below. Nothing is cached, so
``override_settings`` just works.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload
from urllib.parse import urlsplit

import environ
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
Timeout = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What values an option takes.

    ``read`` turns a Python value into the declared type or raises ``ValueError`` or
    ``TypeError``; ``cast`` turns the text of an environment variable into such a value.
    """

    expected: str
    read: Callable[[Any], T]
    cast: Callable[[str], Any] = str


class Option(Generic[T]):
    """One row of the table: a descriptor that reads its key at each access."""

    key: str

    def __init__(self, kind: Kind[T], default: T, help: str) -> None:
        self.kind = kind
        self.default = default
        self.help = help

    def __set_name__(self, owner: type, name: str) -> None:
        self.key = name

    @overload
    def __get__(self, instance: None, owner: type) -> Option[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Option[T] | T:
        return self if instance is None else self.read()

    def read(self) -> T:
        """The value in force.

        Raises ``ImproperlyConfigured`` naming the key, never the value (it may be a secret).
        """
        wrong = None
        try:
            if self._in_dict:
                return self.kind.read(site_dict()[self.key])
            if self.is_set:
                return self.kind.read(environ.Env().get_value(self.variable, cast=self.kind.cast))
        except (
            KeyError,
            TypeError,
            ValueError,
            ImproperlyConfigured,  # `AVATURN_X=$MISSING`
            RecursionError,  # `AVATURN_X=$AVATURN_X`
        ):
            wrong = f"{self.source} must be {self.kind.expected}."
        if wrong:  # raised here, so that no context carries the value along
            raise ImproperlyConfigured(wrong)
        return self.default

    @property
    def is_set(self) -> bool:
        """Whether the site says anything. ``AVATURN_X=`` in the environment does not count."""
        return self._in_dict or bool(environ.Env.ENVIRON.get(self.variable))

    @property
    def variable(self) -> str:
        """Name of the environment variable."""
        return f"AVATURN_{self.key}"

    @property
    def source(self) -> str:
        """Where the value in force was written, for messages."""
        return f"AVATURN['{self.key}']" if self._in_dict else self.variable

    @property
    def _in_dict(self) -> bool:
        """A token of None is what ``os.environ.get`` gives where there is none."""
        missing = self.default == "" and site_dict().get(self.key) is None
        return self.key in site_dict() and not missing


def site_dict() -> Mapping[str, Any]:
    """The site's ``AVATURN`` dict; empty where it is missing or no dict (a check tells)."""
    value = getattr(django_settings, "AVATURN", {})
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value.strip()


def _origin(value: Any) -> str:
    parts = urlsplit(_text(value).rstrip("/"))
    odd = parts.path or parts.query or parts.fragment or re.search(r"[@\s]", parts.netloc)
    if parts.scheme not in {"http", "https"} or not parts.hostname or odd or parts.port == 0:
        raise ValueError
    return parts.geturl()


def _address(value: Any) -> str:
    parts = urlsplit(_text(value))
    odd = parts.query or parts.fragment or re.search(r"[@\s\\]", parts.netloc + parts.path)
    if _text(value) and (
        parts.scheme not in {"http", "https"} or not parts.hostname or odd or parts.port == 0
    ):
        raise ValueError
    return parts.geturl()


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _flag_text(value: str) -> bool:
    return {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}[
        value.strip().lower()
    ]


def _positive(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 86400:
        raise ValueError
    return float(value)


def _timeout(value: Any) -> Timeout:
    connect, read = value if isinstance(value, tuple | list) else (value, value)
    return _positive(connect), _positive(read)


def _timeout_text(value: str) -> float | list[float]:
    numbers = [float(part) for part in value.split(",")]
    return numbers if len(numbers) > 1 else numbers[0]


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise ValueError
    return value


def _rate(value: Any) -> str | None:
    if value is None or _text(value).lower() in {"", "none"}:
        return None
    if not re.fullmatch(r"[1-9]\d*/[smhd][a-z]*", _text(value)):  # as DRF reads it
        raise ValueError
    return _text(value)


def _dotted(value: Any) -> str:
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)+", _text(value)):
        raise ValueError
    return _text(value)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(item, str) for item in value):
        raise TypeError
    return tuple(item.strip() for item in value if item.strip())


def _hosts(value: Any) -> tuple[str, ...]:
    hosts = tuple(host.lower() for host in _texts(value))
    if not all(
        re.fullmatch(r"(\.?[\w-]+(\.[\w-]+)*|\[[\da-f:.]+\])(:\d+)?", host) for host in hosts
    ):
        raise ValueError
    return hosts


def _bytes(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError
    return value


def _days(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 3650:
        raise ValueError
    return value


def _version(value: Any) -> str:
    text = _text(value)
    if len(text) > 64 or not text.isprintable():  # as long as AvaturnProfile.consent_version
        raise ValueError
    return text


def _scene(value: Any) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9_/]+", _text(value)):
        raise ValueError
    return _text(value)


def _list(value: str) -> list[str]:
    return value.split(",")


TEXT = Kind("a string", _text)
TEXTS = Kind("a list of strings", _texts, cast=_list)
HOSTS = Kind("a list of 'host' or 'host:port', without scheme and path", _hosts, cast=_list)
BYTES = Kind("a whole number of bytes above 0", _bytes, cast=int)
SCENE = Kind("the name of a scene, such as 'common/preview'", _scene)
VERSION = Kind("a version in up to 64 characters, such as '2026-11'", _version)
ORIGIN = Kind("scheme and host such as 'https://api.avaturn.me', without a path", _origin)
ADDRESS = Kind("an address such as 'https://myproject.avaturn.dev'", _address)
FLAG = Kind("True or False", _flag, cast=_flag_text)
DAYS = Kind("a whole number of days from 1 to 3650", _days, cast=int)
SECONDS = Kind("a number of seconds, or two of them (connect, read)", _timeout, cast=_timeout_text)
COUNT = Kind("a whole number from 0 to 100", _count, cast=int)
RATE = Kind("a rate such as '60/hour', or None for no limit", _rate)
DOTTED = Kind("the dotted path of a class, such as 'shop.avatars.Hooks'", _dotted)


class Settings:
    """The table. Read a value as ``settings.API_URL``; walk the rows with ``options()``."""

    API_TOKEN = Option(TEXT, "", "API token of your project at the Avaturn developer portal.")
    API_URL = Option(ORIGIN, "https://api.avaturn.me", "Scheme and host of the API.")
    PROJECT_URL = Option(
        ADDRESS, "", "Address of your project, for Avaturn's plan without API; no token then."
    )
    TIMEOUT = Option(SECONDS, (10.0, 10.0), "Seconds to wait for Avaturn: one, or two numbers.")
    MAX_RETRIES = Option(COUNT, 2, "How often a request that is safe to repeat is repeated.")
    SESSION_THROTTLE = Option[str | None](
        RATE, "60/hour", "How often one user may open the editor; None for no limit."
    )
    ALWAYS_START_OVER = Option(
        FLAG, False, "Whether everyone starts from scratch each time, with a new remote user."
    )
    KEEP_FORMER = Option(FLAG, False, "Whether starting over keeps the avatars made before.")
    ALLOW_GUESTS = Option(FLAG, False, "Whether visitors without an account may make an avatar.")
    GUEST_DAYS = Option(DAYS, 14, "After how many days a visitor's avatars are deleted.")
    CONSENT_VERSION = Option(
        VERSION, "", "Version of your consent text, which is agreed to first; '' asks for nothing."
    )
    REQUIRE_FACE_ANIMATIONS = Option(
        FLAG, False, "Whether only avatars with face animations (T2) are taken."
    )
    WEBHOOK_SECRETS = Option[tuple[str, ...]](
        TEXTS, (), "Last part of your webhook's address; several while you change it."
    )
    STORAGE = Option(TEXT, "default", "Alias in STORAGES that keeps models and portraits.")
    DOWNLOAD_HOSTS = Option[tuple[str, ...]](
        HOSTS, (".avaturn.me", ".avaturn.dev"), "Hosts that files are fetched from, and no others."
    )
    MAX_MODEL_BYTES = Option(BYTES, 64 * 1024 * 1024, "Largest model to store, in bytes.")
    PORTRAIT_SCENE = Option(
        SCENE, "common/transparent_half_body", "Scene in which Avaturn draws the portrait."
    )
    TASK_QUEUE = Option(TEXT, "default", "Queue of your TASKS backend that the work goes to.")
    HOOKS = Option(DOTTED, "django_avaturn.hooks.AvaturnHooks", "Your subclass of AvaturnHooks.")
    SDK_URL = Option(TEXT, "", "Address of the web SDK, instead of the file in the package.")

    @property
    def free_plan(self) -> bool:
        """Whether there is a project's address and no API: see ``PROJECT_URL``."""
        return bool(self.PROJECT_URL and not self.API_TOKEN)

    @classmethod
    def options(cls) -> Iterator[Option[Any]]:
        """The rows in the order of the table."""
        return (option for option in vars(cls).values() if isinstance(option, Option))


settings = Settings()
