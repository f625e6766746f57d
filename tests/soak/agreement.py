"""Where site and Avaturn do not agree: a list of sentences, empty after the best of days."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from django.core.files.storage import default_storage

from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, FileDeletion, RemoteDeletion
from django_avaturn.sandbox.model import model_bytes
from django_avaturn.sandbox.portrait import portrait
from django_avaturn.services import pictures

from .people import World


def disagreements(world: World, temporary: Path) -> Iterator[str]:
    """All of them."""
    yield from users(world)
    yield from avatars(world)
    yield from owners(world)
    for row in AvatarFile.objects.select_related("avatar"):
        yield from file(row, world)
    yield from storage(temporary)
    yield from work()


def lost_users(world: World) -> set[str]:
    """Whom Avaturn has made for an answer that the plan spoilt: nobody can know of them."""
    made = [one for one in world.plan.log if one.operation == "createUser" and one.done]
    return {one.answer.json()["id"] for one in made}


def users(world: World) -> Iterator[str]:
    here = {remote for profile in AvaturnProfile.objects.all() for remote in profile.remote_ids()}
    there, lost = world.sandbox.users, lost_users(world)
    for user_id in here - set(there):
        yield f"user {user_id} does not exist at Avaturn: {story(user_id)}"
    for user_id in set(there) - here - lost:
        yield f"user {user_id} is nobody's here: {story(user_id)}"
    for user_id in lost - here:
        if user_id in there and there[user_id].avatars:
            yield f"user {user_id}, whom nobody knows, has avatars"


def story(user_id: str) -> str:
    """What the site knows of a remote user."""
    profiles = AvaturnProfile.objects.filter(avaturn_id=user_id).values("pk", "user", "created_at")
    avatars = Avatar.objects.filter(avaturn_id=user_id).values("pk", "profile", "created_at")
    gone = RemoteDeletion.objects.filter(avaturn_id=user_id)
    told = gone.values("avatar_id", "created_at", "done_at")
    return f"profiles {list(profiles)}, avatars {list(avatars)}, deletions {list(told)}"


def avatars(world: World) -> Iterator[str]:
    here = {
        (str(avatar.pk), avatar.avaturn_id, avatar.status, avatar.gone_at is None)
        for avatar in Avatar.objects.all()
    }
    there = {
        (avatar.id, user.id, avatar.status, True)
        for user in world.sandbox.users.values()
        for avatar in user.avatars.values()
    }
    for avatar in here - there:
        yield f"avatar {avatar} is not so at Avaturn"
    for avatar in there - here:
        yield f"avatar {avatar} of Avaturn is not so here"


def owners(world: World) -> Iterator[str]:
    for profile in AvaturnProfile.objects.select_related("user").prefetch_related("avatars"):
        whose = {world.owner(str(avatar.pk)) for avatar in profile.avatars.all()} - {None}
        if profile.user:
            whose.add(int(profile.user.username.partition("-")[0]))
        if len(whose) > 1:
            yield f"profile {profile.pk} has avatars of {len(whose)} people"
        if profile.active_avatar and profile.active_avatar.profile_id != profile.pk:
            yield f"profile {profile.pk} shows another's avatar"


def file(row: AvatarFile, world: World) -> Iterator[str]:
    avatar = world.sandbox.state.avatar(str(row.avatar_id))
    if avatar is None or row.state != row.State.READY:
        yield f"{row} ({row.scene}) is {row.state}: {row.error}"
        return
    with default_storage.open(row.file.name) as stored:
        content = stored.read()
    digest = hashlib.sha256(content).hexdigest()
    if row.sha256 != digest or row.size != len(content):
        yield f"{row} is not what its row says"
    if row.kind == row.Kind.MODEL:
        wanted = model_bytes(avatar.look())
    elif avatar.id in world.taken:
        return
    else:
        wanted = pictures.encode(BytesIO(portrait(avatar.look(), row.scene)))[0].data
    if digest != hashlib.sha256(wanted).hexdigest():
        yield f"{row} ({row.scene}) shows an older version of the avatar"


def storage(temporary: Path) -> Iterator[str]:
    root = Path(default_storage.location)
    there = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    here = {name for row in AvatarFile.objects.all() for name in row.names}
    for name in there - here:
        yield f"{name} is in the storage, and no row knows why"
    for name in here - there:
        yield f"{name} is not in the storage"
    for path in temporary.iterdir():
        if path.is_file():
            yield f"{path.name} was left behind"


def work() -> Iterator[str]:
    for deletion in RemoteDeletion.objects.exclude(state=RemoteDeletion.State.READY):
        yield f"{deletion} is still to be deleted: {deletion.error}"
    for deletion in FileDeletion.objects.all():
        yield f"{deletion} is still to be removed: {deletion.error}"
