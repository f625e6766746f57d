"""What goes in and out. Field names of an export are those of the web SDK's result."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from ..client.types import SESSION_TYPES
from ..models import Avatar, AvatarFile, AvaturnProfile


class SessionRequestSerializer(serializers.Serializer[Any]):
    """``{type?, avatar_id?, start_over?, consent?}`` for opening the editor."""

    type = serializers.ChoiceField(choices=SESSION_TYPES, required=False)
    avatar_id = serializers.UUIDField(required=False, allow_null=True)
    start_over = serializers.BooleanField(required=False)
    consent = serializers.CharField(required=False, allow_blank=True, max_length=64)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """``edit_existing`` and ``avatar_id`` belong together."""
        edits = attrs.get("type", "edit_existing") == "edit_existing"
        if attrs.get("avatar_id") and not edits:
            message = _("Leave avatar_id out, or use the type 'edit_existing'.")
            raise serializers.ValidationError({"avatar_id": message})
        if attrs.get("type") == "edit_existing" and not attrs.get("avatar_id"):
            message = _("The type 'edit_existing' needs the id of an avatar.")
            raise serializers.ValidationError({"avatar_id": message})
        if attrs.get("start_over") and attrs.get("avatar_id"):
            message = _("Who starts over has no avatar to edit: leave one of the two out.")
            raise serializers.ValidationError({"start_over": message})
        return attrs


class FileSerializer(serializers.ModelSerializer[AvatarFile]):
    """A file as it stands; ``url`` and what follows speak of the one that is stored already."""

    url = serializers.SerializerMethodField()
    version = serializers.CharField(read_only=True)

    class Meta:
        model = AvatarFile
        fields: tuple[str, ...] = ("state", "url", "version", "size", "stored_at")
        read_only_fields = fields

    def get_url(self, row: AvatarFile) -> str | None:
        """Where the storage serves it; may be a signed address that ends after a while."""
        return row.url or None


class PortraitSerializer(FileSerializer):
    """A portrait. ``wanted``: the owner's browser should take one of the model and send it."""

    thumbnail = serializers.SerializerMethodField()
    wanted = serializers.BooleanField(source="awaits_browser", read_only=True)

    class Meta(FileSerializer.Meta):
        fields = (*FileSerializer.Meta.fields, "thumbnail", "wanted")
        read_only_fields = fields

    def get_thumbnail(self, row: AvatarFile) -> str | None:
        """Address of the small copy."""
        return row.thumbnail_url or None


class AvatarSerializer(serializers.ModelSerializer[Avatar]):
    """One avatar, with its model and its portrait."""

    # Fetch its ``files`` along with it.
    active = serializers.BooleanField(read_only=True)
    model = FileSerializer(read_only=True, allow_null=True)
    portrait = PortraitSerializer(read_only=True, allow_null=True)
    confirmed = serializers.BooleanField(read_only=True)

    class Meta:
        model = Avatar
        fields = (
            "id",
            "status",
            "active",
            "confirmed",
            "gender",
            "body_id",
            "supports_face_animations",
            "created_at",
            "updated_at",
            "gone_at",
            "model",
            "portrait",
        )
        read_only_fields = fields


class ActivateSerializer(serializers.Serializer[Any]):
    """``{"active": true}``, the one thing to change about an avatar here."""

    active = serializers.BooleanField()

    def validate_active(self, value: bool) -> bool:
        """An avatar stops being active only when another one becomes it."""
        if not value:
            raise serializers.ValidationError(_("Make another avatar active instead."))
        return value


class ExportSerializer(serializers.Serializer[Any]):
    """The web SDK's export result as it comes. All of it is a hint that Avaturn confirms.

    ``url`` is kept nowhere: links expire, and with the API the model comes by another one. A form
    may bring the GLB file as ``file`` instead.
    """

    url = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False
    )
    file = serializers.FileField(required=False, allow_empty_file=True)
    urlType = serializers.ChoiceField(
        choices=("dataURL", "httpURL"), required=False, allow_null=True
    )
    avatarId = serializers.UUIDField(required=False, allow_null=True)
    sessionId = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    avatarSupportsFaceAnimations = serializers.BooleanField(required=False, allow_null=True)
    bodyId = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=64)
    gender = serializers.ChoiceField(choices=Avatar.Gender.choices, required=False, allow_null=True)

    NAMES = {
        "avatarSupportsFaceAnimations": "supports_face_animations",
        "bodyId": "body_id",
        "gender": "gender",
    }

    def validate_avatarId(self, value: object) -> object:
        """The address and the body must speak of the same avatar."""
        if value not in (None, self.context["avatar_id"]):
            raise serializers.ValidationError(_("This is not the avatar that the address names."))
        return value

    @property
    def model(self) -> dict[str, Any]:
        """Where the model is, by our own argument names."""
        data = self.validated_data
        names = {"url": "url", "file": "model"}
        return {name: data[key] for key, name in names.items() if data.get(key) is not None}

    @property
    def told(self) -> dict[str, object]:
        """What was said of the avatar, by our own field names."""
        data = self.validated_data
        names = self.NAMES.items()
        return {field: data[name] for name, field in names if data.get(name) is not None}


class RenderSerializer(serializers.Serializer[Any]):
    """What picture is wanted, or the picture itself where the owner's browser has taken it."""

    scene = serializers.RegexField(r"^[a-zA-Z0-9_/]+$", max_length=190, required=False)
    format = serializers.ChoiceField(choices=("jpg", "png", "webp"), required=False)
    image = serializers.FileField(required=False)
    version = serializers.CharField(required=False, max_length=64)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A picture says which version of the model it shows."""
        if "image" in attrs and not attrs.get("version"):
            message = _("Send the version of the model that the picture shows.")
            raise serializers.ValidationError({"version": message})
        return attrs

    @property
    def order(self) -> dict[str, str]:
        """Which picture to make, where none was sent; a ``version`` says nothing then."""
        data = self.validated_data
        return {name: data[name] for name in ("scene", "format") if name in data}


class ProfileSerializer(serializers.ModelSerializer[AvaturnProfile]):
    """What the site knows of the signed-in user."""

    linked = serializers.SerializerMethodField()
    avatars = AvatarSerializer(many=True, read_only=True)
    created_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = AvaturnProfile
        fields = (
            "linked",
            "avaturn_id",
            "active_avatar",
            "avatars",
            "consent_version",
            "consented_at",
            "created_at",
            "synced_at",
        )
        read_only_fields = fields

    def get_linked(self, profile: AvaturnProfile) -> bool:
        """Whether there is a user at Avaturn yet."""
        return bool(profile.avaturn_id)
