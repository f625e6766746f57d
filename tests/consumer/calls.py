"""The Python API, and its twins for async code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import IO, Any
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from django_avaturn import health, models, services
from django_avaturn.client import Customization, EditorSession
from django_avaturn.decorators import allow_popups
from django_avaturn.hooks import AvaturnHooks, get_hooks

AVATAR = UUID("01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e")


def open_editor(user: User) -> str:
    """Each way to begin."""
    profile: models.AvaturnProfile = services.get_profile(user)
    again: models.AvaturnProfile = services.start_over(user)
    services.record_consent(user, "2026-11")
    session: EditorSession = services.open_session(
        user, type="create", start_over=False, consent="2026-11"
    )
    edited = services.open_session(user, avatar_id=AVATAR)
    return "" if edited.id == session.id and profile == again else session.url


def change(user: User, avatar: models.Avatar, file: IO[bytes]) -> models.Avatar:
    """Whatever can be done with an avatar."""
    made = services.create_avatar(
        user, frontal=file, side_1=file, side_2=file, body_type="female", telephoto=True
    )
    told = {"gender": "female", "body_id": "body_1", "supports_face_animations": True}
    recorded = services.record_export(user, AVATAR, told, url="https://example.com/a.glb")
    services.activate_avatar(avatar)
    look: Customization = services.get_customization(avatar)
    services.set_customization(avatar, look)
    services.request_files(avatar)
    ordered: models.AvatarFile = services.request_portrait(avatar, "common/half_body", "png")
    stored: models.AvatarFile = services.store_portrait(avatar, file, ordered.version)
    if services.follow(avatar) and stored.is_due:
        services.delete_avatar(avatar)
    return made if made.active else recorded


def look_after(user: User, file: IO[bytes]) -> dict[str, Any]:
    """What a command of the site's own may do."""
    profile = services.get_profile(user)
    result: services.SyncResult = services.sync_profile(profile)
    outcome: services.Outcome
    before = datetime.now(UTC) - timedelta(days=1)
    for outcome in services.sync_all(jobs=2, before=before, limit=10, dry_run=True):
        if outcome.error is None:
            result = services.SyncResult(
                added=result.added + outcome.result.added, changed=0, gone=outcome.result.gone
            )
    relinked: bool = services.relink(profile)
    asked: int = services.follow_all() + services.forget_guests()
    data = services.write_personal_data(user, file, lambda done, of: print(done, of))
    services.erase(user)
    return data if relinked and asked else services.personal_data(user)


def welcome(request: HttpRequest, guest: models.Guest, user: User) -> int:
    """At log-in."""
    return services.claim_guest(guest, user) if get_hooks().may_open_session(guest) else 0


def try_photos(user: User, file: IO[bytes]) -> str:
    """Photos are refused by the site, or by Avaturn."""
    try:
        avatar = services.create_avatar(
            user, frontal=file, side_1=file, side_2=file, body_type="male"
        )
    except services.PhotoInvalid as error:
        return str(error)
    except services.PhotosRefused as error:
        return f"{error.status}"
    return avatar.status


async def later(user: User, avatar: models.Avatar, guest: models.Guest, file: IO[bytes]) -> str:
    """The same from async code."""
    profile: models.AvaturnProfile = await services.aget_profile(user)
    profile = await services.astart_over(user)
    session: EditorSession = await services.aopen_session(user, type="create")
    made: models.Avatar = await services.acreate_avatar(
        user, frontal=file, side_1=file, side_2=file, body_type="female"
    )
    made = await services.arecord_export(user, AVATAR, {"gender": "female"})
    await services.aactivate_avatar(made)
    look: Customization = await services.aget_customization(avatar)
    await services.aset_customization(avatar, look)
    await services.arequest_files(avatar)
    ordered: models.AvatarFile = await services.arequest_portrait(avatar, format="png")
    await services.astore_portrait(avatar, file, ordered.version)
    result: services.SyncResult = await services.async_profile(profile)
    done: bool = await services.afollow(avatar) and await services.arelink(profile)
    await services.arecord_consent(user, "2026-11")
    claimed: int = await services.aclaim_guest(guest, user)
    data: dict[str, Any] = await services.apersonal_data(user)
    data = await services.awrite_personal_data(user, file)
    await services.adelete_avatar(avatar)
    await services.aerase(user)
    return session.url if done and data and claimed + result.added else ""


class Hooks(AvaturnHooks):
    """Decisions of the site's own."""

    def may_open_session(self, user: Any) -> bool:
        """Staff and whoever else may by default."""
        return super().may_open_session(user)

    def default_customization(self, avatar: models.Avatar) -> Customization:
        """By the kind of body."""
        return Customization(body="body_1" if avatar.gender == "female" else "body_0")


@allow_popups
def profile_page(request: HttpRequest, name: str) -> HttpResponse:
    """A page with the editor."""
    return HttpResponse(name)


def answer(request: HttpRequest) -> JsonResponse:
    """The decorated view is still one, and so is the page for monitoring."""
    page: HttpResponse = profile_page(request, name="x")
    report: JsonResponse = health.status(request)
    return report if page.status_code == 200 else JsonResponse({})


urlpatterns = [path("health/", health.status), path("<str:name>/", profile_page)]
