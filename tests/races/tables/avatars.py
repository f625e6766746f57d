"""One avatar, and several who change it."""

from __future__ import annotations

from typing import Any

from django_avaturn import services, signals
from django_avaturn.client import Customization
from django_avaturn.exceptions import AvaturnNotFound
from django_avaturn.models import Avatar, AvaturnProfile, RemoteDeletion

from ..race import Race
from ..scene import past

GONE = (Avatar.DoesNotExist, AvaturnNotFound)


def known(it: Any) -> None:
    it.one = it.avatar()
    it.listen(signals.avatar_deleted)


def with_files(it: Any) -> None:
    it.one = it.stored()
    it.listen(signals.avatar_deleted)


def only_there(it: Any) -> None:
    it.pk = it.remote_avatar(it.profile())


def two(it: Any) -> None:
    it.one, it.other = it.avatar(), it.avatar()


def activate_other(it: Any) -> None:
    services.activate_avatar(Avatar.objects.select_related("profile").get(pk=it.other.pk))


def last_one_shown(it: Any) -> None:
    assert AvaturnProfile.objects.get().active_avatar in {it.one, it.other}


def other_shown(it: Any) -> None:
    assert Avatar.objects.get() == it.other == AvaturnProfile.objects.get().active_avatar


def own(it: Any) -> Avatar:
    return Avatar.objects.select_related("profile").get(pk=it.one.pk)


def delete(it: Any) -> None:
    services.delete_avatar(own(it))


def sync(it: Any) -> Any:
    return services.sync_profile(AvaturnProfile.objects.get())


def activate(it: Any) -> None:
    services.activate_avatar(own(it))


def export(it: Any) -> Any:
    return services.record_export(it.ann, it.one.pk, {"gender": "male"})


def announce(it: Any) -> Any:
    return services.record_export(it.ann, it.pk, {"gender": "male"})


def dress(it: Any) -> None:
    services.set_customization(own(it), Customization(skin_tone_correction=20))


def portrait(it: Any) -> None:
    services.request_portrait(own(it))


def unfinished(it: Any) -> None:
    """One that waits for its photos, as far as the site knows."""
    it.one = it.avatar()
    Avatar.objects.update(status="pending", updated_at=past(hours=1))
    it.sandbox.set_status(str(it.one.pk), "processing")
    it.listen(signals.avatar_ready)


def finish_and_sync(it: Any) -> None:
    it.sandbox.set_status(str(it.one.pk), "ready")
    sync(it)


def made_once(it: Any) -> None:
    assert Avatar.objects.get().status == "ready"
    assert [one["avatar"] for one in it.heard] == [it.one]


def gone(it: Any) -> None:
    assert not Avatar.objects.exists()
    assert it.remote_avatars() == {}
    assert AvaturnProfile.objects.get().active_avatar is None
    assert [one["avatar_id"] for one in it.heard] == [it.one.pk]
    assert RemoteDeletion.objects.count() == it.sandbox.count("deleteUserAvatar") == 1


def recorded(it: Any) -> None:
    assert Avatar.objects.get().active
    assert it.remote_avatars().keys() == {str(Avatar.objects.get().pk)}


LOCK = r"UPDATE \S+_avaturnprofile\W"
"""Where a deletion waits its turn. It once had locked files by then, and chosen what to delete."""

RACES = (
    Race(
        name="delete, sync",
        prepare=known,
        contestants=(delete, sync),
        losing=GONE,
        verdict=gone,
    ),
    Race(
        name="delete, delete",
        prepare=with_files,
        contestants=(delete, delete),
        losing=GONE,
        verdict=gone,
    ),
    Race(
        name="delete, activate",
        prepare=known,
        contestants=(delete, activate),
        losing=GONE,
        verdict=gone,
    ),
    Race(
        name="delete, export",
        prepare=known,
        contestants=(delete, export),
        losing=GONE,
        verdict=gone,
        pinned=((0, LOCK),),
    ),
    Race(
        name="delete, export again",
        prepare=with_files,
        contestants=(delete, export),
        losing=GONE,
        verdict=gone,
        pinned=((0, LOCK),),
    ),
    Race(
        name="delete, customisation",
        prepare=with_files,
        contestants=(delete, dress),
        losing=GONE,
        verdict=gone,
        pinned=((0, LOCK),),
    ),
    Race(
        name="delete, portrait request",
        prepare=known,
        contestants=(delete, portrait),
        losing=GONE,
        verdict=gone,
        pinned=((0, r"DELETE FROM \S+_avatar\W"),),
    ),
    Race(
        name="sync, sync",
        prepare=unfinished,
        contestants=(sync, finish_and_sync),
        verdict=made_once,
        crowd=1,
        pinned=((0, LOCK),),
    ),
    Race(
        name="activate, activate",
        prepare=two,
        contestants=(activate, activate_other),
        verdict=last_one_shown,
    ),
    Race(
        name="activate, deletion of another",
        prepare=two,
        contestants=(activate_other, delete),
        verdict=other_shown,
        losing=GONE,
    ),
    Race(
        name="export, export",
        prepare=only_there,
        contestants=(announce, announce),
        verdict=recorded,
    ),
    Race(
        name="export, sync",
        prepare=only_there,
        contestants=(announce, sync),
        verdict=recorded,
    ),
)
