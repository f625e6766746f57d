"""Users with avatars, as they are after an evening with the editor."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile

from .. import jobs, services
from ..client import Customization
from ..conf import settings
from ..jobs.files import take_render
from ..models import Avatar, AvatarFile, AvaturnProfile
from ..sandbox import Sandbox
from ..sandbox.look import Look, starter
from ..sandbox.model import model_bytes
from ..sandbox.portrait import swatch
from ..services import pictures
from ..services.photos import NO_PILLOW
from .webhooks import file_link

try:
    from PIL import Image
except ImportError:
    Image = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from ..models.owners import Owner

BODIES = {"male": "body_0", "female": "body_1"}
FOREVER = 10 * 365 * 86400.0
"""Seconds that the processing takes of an avatar that is to be seen like that."""
TRIES = 3
"""The export has to be asked for twice: the first answer is always that it is pending."""


class Builder:
    """Makes avatars at a sandbox that is known as ``origin``, and here."""

    def __init__(self, sandbox: Sandbox, origin: str) -> None:
        self._sandbox = sandbox
        self._origin = origin

    def profile(self, user: Owner) -> AvaturnProfile:
        """A user's profile, who has agreed to whatever the site asks for."""
        profile = services.get_profile(user)
        if settings.CONSENT_VERSION and profile.consent_version != settings.CONSENT_VERSION:
            services.record_consent(user, settings.CONSENT_VERSION)
            profile.refresh_from_db()
        return profile

    def avatar(
        self, user: Owner, status: str, body: str, customization: Mapping[str, Any] | None
    ) -> Avatar:
        """An avatar without files."""
        profile = self.profile(user)
        look = starter(body)
        pk = self._unconfirmed(profile) if settings.free_plan else self._remote(profile, look)
        if customization is not None:
            services.get_client().set_customization(pk, Customization.parse(customization))
        if status != Avatar.Status.READY and not settings.free_plan:
            self.set_status(pk, status)
        if not settings.free_plan:
            services.sync_profile(profile)
        avatar: Avatar = Avatar.objects.select_related("profile").get(pk=pk)
        avatar.status, avatar.gender, avatar.body_id = status, look.gender, look.body
        if status == Avatar.Status.READY:
            avatar.supports_face_animations = self._sandbox.moves_faces
        avatar.save(update_fields=["status", "gender", "body_id", "supports_face_animations"])
        return avatar

    def set_status(self, pk: UUID, status: str) -> None:
        """Put an avatar into a status in which it stays."""
        seconds, self._sandbox.processing_seconds = self._sandbox.processing_seconds, FOREVER
        self._sandbox.set_status(str(pk), status)
        self._sandbox.processing_seconds = seconds

    def _remote(self, profile: AvaturnProfile, look: Look) -> UUID:
        return UUID(self._sandbox.add_avatar(profile.avaturn_id or "", look))

    def _unconfirmed(self, profile: AvaturnProfile) -> UUID:
        return Avatar.objects.create(id=uuid4(), profile=profile).pk

    def bring_files(self, user: Owner, avatar: Avatar) -> None:
        """Have model and portrait in the storage, whatever the site's task backend does."""
        if avatar.confirmed:
            services.request_files(avatar)
        else:
            model = BytesIO(model_bytes(starter(avatar.body_id)))
            services.record_export(user, avatar.pk, {}, model=model)
        for _ in range(TRIES):
            for row in avatar.files.exclude(state=AvatarFile.State.READY):
                self._bring(row)
        self._sandbox.state.forget_tasks(str(avatar.pk))

    def _bring(self, row: AvatarFile) -> None:
        if row.render_id:
            link = file_link(self._sandbox, self._origin, row.avatar, row.scene)
            take_render(row, link or "")
        elif row.awaits_browser and pictures.available():
            self._take_picture(row.avatar)
        else:
            jobs.run(row)

    def _take_picture(self, avatar: Avatar) -> None:
        """As the owner's browser does, once the model is there."""
        model = avatar.model
        if model and model.version:
            picture = BytesIO(swatch(starter(avatar.body_id), settings.PORTRAIT_SCENE))
            services.store_portrait(avatar, picture, model.version)


def photo_form(body_type: str) -> dict[str, Any]:
    """What a person uploads for an avatar from photos: grey pictures of nobody."""
    if Image is None:
        raise ImproperlyConfigured(NO_PILLOW)
    form: dict[str, Any] = {"body-type": body_type}
    for number, name in enumerate(("image-frontal", "image-side-1", "image-side-2")):
        content = BytesIO()
        Image.new("RGB", (600, 800), (90 + 60 * number, 120, 120)).save(content, "JPEG")
        form[name] = SimpleUploadedFile(f"{name}.jpg", content.getvalue(), "image/jpeg")
    return form
