"""What Avaturn and users write must not move the cursor of whoever reads the logs."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from django_avaturn import services
from django_avaturn.exceptions import AvaturnError
from django_avaturn.models import Avatar, RemoteDeletion
from tests.client.server import Answer, running

pytestmark = pytest.mark.django_db(transaction=True)

SEQUENCES = {
    "clear the screen": "\x1b[2J\x1b[H",
    "a title": "\x1b]0;owned\x07",
    "eight bits": "\x9b31mred",
    "a link": "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "back and over": "ok\x08\x08no",
    "a tab": "a\tb",
    "delete": "\x7f\x7f",
    "the clipboard": "\x1b]52;c;ZXZpbA==\x07",
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_nothing_but_plain_text_is_printed_logged_or_kept(theirs, configure, caplog, name):
    Avatar.objects.filter(pk=theirs.pk).update(status="processing")
    headers = {"X-Request-Id": f"r-{SEQUENCES[name]}-1"}
    row = RemoteDeletion.objects.create(avaturn_id="X", due_at=None)
    out = io.StringIO()
    with running() as server:
        server.answers(Answer(500, SEQUENCES[name].encode(), headers))
        configure(API_URL=server.url, MAX_RETRIES=0)
        with pytest.raises(AvaturnError, match="request id r-"):
            services.sync_profile(theirs.profile)
        call_command("avaturn_process", "--retry-failed", stdout=out)
        RemoteDeletion.objects.update(due_at="2000-01-01T00:00Z")
        try:
            call_command("avaturn_process", stdout=out)
        except CommandError as error:
            out.write(str(error))
        services.follow(Avatar.objects.get(pk=theirs.pk))
    row.refresh_from_db()
    assert "request id r-" in row.error
    for line in [*out.getvalue().splitlines(), *caplog.messages, row.error]:
        assert line.isprintable(), line


def test_status_prints_numbers(theirs):
    out = io.StringIO()
    RemoteDeletion.objects.create(avaturn_id="\x1b[2J", error="\x1b[2J", due_at=None)
    call_command("avaturn_status", stdout=out)
    assert "\x1b" not in out.getvalue()
