"""``POST avatars/``: three photos as a form; its parts have the names of Avaturn's own upload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers, status
from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request

from .. import services
from ..models import Avatar
from ..services import photos
from .throttling import SessionThrottle

if TYPE_CHECKING:
    from ..models.owners import Owner

PARTS = {"frontal": "image-frontal", "side_1": "image-side-1", "side_2": "image-side-2"}
"""Names of the parts, by those of the arguments."""
MAX_FORM = 3 * photos.MAX_BYTES + 2**20
"""Bytes of the whole form."""

LIMITS = {
    "content_types": photos.TYPES,
    "max_bytes": photos.MAX_BYTES,
    "max_pixels": {f"image/{kind.lower()}": limit for kind, limit in photos.MAX_PIXELS.items()},
    "min_side": photos.MIN_SIDE,
}
"""Of each photo; the side is in pixels."""

LABELS = {
    "frontal": (_("Front"), _("The face from the front, upright, eyes to the camera.")),
    "side_1": (_("Left side"), _("The left side of the face.")),
    "side_2": (_("Right side"), _("The right side of the face.")),
}


class PhotosThrottle(SessionThrottle):
    """The rate of ``SESSION_THROTTLE``, counted apart."""

    scope = "avaturn_photos"


class TooLarge(exceptions.APIException):
    """The form is longer than three photos can be."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = format_lazy(
        _("The photos are too large: each may have up to {limit} MB."),
        limit=photos.MAX_BYTES // 2**20,
    )
    default_code = "too_large"


class Refused(exceptions.APIException):
    """Avaturn did not take the photos."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("Avaturn could not use these photos. Try again, or take others.")
    default_code = "photos_refused"


class PhotosSerializer(serializers.Serializer[Any]):
    """Three photos, the kind of body, whether a tele lens was used, and the consent."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The names have hyphens, so they cannot be written as attributes."""
        pictures = {PARTS[name]: _picture(name, *about) for name, about in LABELS.items()}
        body_type = serializers.ChoiceField(
            choices=Avatar.Gender.choices, source="body_type", label=_("Body")
        )
        telephoto = serializers.BooleanField(
            required=False,
            default=False,
            label=_("Tele lens"),
            help_text=_("Whether the photos were taken from a distance, with a tele lens."),
        )
        consent = serializers.CharField(
            required=False,
            allow_blank=True,
            max_length=64,
            label=_("Consent"),
            help_text=_("Version of the text that is agreed to, where this site asks for consent."),
        )
        return {**pictures, "body-type": body_type, "telephoto": telephoto, "consent": consent}


class PhotosMetadata(SimpleMetadata):
    """Describes the form: under ``actions``, each part with what it takes."""

    def determine_metadata(self, request: Request, view: Any) -> dict[str, Any]:
        """What ``OPTIONS`` answers."""
        parts: dict[str, Any] = self.get_serializer_info(PhotosSerializer())
        for name in PARTS.values():
            parts[name] |= LIMITS
        return {**super().determine_metadata(request, view), "actions": {"POST": parts}}


def check_length(request: Request) -> None:
    """Raise ``TooLarge`` before anything of the form is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > MAX_FORM:
        raise TooLarge


def create(user: Owner, data: object) -> Avatar:
    """Have the avatar made; errors go by the names of the parts."""
    form = PhotosSerializer(data=data)
    form.is_valid(raise_exception=True)
    try:
        return services.create_avatar(user, **form.validated_data)
    except services.PhotoInvalid as error:
        errors = {PARTS[name]: [text] for name, text in error.errors.items()}
    except services.PhotosRefused:
        raise Refused from None
    raise serializers.ValidationError(errors)


def _picture(name: str, label: Any, help_text: Any) -> serializers.FileField:
    return serializers.FileField(
        source=name,
        label=label,
        help_text=help_text,
        allow_empty_file=True,  # the service says what to do
        error_messages={
            "required": _("Add this photo."),
            "invalid": _("Send the photo as a file."),
        },
    )
