"""What the log says, at which level, with which fields: as the page in the docs tells."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from django.core.management import call_command

from django_avaturn import log, services
from django_avaturn.log import EVENTS
from django_avaturn.models import RemoteDeletion

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "logging.rst").read_text("utf-8")
ROW = r"^``(\w+)`` +``(\w+)`` +(\w+) +(.*)$"


def fields(event):
    return re.findall(r"%\((\w+)\)", event.text)


def test_page_has_every_event_with_its_logger_level_and_fields():
    rows = [
        (name, area, level, re.findall(r"``(\w+)``", told))
        for name, area, level, told in re.findall(ROW, PAGE, re.MULTILINE)
    ]
    assert rows == [(e.name, e.area, logging.getLevelName(e.level), fields(e)) for e in EVENTS]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_every_event_is_told_of_somewhere(event):
    constant = next(name for name, value in vars(log).items() if value is event)
    sources = (path.read_text("utf-8") for path in (ROOT / "django_avaturn").rglob("*.py"))
    assert any(f"log.{constant}" in source for source in sources)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_every_event_can_be_told(event, caplog):
    values = {field: 0 for field in fields(event)}
    with caplog.at_level(logging.DEBUG):
        event.log(**values)
    (record,) = caplog.records
    assert (record.name, record.levelno) == (f"django_avaturn.{event.area}", event.level)
    assert record.event == event.name
    assert "%(" not in record.getMessage()
    assert record.module == "test_log"  # whoever told it, not the table


def told(caplog):
    return [record.event for record in caplog.records if hasattr(record, "event")]


def last(caplog):
    """The last event; Django's tasks may have said something after it."""
    return [record for record in caplog.records if hasattr(record, "event")][-1]


@pytest.mark.django_db(transaction=True)
def test_the_life_of_an_avatar(sandbox, ann, remote_avatar, caplog):
    sandbox.at_once = True
    profile = services.get_profile(ann)
    services.open_session(ann)
    avatar_id = remote_avatar(profile)
    sandbox.set_status(str(avatar_id), "ready")
    services.record_export(ann, avatar_id, {})
    ann.delete()
    names = [name for name in told(caplog) if name != "call"]
    assert names[:6] == [
        "profile_linked",
        "session_opened",
        "avatar_ready",
        "avatar_exported",
        "file_stored",
        "job_done",
    ]
    # The user at Avaturn and the model in the storage are gone as well.
    assert sorted(names[6:]) == ["avatar_deleted", "erased", "job_done", "job_done"]
    by_event = {getattr(record, "event", ""): record for record in caplog.records}
    assert by_event["avatar_exported"].avatar_id == avatar_id
    assert by_event["erased"].profile_id == profile.pk
    assert by_event["file_stored"].size > 1000


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_told(sandbox, ann, caplog):
    from django.db import transaction

    profile = services.get_profile(ann)
    caplog.clear()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        profile.delete()
        raise ZeroDivisionError
    assert told(caplog) == []


@pytest.mark.django_db(transaction=True)
def test_work_that_fails(sandbox, caplog):
    sandbox.fail_next("deleteUser", times=9, status=500)
    row = RemoteDeletion.objects.create(avaturn_id="A" * 32)
    record = last(caplog)
    assert record.event == "job_failed"
    assert (record.kind, record.row_id, record.attempt) == ("RemoteDeletion", row.pk, 1)
    assert "status 500" in record.reason
    RemoteDeletion.objects.update(attempts=99)
    call_command("avaturn_process", "--retry-failed")
    RemoteDeletion.objects.update(attempts=99, due_at=row.created_at)
    with pytest.raises(Exception, match="failed for good"):
        call_command("avaturn_process")
    assert last(caplog).event == "job_given_up"
    assert last(caplog).levelno == logging.ERROR
