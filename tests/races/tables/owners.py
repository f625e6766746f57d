"""One user or visitor, and several requests that begin, start over, log in or end it all."""

from __future__ import annotations

from copy import copy
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from django_avaturn import services
from django_avaturn.exceptions import AvaturnNotFound, AvaturnRejected
from django_avaturn.models import Avatar, AvaturnProfile, Guest, RemoteDeletion
from tests.photographs import three

from ..race import Race

GONE = (Avatar.DoesNotExist, AvaturnProfile.DoesNotExist, AvaturnNotFound)
SECRET, OTHER = Guest("s" * 43), Guest("t" * 43)


def nothing(it: Any) -> None: ...


def linked(it: Any) -> None:
    it.former = it.profile().avaturn_id


def with_avatar(it: Any) -> None:
    it.one = it.stored()
    it.former = it.one.avaturn_id


def free_plan(it: Any) -> None:
    page = it.settings.AVATURN["API_URL"] + "/iframe"
    it.settings.AVATURN = {**it.settings.AVATURN, "API_TOKEN": "", "PROJECT_URL": page}


def visited(it: Any, *guests: Guest) -> None:
    """Visitors with an avatar each; the user has one, too."""
    it.own = it.stored()
    it.avatars = [it.stored(guest) for guest in guests or (SECRET,)]
    it.one = it.avatars[0]
    it.bob = it.user("bob")


def two_visited(it: Any) -> None:
    visited(it, SECRET, OTHER)


def none_shown(it: Any) -> None:
    """The user shows no avatar, so the visitor's is shown after the log-in."""
    visited(it)
    AvaturnProfile.objects.filter(user=it.ann).update(active_avatar=None)


def long_ago(it: Any) -> None:
    visited(it)
    past = timezone.now() - timedelta(days=90)
    AvaturnProfile.objects.filter(user=None).update(created_at=past, synced_at=past)


def begin(it: Any) -> Any:
    return services.open_session(it.ann)


def begin_by_page(it: Any) -> Any:
    return it.browser().post("/avatar/sessions/", {}, content_type="application/json")


def begin_free(it: Any) -> Any:
    return services.get_profile(it.ann)


def start_over(it: Any) -> Any:
    return services.start_over(it.ann)


def erase(it: Any) -> None:
    services.erase(it.ann)


def delete_user(it: Any) -> None:
    for user in get_user_model().objects.filter(pk=it.ann.pk):
        user.delete()


def delete_profile(it: Any) -> None:
    AvaturnProfile.objects.filter(user=it.ann.pk).delete()


def sync(it: Any) -> None:
    for profile in AvaturnProfile.objects.filter(user=it.ann.pk):
        services.sync_profile(profile)


def export(it: Any) -> Any:
    return services.record_export(it.ann, it.one.pk, {})


def photograph(it: Any) -> Any:
    return services.create_avatar(it.ann, **three(), body_type="female")


def log_in(it: Any) -> int:
    return services.claim_guest(SECRET, it.ann)


def log_in_elsewhere(it: Any) -> int:
    return services.claim_guest(SECRET, it.bob)


def other_logs_in(it: Any) -> int:
    return services.claim_guest(OTHER, it.ann)


def forget(it: Any) -> int:
    return services.forget_guests()


def guest_exports(it: Any) -> Any:
    return services.record_export(SECRET, it.one.pk, {})


def guest_deletes(it: Any) -> None:
    services.delete_avatar(copy(it.one))  # as it was before the log-in


def delete_guests(it: Any) -> None:
    for profile in AvaturnProfile.objects.filter(user=None):
        profile.delete()


def guest_is_erased(it: Any) -> None:
    services.erase(SECRET)


def both_sides_agree(it: Any) -> None:
    here = {(str(pk), owner) for pk, owner in Avatar.objects.values_list("pk", "avaturn_id")}
    there = {(pk, user.id) for user in it.sandbox.users.values() for pk in user.avatars}
    assert here == there
    known = {remote_id for one in AvaturnProfile.objects.all() for remote_id in one.remote_ids()}
    assert set(it.sandbox.users) == known


def one_remote_user(it: Any) -> None:
    assert len(it.sandbox.users) == it.sandbox.count("createUser") == 1
    assert not RemoteDeletion.objects.exists()


def nobody_or_one(it: Any) -> None:
    assert len(it.sandbox.users) == AvaturnProfile.objects.count() <= 1
    assert it.sandbox.count("createUser") <= len(it.outcomes)


def nobody(it: Any) -> None:
    assert it.sandbox.users == {}
    assert not (AvaturnProfile.objects.exists() or Avatar.objects.exists())


def all_new(it: Any) -> None:
    assert it.former not in it.sandbox.users
    assert not Avatar.objects.filter(avaturn_id=it.former).exists()


def fresh(it: Any) -> None:
    all_new(it)
    assert len(it.sandbox.users) == 1


def all_anns(it: Any) -> None:
    assert not AvaturnProfile.objects.exclude(user=it.ann).exists()
    expected = {it.own.pk, *(avatar.pk for avatar in it.avatars)}
    assert set(Avatar.objects.values_list("pk", flat=True)) == expected
    assert AvaturnProfile.objects.get().active_avatar is not None


def one_owner(it: Any) -> None:
    assert not AvaturnProfile.objects.filter(user=None).exists()
    assert Avatar.objects.count() == 2
    assert sorted(one.result or 0 for one in it.outcomes)[-1] == 1
    assert sum(one.result or 0 for one in it.outcomes) == 1


def claimed_or_forgotten(it: Any) -> None:
    claimed, forgotten = (sum(one.result for one in it.outcomes[n::2]) for n in (0, 1))
    assert (claimed, forgotten) in {(1, 0), (0, 1)}
    assert Avatar.objects.of(it.ann).count() == 1 + claimed == len(it.sandbox.users)


def only_anns_own(it: Any) -> None:
    assert Avatar.objects.get() == it.own


def anns_is_gone(it: Any) -> None:
    assert not AvaturnProfile.objects.filter(user=it.ann.pk, avaturn_id=it.own.avaturn_id).exists()
    assert it.own.avaturn_id not in it.sandbox.users


PROFILE = r"\S+_avaturnprofile\W"
PINNED = {
    "first session, user deletion": (
        (1, r"DELETE FROM \S+auth_user\W"),
        (0, f"INSERT INTO {PROFILE}"),
    ),
    "start over, photos": ((0, r"UPDATE \S+_remotedeletion\W"),),
    "log-in, visitor's erasure": ((1, f"UPDATE {PROFILE}"),),
    "erase, photos": ((0, f"DELETE FROM {PROFILE}"),),
    "erase, export": ((0, f"UPDATE {PROFILE}"),),
    "user deletion, export": ((0, f"UPDATE {PROFILE}"),),
    "log-in, visitor's deletion": ((1, r"DELETE FROM \S+_avatar\W"),),
}
"""Where something once went wrong."""
CROWDS = {"first session, user deletion": 1, "session on the free plan, user deletion": 1}
"""Two deletions of one user are but for this decided as well; see the page."""


def clashes(*tables: tuple[Any, ...]) -> tuple[Race, ...]:
    return tuple(
        Race(
            name=name,
            prepare=prepare,
            contestants=contestants,
            losing=losing,
            verdict=verdict,
            pinned=PINNED.get(name, ()),
            crowd=CROWDS.get(name, 2),
        )
        for name, prepare, contestants, losing, verdict in tables
    )


REFUSED = (*GONE, AvaturnRejected)

RACES = clashes(
    ("session, session", nothing, (begin, begin), (), one_remote_user),
    ("session, session by page", nothing, (begin_by_page, begin_by_page), (), one_remote_user),
    ("session, erase", linked, (begin, erase), GONE, nobody_or_one),
    ("first session, erase", nothing, (begin, erase), GONE, nobody_or_one),
    ("first session, user deletion", nothing, (begin, delete_user), GONE, nobody),
    ("session on the free plan, user deletion", free_plan, (begin_free, delete_user), GONE, nobody),
    ("start over, start over", with_avatar, (start_over, start_over), (), fresh),
    ("start over, session", with_avatar, (start_over, begin), GONE, fresh),
    ("start over, export", with_avatar, (start_over, export), GONE, fresh),
    ("start over, sync", with_avatar, (start_over, sync), GONE, fresh),
    ("start over, erase", with_avatar, (start_over, erase), GONE, nobody_or_one),
    ("start over, photos", with_avatar, (start_over, photograph), REFUSED, both_sides_agree),
    ("erase, export", with_avatar, (erase, export), GONE, nobody),
    ("erase, sync", with_avatar, (erase, sync), GONE, nobody),
    ("erase, photos", linked, (erase, photograph), REFUSED, nobody_or_one),
    ("user deletion, export", with_avatar, (delete_user, export), GONE, nobody),
    ("user deletion, profile deletion", with_avatar, (delete_user, delete_profile), GONE, nobody),
    ("user deletion, photos", linked, (delete_user, photograph), REFUSED, nobody),
    ("log-in, log-in elsewhere", visited, (log_in, log_in_elsewhere), (), one_owner),
    ("log-in, another visitor's log-in", two_visited, (log_in, other_logs_in), (), all_anns),
    ("log-in, first session", nothing, (log_in, begin), (), one_remote_user),
    ("log-in, forgetting", long_ago, (log_in, forget), (), claimed_or_forgotten),
    ("log-in, visitor's export", visited, (log_in, guest_exports), GONE, all_anns),
    ("log-in, visitor's deletion", none_shown, (log_in, guest_deletes), GONE, only_anns_own),
    ("log-in, visitor's erasure", visited, (log_in, guest_is_erased), (), both_sides_agree),
    ("log-in, visitor's profile deletion", visited, (log_in, delete_guests), (), both_sides_agree),
    ("log-in, erase", visited, (log_in, erase), (), anns_is_gone),
)
