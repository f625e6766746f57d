"""What goes in and out, under names that begin with ``Avaturn``."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.plumbing import ResolvedComponent, safe_ref
from rest_framework import serializers

from ...client.types import SESSION_TYPES
from .. import serializers as ours
from ..customizations import CustomizationSerializer
from ..photos import PhotosSerializer
from . import customizations
from .codes import CODES

PREFIX = "Avaturn"
ENUMS = {
    "type": "SessionType",
    "body-type": "Gender",
    "state": "FileState",
    "format": "PictureFormat",
    "gender": "Gender",
    "urlType": "UrlType",
    "code": "ErrorCode",
}
"""Names of the sets of values, by that of the property."""
OPEN = {"status"}
"""Whose values are Avaturn's."""
BINARY = {"type": "string", "format": "binary"}

Schema = dict[str, Any]


class Error(serializers.Serializer[Any]):
    """``code`` is for programs and stays, ``detail`` is for people and is translated."""

    code = serializers.ChoiceField(choices=sorted(CODES.items()))
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        required=False,
        help_text=_("By field, a list of sentences; by slot or bone where a field has those."),
    )


class Session(serializers.Serializer[Any]):
    """A link into the editor, good for one opening: keep it nowhere."""

    id = serializers.UUIDField(allow_null=True, help_text=_("Null on Avaturn's plan without API."))
    url = serializers.URLField()
    type = serializers.ChoiceField(choices=SESSION_TYPES)


class AvatarPage(serializers.Serializer[Any]):
    """Some of the avatars, newest first."""

    count = serializers.IntegerField(help_text=_("How many there are on all pages."))
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ours.AvatarSerializer(many=True)


class ExportJSON(ours.ExportSerializer):
    """The web SDK's export result as it comes."""

    file = None  # type: ignore[assignment]


class RenderJSON(ours.RenderSerializer):
    """What picture is wanted."""

    image = version = None  # type: ignore[assignment]


class Component(OpenApiSerializerExtension):
    """A serializer under a name of ours, its sets of values too, and its files as such.

    drf-spectacular would call the sets ``TypeEnum`` and so on, which may be names of the site's.
    """

    title = ""

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        """Such as ``AvaturnAvatar``."""
        return PREFIX + self.title

    def map_serializer(self, auto_schema: Any, direction: Any) -> Schema:
        """The schema that drf-spectacular makes, with references to our sets."""
        schema: Schema = super().map_serializer(auto_schema, direction)
        fields = schema["properties"]
        for name, told in fields.items():
            if isinstance(self.target.fields[name], serializers.FileField):
                fields[name] = {**BINARY, **_kept(told, "title", "description")}
            elif "enum" in told:
                blank = "" in told["enum"] or self._may_be_blank(name)
                fields[name] = _set(name, told, auto_schema.registry, blank)
        return schema

    def _may_be_blank(self, name: str) -> bool:
        """Whether the model has it so; a field that is only read does not tell."""
        model = getattr(getattr(self.target, "Meta", None), "model", None)
        return bool(model and model._meta.get_field(name).blank)


def _set(name: str, told: Schema, registry: Any, blank: bool) -> Schema:
    """A reference to the set of values, or where it is open, the values in words."""
    if name in OPEN:
        words = ", ".join(f"`{value}`" for value in told["enum"])
        text = _("%(words)s; Avaturn may add others.") % {"words": words}
        return {"type": "string", "description": text, **_kept(told, "readOnly")}
    title = PREFIX + ENUMS.get(name, name.title())
    values = {"type": "string", "enum": [value for value in told["enum"] if value]}
    values |= _kept(told, "description")
    one = ResolvedComponent(title, ResolvedComponent.SCHEMA, values, object=title)
    registry.register_on_missing(one)
    found = {"oneOf": [one.ref, {"enum": [""]}]} if blank else one.ref
    return safe_ref({**found, **_kept(told, "readOnly", "default")})


def _kept(schema: Schema, *names: str) -> Schema:
    return {name: schema[name] for name in names if name in schema}


class CustomizationComponent(Component):
    """All six fields: as Avaturn tells them, and with the limits for what is sent."""

    target_class = CustomizationSerializer

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        """Two names, since the limits are those of writing."""
        return f"{PREFIX}Customization" + ("Change" if direction == "request" else "")

    def map_serializer(self, auto_schema: Any, direction: Any) -> Schema:
        """From the tables that the client checks with."""
        return customizations.written() if direction == "request" else customizations.read()


COMPONENTS: dict[type[serializers.BaseSerializer[Any]], str] = {
    Error: "Error",
    Session: "Session",
    AvatarPage: "AvatarPage",
    ours.AvatarSerializer: "Avatar",
    ours.FileSerializer: "File",
    ours.PortraitSerializer: "Portrait",
    ours.ProfileSerializer: "Profile",
    ours.SessionRequestSerializer: "SessionRequest",
    ExportJSON: "Export",
    ours.ExportSerializer: "ExportForm",
    RenderJSON: "Render",
    ours.RenderSerializer: "RenderForm",
    PhotosSerializer: "Photos",
}
for _serializer, _title in COMPONENTS.items():
    type(f"{_title}Component", (Component,), {"target_class": _serializer, "title": _title})
