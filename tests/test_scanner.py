"""The log's scanner sees what it has to."""

from __future__ import annotations

import logging

import pytest

from tests.scanner import SECRETS

SAMPLES = {
    "a token": "Authorization: Bearer x",
    "a webhook's secret": "POST /avatar/webhooks/a-secret-of-the-tests-9b1f/",
    "another secret": "redis://:broker-password-9c1e@127.0.0.1",
    "the link of a session": "/editor?session_id=1&token=AbCdEfGhIjKlMnOpQr",
    "the link of a file": "GET /files/AbCdEfGhIjKlMnOpQr.glb",
    "the link of an upload": "POST /uploads/AbCdEfGhIjKlMnOpQr",
    "somebody's address": "ann@example.com",
}
logger = logging.getLogger("django_avaturn.scanned")


def test_every_kind_has_a_sample():
    assert SAMPLES.keys() == SECRETS.keys()


def in_message(text):
    logger.debug("Said %s", text)


def in_extra(text):
    logger.debug("Said it", extra={"told": {"more": text}})


def in_traceback(text):
    try:
        raise ValueError(text)
    except ValueError:
        logger.exception("It broke")


@pytest.mark.parametrize("place", [in_message, in_extra, in_traceback])
@pytest.mark.parametrize("kind", SAMPLES)
def test_it_is_found_wherever_it_stands(scanner, kind, place):
    place(SAMPLES[kind])
    found = scanner.take()
    assert found
    assert all(told.startswith(kind) for told in found)
    assert SAMPLES[kind] not in str(found)


def test_what_is_harmless_is_let_through(scanner):
    before = scanner.records
    in_message("DELETE /api/v1/users/{user_id}: Avaturn answered with status 500.")
    assert scanner.records == before + 1
    assert scanner.take() == []
