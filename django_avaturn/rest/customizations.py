"""What an own avatar wears: ``GET`` and ``PUT``, in the form of Avaturn's API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from typing import IO, Any
from uuid import UUID

from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers, status
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from .. import services
from ..client import Asset, Customization
from ..client.customization import FIELDS
from ..client.fitting import BONES, SLOTS, Errors, shown
from ..exceptions import AvaturnConflict, AvaturnGone, AvaturnUnavailable, CustomizationInvalid
from ..transactions import outside_transactions
from .throttling import SessionThrottle
from .views import AvaturnView

MAX_BYTES = 64 * 1024
"""Length of a body; one with all the metadata that is allowed has less."""

EMPTY = _("Send all of it: what is left out goes back to its default.")
NO_FIELD = _("There is no such field.")
NO_KEY = _("Only 'id' and 'color' can be told of an asset.")


class TooMuch(exceptions.APIException):
    """No customisation is as long as this."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("That is too much data for a customization.")
    default_code = "too_large"


class AssetError(exceptions.APIException):
    """Avaturn does not take an asset; ``errors`` names it by its slot."""

    def __init__(self, named: Mapping[str, str]) -> None:
        super().__init__()
        self.errors = {"assets": {slot: [told] for slot, told in named.items()}} if named else None


class AssetConflict(AssetError):
    """An asset is in a slot of another kind."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This cannot be worn there. Choose something else.")
    default_code = "asset_conflict"


class AssetGone(AssetError):
    """Assets do not exist any more."""

    status_code = status.HTTP_410_GONE
    default_detail = _("This cannot be had any more. Choose something else.")
    default_code = "asset_gone"


class CustomizationParser(JSONParser):
    """JSON of limited length and depth."""

    def parse(self, stream: IO[Any], *args: Any, **kwargs: Any) -> Any:
        """Decode the body."""
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise TooMuch
        try:
            return super().parse(BytesIO(body), *args, **kwargs)
        except RecursionError:
            raise exceptions.ParseError(_("This is nested too deeply.")) from None


class CustomizationSerializer(serializers.Serializer[Customization]):
    """The six fields as documented, in and out. What is left out goes back to its default."""

    def to_internal_value(self, data: Any) -> Customization:
        """Check all of it; the ranges are those of ``Customization.validate``."""
        if not isinstance(data, Mapping) or not data:
            raise serializers.ValidationError({"non_field_errors": [EMPTY]})
        customization = Customization(**{key: data[key] for key in FIELDS if key in data})
        errors: dict[str, Any] = {shown(key): [NO_FIELD] for key in data if key not in FIELDS}
        try:
            customization.validate()
        except CustomizationInvalid as error:
            errors.update(_translated(error.errors))
        for slot in _overfull(data.get("assets")):
            errors.setdefault("assets", {}).setdefault(slot, [NO_KEY])
        if errors:
            raise serializers.ValidationError(errors)
        # Without what came along: Avaturn takes no null for a colour.
        plain = {
            slot: one and Asset(one.id, one.color) for slot, one in customization.assets.items()
        }
        return replace(customization, assets=plain)

    def to_representation(self, instance: Customization) -> dict[str, Any]:
        """All six of them, with what is documented of each, so that it can be sent back."""
        told = {key: value for key, value in instance.as_json().items() if key in FIELDS}
        assets, bones = instance.assets, told["bone_scale"]
        told["assets"] = {slot: _shown_asset(assets[slot]) for slot in SLOTS if slot in assets}
        told["bone_scale"] = {bone: bones[bone] for bone in BONES}
        return told


class CustomizationThrottle(SessionThrottle):
    """The same rate for changes of an avatar."""

    scope = "avaturn_customization"


@method_decorator(outside_transactions, name="dispatch")
class CustomizationDetail(AvaturnView):
    """``GET`` and ``PUT`` of what one own avatar wears; the latter replaces all of it."""

    parser_classes: Any = (CustomizationParser,)

    def get_throttles(self) -> list[BaseThrottle]:
        """Only writing makes work."""
        return [CustomizationThrottle()] if self.request.method == "PUT" else []

    def get(self, request: Request, pk: UUID) -> Response:
        """What the avatar wears and how it is shaped, as Avaturn tells."""
        told = CustomizationSerializer(services.get_customization(self.own_avatar(pk))).data
        try:
            JSONRenderer().render(told)
        except (ValueError, RecursionError):
            pass
        else:
            return Response(told)
        raise AvaturnUnavailable("Avaturn told of a customization that JSON cannot hold.")

    def put(self, request: Request, pk: UUID) -> Response:
        """Replace all of it: 200 with what was written. Model and portrait follow by themselves."""
        avatar = self.own_avatar(pk)
        wanted = CustomizationSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        customization = wanted.validated_data
        refused: AssetError
        try:
            services.set_customization(avatar, customization)
        except AvaturnConflict as error:
            refused = AssetConflict(_misplaced(error, customization))
        except AvaturnGone as error:
            refused = AssetGone(_missing(error, customization))
        else:
            return Response(CustomizationSerializer(customization).data)
        raise refused


def _translated(errors: Mapping[str, Errors]) -> dict[str, Any]:
    """The client's plain English in the reader's language."""
    return {
        name: _translated(told) if isinstance(told, dict) else [gettext(text) for text in told]
        for name, told in errors.items()
    }


def _overfull(assets: object) -> list[str]:
    """The slots whose assets have keys that nobody knows."""
    items = assets.items() if isinstance(assets, Mapping) else ()
    return [
        shown(slot)
        for slot, item in items
        if isinstance(item, Mapping) and item.keys() - {"id", "color"}
    ]


def _shown_asset(item: object) -> dict[str, str] | None:
    if not isinstance(item, Asset):
        return None
    return {"id": str(item.id), **({"color": item.color} if item.color else {})}


def _misplaced(error: AvaturnConflict, customization: Customization) -> dict[str, str]:
    """Which asset Avaturn does not take where, if it is one that was sent."""
    text = gettext("Asset %(asset)s does not belong here.")
    return {
        slot: text % {"asset": asset.id}
        for slot, asset in customization.assets.items()
        if asset and (slot == error.slot or (not error.slot and asset.id == error.asset_id))
    }


def _missing(error: AvaturnGone, customization: Customization) -> dict[str, str]:
    """Which of the assets that were sent Avaturn does not have."""
    text = gettext("Asset %(asset)s does not exist any more.")
    return {
        slot: text % {"asset": asset.id}
        for slot, asset in customization.assets.items()
        if asset and asset.id in error.asset_ids
    }
