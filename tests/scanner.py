"""Reads the log of the whole run; a pytest plugin that ``tests/conftest.py`` loads.

Whatever any logger says in any test, at any level, must hold no secret, no link of Avaturn's and
nothing personal: else the test that made it say so fails.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest
from django.test.signals import setting_changed

TOKEN = r"[A-Za-z0-9_-]{16,}"

SECRETS = {
    "a token": r"test-token-4f1d|Bearer\s+\S",
    "a webhook's secret": r"-secret-of-the-tests|an-older-secret-that|webhook-secret-77",
    "another secret": r"broker-password-9c1e|body-secret-c4c4|file-secret-12ab|LINK-SECRET",
    "the link of a session": rf"[?&]token={TOKEN}",
    "the link of a file": rf"/files/{TOKEN}|/avatars/exports/[0-9a-f-]{{36}}/model",
    "the link of an upload": rf"/uploads/{TOKEN}",
    "somebody's address": r"[\w.]+@example\.(com|org)",
}
LOUD = ("django_avaturn", "urllib3", "django.request", "django.security", "django.server")
"""Loggers that are heard from DEBUG on, as on a site that looks for a fault."""

FORMATTER = logging.Formatter("%(name)s %(message)s")  # adds the traceback, if any


class Scanner(logging.Handler):
    """Remembers which kinds of secret were seen, and where; never the secrets themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.records = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Look at the message, its arguments, its traceback and its extra fields."""
        self.records += 1
        text = f"{FORMATTER.format(record)} {vars(record)!r}"
        self.found += [
            f"{kind}, from {record.name} at {record.module}:{record.lineno}"
            for kind, pattern in SECRETS.items()
            if re.search(pattern, text)
        ]

    def take(self) -> list[str]:
        """What has been found since the last time."""
        found, self.found = self.found, []
        return found


@pytest.fixture(scope="session")
def scanner() -> Iterator[Scanner]:
    """Hears everything from the first test to the last."""
    scanner = Scanner()
    logging.getLogger().addHandler(scanner)

    def listen(**changed: object) -> None:
        """From Django 6.1 on a test that changes LOGGING sets the levels of loggers anew."""
        for name in LOUD:
            logging.getLogger(name).setLevel(logging.DEBUG)

    listen()
    setting_changed.connect(listen)
    yield scanner
    setting_changed.disconnect(listen)
    logging.getLogger().removeHandler(scanner)


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(scanner: Scanner) -> Iterator[None]:
    """The rule, for every test; and none makes the scanner deaf for those that follow."""
    yield
    assert scanner.take() == []
    assert [name for name in LOUD if logging.getLogger(name).level != logging.DEBUG] == []


def ours(caplog: pytest.LogCaptureFixture) -> str:
    """What our own loggers have said in a test; those of libraries tell the paths of calls."""
    own = [record for record in caplog.records if record.name.startswith("django_avaturn")]
    return "\n".join(FORMATTER.format(record) for record in own)
