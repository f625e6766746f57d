"""Brings all avatars in step with Avaturn."""

from __future__ import annotations

import re
import shlex
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from ...exceptions import AvaturnError
from ...models import AvaturnProfile
from ...services import SyncResult
from ...services.syncing import Outcome, sync_all, unsynced
from ..terminal import overwrite

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
FLAGS = ("relink", "forget_unknown", "dry_run")
MAX_JOBS = 64
NAMED = 20
"""How many users whose remote user is gone are named."""
QUIET_SECONDS = 30.0
"""Between two lines about the progress where there is no terminal."""


class Command(BaseCommand):
    """``manage.py avaturn_sync``: exit code 1 if any user could not be synced."""

    help = (
        "Brings avatars in step with Avaturn, one call for each user, the longest unsynced first. "
        "Can be interrupted at any time, and tells how to go on. Finds users that are gone from "
        "Avaturn."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom to sync, how, and what to do about those who are gone."""
        parser.add_argument(
            "--user", action="append", default=[], help="Name of a user; may be given repeatedly."
        )
        parser.add_argument(
            "--since",
            help="Leave out who was synced since then: a date, a time, or an age (24h, 30m, 7d).",
        )
        parser.add_argument("--limit", type=int, help="How many users at the most.")
        parser.add_argument(
            "--jobs", type=int, default=4, help="How many to ask for at a time; 4 by default."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Ask Avaturn, and write nothing down."
        )
        parser.add_argument(
            "--relink",
            action="store_true",
            help="Who is gone from Avaturn gets a new user there on the next visit.",
        )
        parser.add_argument(
            "--forget-unknown",
            action="store_true",
            help=(
                "Take for gone whoever Avaturn does not know, even where it knows none of this "
                "database's users: in a copy of a database that has another project's token."
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """The progress, who failed, a summary, and who is gone."""
        if not 1 <= options["jobs"] <= MAX_JOBS:
            raise CommandError(f"--jobs is a number from 1 to {MAX_JOBS}.")
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit is a number from 1.")
        self.options = options
        self.before = moment(options["since"]) if options["since"] else timezone.now()
        profiles = chosen(options["user"])
        self.total = unsynced(profiles, self.before)[: options["limit"]].count()
        if self.total and not options["dry_run"]:
            self.stdout.write(f"If this is interrupted, go on with: {self._resume()}")
        self._sync(profiles)

    def _sync(self, profiles: QuerySet[AvaturnProfile]) -> None:
        self.done, self.failed, self.result = 0, 0, SyncResult()
        self.lost: list[str] = []
        self.started = self.told = time.monotonic()
        flags = {name: self.options[name] for name in FLAGS}
        jobs, limit = self.options["jobs"], self.options["limit"]
        outcomes = sync_all(profiles, jobs=jobs, before=self.before, limit=limit, **flags)
        try:
            for outcome in outcomes:
                self._take(outcome)
        except KeyboardInterrupt:
            outcomes.close()
            self._summary()
            raise CommandError(
                f"Interrupted. Go on with: {self._resume()}", returncode=130
            ) from None
        except (AvaturnError, ImproperlyConfigured) as error:
            self._summary()
            raise CommandError(f"Stopped: {error}\nGo on with: {self._resume()}") from None
        self._summary()
        if self.failed:
            raise CommandError(f"{self.failed} could not be synced; the reasons are above.")

    def _take(self, outcome: Outcome) -> None:
        self.done += 1
        self.result += outcome.result
        if outcome.lost:
            self.lost.append(name(outcome.profile))
        if outcome.error:
            self.failed += 1
            overwrite(self.stdout, "")
            self.stderr.write(f"{name(outcome.profile)}: {reason(outcome.error)}")
        self._progress()

    def _progress(self) -> None:
        """One line that is rewritten on a terminal; else a line now and then."""
        now, terminal = time.monotonic(), self.stdout.isatty()
        if now - self.told < (0.1 if terminal else QUIET_SECONDS):
            return
        self.told = now
        text = f"{self.done:,} of {self.total:,} users: {self._counts()}"
        if terminal:
            overwrite(self.stdout, text)
        else:
            self.stdout.write(text)

    def _counts(self) -> str:
        result = self.result
        return (
            f"{result.added} avatars added, {result.changed} changed, {result.gone} gone; "
            f"{len(self.lost)} users gone, {self.failed} failed"
        )

    def _summary(self) -> None:
        overwrite(self.stdout, "")
        seconds = time.monotonic() - self.started
        dry = " Nothing was written." if self.options["dry_run"] else ""
        self.stdout.write(f"{self.done:,} users in {seconds:.1f} s: {self._counts()}.{dry}")
        if self.lost:
            self._tell_of_lost()

    def _tell_of_lost(self) -> None:
        more = len(self.lost) - NAMED
        others = f" and {more:,} more" if more > 0 else ""
        self.stdout.write(f"Gone from Avaturn: {', '.join(self.lost[:NAMED])}{others}.")
        if self.options["relink"] and not self.options["dry_run"]:
            told = "Each gets a new user at Avaturn on the next visit to the editor."
        else:
            told = (
                "Their stored files stay. So that each gets a new user at Avaturn: "
                "manage.py avaturn_sync --relink"
            )
        self.stdout.write(told)

    def _resume(self) -> str:
        """The command that does what is left."""
        options = self.options
        words = ["manage.py", "avaturn_sync", "--since", self.before.isoformat()]
        words += [word for user in options["user"] for word in ("--user", user)]
        if options["limit"]:
            words += ["--limit", str(max(1, options["limit"] - getattr(self, "done", 0)))]
        if options["jobs"] != 4:
            words += ["--jobs", str(options["jobs"])]
        words += [f"--{flag.replace('_', '-')}" for flag in FLAGS if options[flag]]
        return shlex.join(words)


def chosen(names: list[str]) -> QuerySet[AvaturnProfile]:
    """The profiles of the users with these names, or all."""
    profiles: QuerySet[AvaturnProfile] = AvaturnProfile.objects.all()
    if not names:
        return profiles
    field = f"user__{get_user_model().USERNAME_FIELD}"  # pyright: ignore[reportArgumentType]
    profiles = profiles.filter(**{f"{field}__in": names})
    found = {str(one) for one in profiles.exclude(avaturn_id=None).values_list(field, flat=True)}
    if missing := [one for one in names if one not in found]:
        raise CommandError(f"There is no user at Avaturn for: {', '.join(missing)}.")
    return profiles


def moment(text: str) -> datetime:
    """A time in the past, from ISO 8601 or from an age such as ``24h``."""
    now = timezone.now()
    try:
        found = _read(text, now)
    except (ValueError, OverflowError):  # no such day, or before the first one of the calendar
        found = None
    if found is None:
        raise CommandError(f"--since {text}: give a date, a time, or an age like 24h, 30m or 7d.")
    if found > now:
        raise CommandError(f"--since {text} is in the future.")
    return found


def _read(text: str, now: datetime) -> datetime | None:
    if age := re.fullmatch(r"(\d{1,6})([smhd])", text):
        return now - timedelta(**{UNITS[age[2]]: int(age[1])})
    found = parse_datetime(text)
    if found is None and (day := parse_date(text)):
        found = datetime(day.year, day.month, day.day)
    if found and settings.USE_TZ and timezone.is_naive(found):
        return timezone.make_aware(found)
    if found and not settings.USE_TZ and timezone.is_aware(found):
        return timezone.make_naive(found)
    return found


def name(profile: AvaturnProfile) -> str:
    """Whose it is, for staff, on one line and with nothing that a terminal would obey."""
    if profile.user is None:
        return f"a visitor (profile {profile.pk})"
    return "".join(filter(str.isprintable, str(profile.user.get_username())))


def reason(error: Exception) -> str:
    """What has gone wrong; of an error that is not Avaturn's the log has more."""
    if isinstance(error, AvaturnError | ImproperlyConfigured):
        return str(error)
    return f"Unexpected {type(error).__name__}; the log has more."
