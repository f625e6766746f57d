"""``manage.py avaturn_sync``."""

from __future__ import annotations

import io
import re
import shlex
import signal
import threading
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_avaturn import services
from django_avaturn.management.commands import avaturn_sync
from django_avaturn.management.commands.avaturn_sync import moment
from django_avaturn.models import AvaturnProfile
from django_avaturn.services import avatars, sync_all
from tests.workers.conftest import start

__all__ = ["start"]

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "listUserAvatars"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def sync(*arguments, stdout=None):
    """Run the command; returns its output and its errors."""
    out, err = stdout or io.StringIO(), io.StringIO()
    call_command("avaturn_sync", *arguments, stdout=out, stderr=err, no_color=True)
    return out.getvalue(), err.getvalue()


def resumed(text):
    """The arguments of the command that a run has told to go on with."""
    return shlex.split(re.search("go on with: manage.py avaturn_sync (.*)", text, re.I)[1])


def test_summary(members, sandbox):
    first, *_ = members(3)
    sandbox.add_avatar(first.avaturn_id)
    out, err = sync()
    told = "3 users in X s: 1 avatars added, 0 changed, 0 gone; 0 users gone, 0 failed."
    assert re.sub(r"in [\d.]+ s", "in X s", out.splitlines()[-1]) == told
    assert err == ""


def test_nobody_to_sync(sandbox, db):
    out, _ = sync()
    assert re.match(r"0 users in \d", out)


def test_who_failed_and_why(members, sandbox):
    members(3)
    sandbox.fail_next(LIST, status=422)
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match="1 could not be synced") as raised:
        call_command("avaturn_sync", jobs=1, stdout=out, stderr=err, no_color=True)
    assert raised.value.returncode == 1
    assert err.getvalue().startswith("member0: GET /api/v1/users/{user_id}/avatars: ")
    assert "3 users in" in out.getvalue()


def test_a_mistake_is_told_without_its_text(members, sandbox, monkeypatch):
    first, _ = members(2)
    real = avatars.bring_in_step

    def mistaken(profile, *args):
        if profile == first:
            raise LookupError("for the log alone")
        return real(profile, *args)

    monkeypatch.setattr(avatars, "bring_in_step", mistaken)
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match="1 could not be synced"):
        call_command("avaturn_sync", stdout=out, stderr=err, no_color=True)
    assert err.getvalue() == "member0: Unexpected LookupError; the log has more.\n"
    assert "1 failed" in out.getvalue()


def test_who_is_gone_and_how_to_relink(members, sandbox):
    first, second, visitor, _ = members(4)
    AvaturnProfile.objects.filter(pk=visitor.pk).update(user=None, guest="digest")
    ids = [profile.avaturn_id for profile in (first, second, visitor)]
    for remote_id in ids:
        services.get_client().delete_user(remote_id)
    out, _ = sync("--jobs=1")
    assert "3 users gone" in out
    assert f"Gone from Avaturn: member0, member1, a visitor (profile {visitor.pk})." in out
    assert "manage.py avaturn_sync --relink" in out
    out, _ = sync("--relink", "--user=member0")
    assert "Each gets a new user at Avaturn" in out
    assert AvaturnProfile.objects.filter(avaturn_id=None).count() == 1
    out, _ = sync("--relink")
    assert AvaturnProfile.objects.filter(avaturn_id=None).count() == 3
    assert not [remote_id for remote_id in ids if remote_id in out]


def test_a_name_is_told_without_what_a_terminal_would_obey(members, sandbox):
    """Users of another model may be called anything."""
    first, _ = members(2)
    first.user.username = "ann\x1b[2J\nbob"
    first.user.save()
    services.get_client().delete_user(first.avaturn_id)
    out, _ = sync()
    assert "Gone from Avaturn: ann[2Jbob." in out


def test_a_name_may_be_a_number(members, sandbox, monkeypatch):
    first, _ = members(2)
    monkeypatch.setattr(type(first.user), "get_username", lambda self: 4711)
    services.get_client().delete_user(first.avaturn_id)
    out, _ = sync()
    assert "Gone from Avaturn: 4711." in out


def test_many_who_are_gone_are_counted(members, sandbox, monkeypatch):
    monkeypatch.setattr("django_avaturn.services.projects.WITNESSES", 30)  # most of whom are gone
    *gone, _ = members(30)
    list(sync_all())
    for profile in gone[4:]:
        services.get_client().delete_user(profile.avaturn_id)
    out, _ = sync()
    assert "25 users gone" in out
    assert " and 5 more." in out


def test_another_projects_token(members, sandbox, other_project):
    profiles = members(5)
    out, err = io.StringIO(), io.StringIO()
    with other_project(), pytest.raises(CommandError) as raised:
        call_command("avaturn_sync", relink=True, stdout=out, stderr=err)
    assert raised.value.returncode == 1
    assert "Stopped: Avaturn knows none of this database's users" in str(raised.value)
    assert "API_TOKEN is another project's, or a sandbox has lost its state" in str(raised.value)
    assert "--forget-unknown" in str(raised.value)
    assert not AvaturnProfile.objects.filter(avaturn_id=None).exists()
    told = f"{raised.value}{out.getvalue()}{err.getvalue()}"
    assert not [profile.avaturn_id for profile in profiles if profile.avaturn_id in told]
    with other_project():
        sync("--relink", "--forget-unknown")
    assert not AvaturnProfile.objects.exclude(avaturn_id=None).exists()


def test_without_a_token(members, configure):
    members(1)
    configure(API_TOKEN="")
    with pytest.raises(CommandError, match="API_TOKEN"):
        sync()


def test_chosen_users_only(members, sandbox):
    members(5)
    out, _ = sync("--user", "member1", "--user", "member3")
    assert "2 users in" in out
    assert sandbox.count(LIST) == 2


def test_a_name_that_nobody_has(ann, members, sandbox):
    members(1)
    with pytest.raises(CommandError, match="no user at Avaturn for: nobody, ann"):
        sync("--user=member0", "--user=nobody", "--user=ann")
    assert not sandbox.calls


@pytest.mark.parametrize("arguments", [["--jobs=0"], ["--jobs=65"], ["--limit=0"]])
def test_arguments_that_do_not_fit(arguments, sandbox, db):
    with pytest.raises(CommandError):
        sync(*arguments)


@pytest.mark.parametrize("text", ["soon", "7w", "2026-13-45", "999999d"])
def test_since_when_there_was_no_time(text):
    with pytest.raises(CommandError, match=f"--since {text}: give a date, a time, or an age"):
        moment(text)


@pytest.mark.parametrize("use_tz", [True, False])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
        ("2026-01-31", datetime(2026, 1, 31)),
        ("2026-1-31", datetime(2026, 1, 31)),
        ("2026-01-31T12:30", datetime(2026, 1, 31, 12, 30)),
        ("2026-01-31T12:30:00+00:00", datetime(2026, 1, 31, 12, 30)),
    ],
)
def test_since(text, expected, use_tz, settings):
    settings.USE_TZ, settings.TIME_ZONE = use_tz, "UTC"
    found = moment(text)
    assert timezone.is_aware(found) == use_tz
    now = timezone.now()
    if isinstance(expected, timedelta):
        assert timedelta() <= now - expected - found < timedelta(seconds=10)
    else:
        assert found.replace(tzinfo=None) == expected


def test_since_a_time_to_come(sandbox):
    with pytest.raises(CommandError, match="in the future"):
        moment((timezone.now() + timedelta(hours=1)).isoformat())


def test_since_leaves_out_whom_it_says(members, sandbox):
    first, second, _ = members(3)
    AvaturnProfile.objects.filter(pk=first.pk).update(synced_at=timezone.now() - timedelta(days=2))
    AvaturnProfile.objects.filter(pk=second.pk).update(synced_at=None)
    out, _ = sync("--since=24h")
    assert "2 users in" in out


def test_on_a_terminal_one_line_is_written_over(members, sandbox, monkeypatch):
    monkeypatch.setattr("time.monotonic", iter(range(10_000)).__next__)
    members(3)
    sandbox.fail_next(LIST, status=422)
    terminal = Terminal()
    with pytest.raises(CommandError):
        sync("--jobs=1", stdout=terminal)
    lines = terminal.getvalue().split("\r\033[K")
    assert [line.partition(":")[0] for line in lines[2:5]] == [f"{n} of 3 users" for n in (1, 2, 3)]
    assert terminal.getvalue().count("\n") == 2  # how to resume, and the summary


def test_elsewhere_there_is_a_line_now_and_then(members, sandbox, monkeypatch):
    clock = SimpleNamespace(monotonic=iter(range(0, 1000, 10)).__next__)  # ten seconds for each
    monkeypatch.setattr(avaturn_sync, "time", clock)
    members(7)
    out, _ = sync("--jobs=1")
    lines = out.splitlines()[1:-1]  # without how to resume, and the summary
    told = [line.partition(":")[0] for line in lines]
    assert told == ["3 of 7 users", "6 of 7 users"]
    assert "\r" not in out


def test_dry_run(members, sandbox, written):
    first, second, _ = members(3)
    sandbox.add_avatar(first.avaturn_id)
    services.get_client().delete_user(second.avaturn_id)
    before = written()
    out, _ = sync("--dry-run", "--relink")
    assert "1 avatars added" in out
    assert "1 users gone" in out
    assert "Nothing was written." in out
    assert "go on with" not in out
    assert written() == before


def test_interrupted_it_goes_on_where_it_was(members, sandbox, monkeypatch):
    members(20)
    before = timezone.now()

    def interrupt(call):
        if sandbox.count(LIST) == 8:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    sandbox.listener = interrupt
    try:
        with pytest.raises(CommandError, match="Interrupted") as raised:
            sync("--jobs=2", "--limit=20")
    finally:
        sandbox.listener = None
        signal.signal(signal.SIGINT, ignored)
    assert raised.value.returncode == 130
    assert not [one for one in threading.enumerate() if "_work" in one.name]
    done = AvaturnProfile.objects.filter(synced_at__gt=before).count()
    assert 6 <= done < 20
    sandbox.calls.clear()
    sync(*resumed(str(raised.value)))
    assert sandbox.count(LIST) == 20 - done
    assert AvaturnProfile.objects.filter(synced_at__gt=before).count() == 20


@pytest.mark.parametrize("any_database", ["default"], indirect=True)
def test_killed_it_goes_on_where_it_was(members, sandbox, start, capfd):
    members(12)
    before = timezone.now()
    sandbox.fail_next(LIST, times=5, latency=0.4)
    sandbox.fail_next(LIST, times=99, latency=30)
    fifth = threading.Event()
    sandbox.listener = lambda call: fifth.set() if sandbox.count(LIST) > 5 else None
    child = start("avaturn_sync", "--jobs=1")
    assert fifth.wait(30)
    child.kill()
    sandbox.listener = None
    sandbox.faults.clear()
    done = AvaturnProfile.objects.filter(synced_at__gt=before).count()
    assert 1 <= done <= 5  # those of the last second were not written down yet
    sandbox.calls.clear()
    sync(*resumed(capfd.readouterr().err))
    assert sandbox.count(LIST) == 12 - done
    assert AvaturnProfile.objects.filter(synced_at__gt=before).count() == 12
