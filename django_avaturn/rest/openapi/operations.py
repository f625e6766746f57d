"""The operations: one for each method of each view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import permissions
from rest_framework.views import APIView

from ...conf import settings
from ...models import Avatar
from .. import serializers as ours
from .. import views
from ..customizations import CustomizationDetail, CustomizationSerializer
from ..photos import PhotosSerializer
from .codes import CODES, by_status
from .components import PREFIX, AvatarPage, Error, ExportJSON, RenderJSON, Session

JSON, FORM, QUERY = (
    "application/json",
    "multipart/form-data",
    "application/x-www-form-urlencoded",
)

INPUT = {"invalid", "parse_error", "too_large", "unsupported_media_type"}
SERVICE = {
    "avatar_gone",
    "avaturn_rejected",
    "avaturn_throttled",
    "avaturn_timeout",
    "avaturn_unavailable",
}

RETRY_AFTER = OpenApiParameter(
    "Retry-After",
    int,
    OpenApiParameter.HEADER,
    description=_("Seconds to wait, where that is known."),
    response=[429, 503],
)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of a view: what it takes, what it answers, by status, and its errors.

    ``codes`` are those that not every operation has. A code that is in no operation's may occur
    in all of them.
    """

    id: str
    summary: Any
    answers: Mapping[int, Any]
    request: Any = None
    codes: frozenset[str] | set[str] = frozenset()
    parameters: tuple[OpenApiParameter, ...] = ()

    def annotation(self) -> Any:
        """For drf-spectacular, which takes the description from the method's docstring."""
        return extend_schema(
            operation_id=f"avaturn_{self.id}",
            summary=self.summary,
            tags=[PREFIX],
            request=self.request,
            responses={**self.answers, **self._refusals()},
            parameters=[*self.parameters, RETRY_AFTER],
        )

    def _refusals(self) -> dict[int, OpenApiResponse]:
        anywhere = CODES.keys() - ELSEWHERE.union(*(one.codes for one in OPERATIONS.values()))
        return {
            status: OpenApiResponse(Error, ", ".join(f"`{code}`" for code in codes))
            for status, codes in by_status(anywhere | self.codes).items()
        }


ELSEWHERE = {"method_not_allowed"}
"""What no operation answers that there is."""

_pages = views.AvatarPagination()
PAGES = (
    OpenApiParameter(_pages.page_query_param, int, description=_("Number of the page, from 1.")),
    OpenApiParameter(
        str(_pages.page_size_query_param),
        {"type": "integer", "default": _pages.page_size, "maximum": _pages.max_page_size},
        description=_("How many avatars a page has."),
    ),
)
ACTIVATE = {
    "type": "object",
    "properties": {"active": {"type": "boolean", "enum": [True]}},
    "required": ["active"],
}

OPERATIONS: dict[tuple[type[APIView], str], Operation] = {
    (views.SessionList, "post"): Operation(
        id="open_session",
        summary=_("Open the editor"),
        request=ours.SessionRequestSerializer,
        answers={201: Session},
        codes=INPUT | SERVICE | {"consent_required", "needs_api", "not_found", "throttled"},
    ),
    (views.AvatarList, "get"): Operation(
        id="list_avatars",
        summary=_("List avatars"),
        parameters=PAGES,
        answers={200: AvatarPage},
        codes={"not_found"},
    ),
    (views.AvatarList, "post"): Operation(
        id="create_avatar",
        summary=_("Make an avatar from photos"),
        request={FORM: PhotosSerializer},
        answers={201: ours.AvatarSerializer},
        codes=INPUT
        | SERVICE
        | {"consent_required", "needs_api", "not_found", "photos_refused", "throttled"},
    ),
    (views.AvatarDetail, "get"): Operation(
        id="get_avatar",
        summary=_("Show an avatar"),
        answers={200: ours.AvatarSerializer},
        codes={"not_found"},
    ),
    (views.AvatarDetail, "patch"): Operation(
        id="activate_avatar",
        summary=_("Make an avatar the active one"),
        request=dict.fromkeys((JSON, FORM, QUERY), ACTIVATE),
        answers={200: ours.AvatarSerializer},
        codes=INPUT | {"not_found"},
    ),
    (views.AvatarDetail, "delete"): Operation(
        id="delete_avatar",
        summary=_("Delete an avatar"),
        answers={204: None},
        codes={"not_found"},
    ),
    (CustomizationDetail, "get"): Operation(
        id="get_customization",
        summary=_("Show what an avatar wears"),
        answers={200: CustomizationSerializer},
        codes=SERVICE | {"needs_api", "not_found", "not_ready"},
    ),
    (CustomizationDetail, "put"): Operation(
        id="set_customization",
        summary=_("Change what an avatar wears"),
        request={JSON: CustomizationSerializer},
        answers={200: CustomizationSerializer},
        codes=INPUT
        | SERVICE
        | {"asset_conflict", "asset_gone", "needs_api", "not_found", "not_ready", "throttled"},
    ),
    (views.ExportList, "post"): Operation(
        id="record_export",
        summary=_("Record an export of the editor"),
        request={JSON: ExportJSON, FORM: ours.ExportSerializer, QUERY: ExportJSON},
        answers={201: ours.AvatarSerializer},
        codes=INPUT
        | SERVICE
        | {"consent_required", "face_animations_required", "file_refused", "link_refused"}
        | {"not_found", "throttled"},
    ),
    (views.RenderList, "post"): Operation(
        id="order_portrait",
        summary=_("Order a portrait, or send one"),
        request={JSON: RenderJSON, FORM: ours.RenderSerializer, QUERY: RenderJSON},
        answers={
            201: OpenApiResponse(ours.AvatarSerializer, _("The picture that was sent is kept.")),
            202: OpenApiResponse(ours.AvatarSerializer, _("The picture is awaited.")),
        },
        codes=INPUT | {"not_found", "picture_invalid", "picture_not_wanted", "throttled"},
    ),
    (views.ProfileDetail, "get"): Operation(
        id="get_profile",
        summary=_("Show all that the site knows"),
        answers={200: ours.ProfileSerializer},
    ),
    (views.ProfileDetail, "delete"): Operation(
        id="erase",
        summary=_("Erase everything"),
        answers={204: None},
    ),
}


class View(OpenApiViewExtension):
    """A view with its operations described."""

    def view_replacement(self) -> type[APIView]:
        """A subclass that only drf-spectacular sees; a model gives the address its ``{id}``."""
        told = {"__doc__": self.target.__doc__, "queryset": Avatar.objects.none()}
        if settings.ALLOW_GUESTS:
            told["permission_classes"] = (permissions.AllowAny,)
        view = type(self.target.__name__, (self.target,), told)
        annotations = {
            method: operation.annotation()
            for (target, method), operation in OPERATIONS.items()
            if target is self.target
        }
        return extend_schema_view(**annotations)(view)


for _view in dict.fromkeys(view for view, _method in OPERATIONS):
    type(f"{_view.__name__}Extension", (View,), {"target_class": _view})
