"""What Avaturn posts to the site.

Nothing proves who sent a webhook but the secret in its address (Avaturn documents no signature),
so a payload is a hint that the API confirms, and a link in it is fetched only for a picture that
the site has ordered, from the hosts in ``DOWNLOAD_HOSTS``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import RFC_4122, UUID

from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from . import log
from .client.secret import Secret
from .conf import settings
from .jobs import HANDLERS, events
from .jobs.backlog import Backlog
from .jobs.engine import work_on
from .models import WebhookEvent
from .models.job import savepoint
from .redaction import hide
from .transactions import outside_transactions

MAX_BODY = 64 * 1024
"""Bytes. Avaturn's messages have a few hundred."""

TEXT = "This is the webhook address of an Avaturn project.\n"

backlog = Backlog()
"""The exports that this process has been told of."""


class Accepted(HttpResponse):
    """A 200 that does the work after it has been sent, when the server closes it."""

    def __init__(self, row: WebhookEvent, url: str) -> None:
        super().__init__()
        self._work: Callable[[], object] = partial(work_on, row, partial(events.process, url=url))
        if row.event == "export.ready":
            self._work = partial(backlog.add, row)

    def close(self) -> None:
        """Called by the server once the answer is out."""
        work, self._work = self._work, bool
        try:
            work()
        finally:
            super().close()


# 404: no such secret, or none is set up. 405: neither POST nor a look by GET or HEAD. 413: too
# long. 400: no JSON object with an event, or cut off. 200: everything else, repeats and unknown
# events too, so that the sender has no reason to try again. None of them opens a transaction
# around the work.
@csrf_exempt
@login_not_required
@never_cache
@outside_transactions
@sensitive_variables("body", "message")  # they hold links
def receive(request: HttpRequest, secret: str) -> HttpResponse:
    """The view: one row for a new message, then the answer, then what follows from it."""
    hide(request, secret)  # first: a wrong one may be another site's, or one of tomorrow
    if not _knows(secret):
        log.WEBHOOK_REFUSED.log(status=404)
        raise Http404
    if request.method in {"GET", "HEAD"}:
        return HttpResponse(TEXT, content_type="text/plain")
    if request.method != "POST":
        return _refusal(405, "", Allow="GET, HEAD, POST")
    body = _read(request)
    if len(body) > MAX_BODY:
        return _refusal(413, "Too long.\n")
    message = _message(body)
    if message is None:
        return _refusal(400, "No JSON object with an event.\n")
    row = _note_down(message, hashlib.sha256(body).hexdigest())
    if row is None:
        log.WEBHOOK_REPEATED.log()
        return HttpResponse()
    log.WEBHOOK_RECEIVED.log(row_id=row.pk, avatar_id=row.avatar_id)
    return Accepted(row, _link(message))


def _refusal(status: int, text: str, **headers: str) -> HttpResponse:
    log.WEBHOOK_REFUSED.log(status=status)
    return HttpResponse(text, status=status, content_type="text/plain", headers=headers)


def _knows(secret: str) -> bool:
    # All are compared, each in constant time.
    return any([constant_time_compare(secret, known) for known in settings.WEBHOOK_SECRETS])


def _read(request: HttpRequest) -> bytes:
    """One byte more than is allowed at the most; nothing where the sender has gone."""
    try:
        return request.read(MAX_BODY + 1)
    except UnreadablePostError:
        return b""


def _message(body: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    event = message.get("event") if isinstance(message, dict) else None
    return message if isinstance(event, str) and event and event.isprintable() else None


def _refuse(constant: str) -> None:
    raise ValueError("NaN and infinities are no JSON, and no database takes them.")


def _link(message: Mapping[str, Any]) -> str:
    """The one link that is of use: an export's is asked for again, and so confirmed."""
    url = message.get("render_url")
    return Secret(url) if isinstance(url, str) else ""


@sensitive_variables("message")
def _note_down(message: Mapping[str, Any], digest: str) -> WebhookEvent | None:
    """A row that is claimed for this process already; None where the message is a repeat."""
    payload = {key[:64]: value for key, value in message.items() if _may_be_kept(key, value)}
    if message.get("user_id"):
        payload.setdefault("user_id", "?")  # unreadable, which is nobody
    row = WebhookEvent(
        event=message["event"][:64],
        avatar_id=_uuid(message.get("avatar_id")),
        digest=digest,
        payload=payload,
        attempts=1,
        claimed_until=timezone.now() + timedelta(seconds=HANDLERS[WebhookEvent].seconds()),
    )
    try:
        with savepoint(WebhookEvent):
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return row


def _may_be_kept(key: str, value: object) -> bool:
    """Short plain values that are no links, and that every database takes."""
    if isinstance(value, str):
        is_link = key.lower().endswith(("url", "uri", "link")) or ":" in value
        return len(value) <= 190 and not is_link and (key + value).isprintable()
    plain = value is None or (isinstance(value, int) and abs(value) < 2**53)
    return plain and key.isprintable()


def _uuid(value: object) -> UUID | None:
    """The id, if it can be one: MariaDB refuses some that are not of RFC 4122's variant."""
    try:
        found = UUID(str(value))
    except ValueError:
        return None
    return found if found.variant == RFC_4122 else None
