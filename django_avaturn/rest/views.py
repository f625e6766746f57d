"""The views: parse, call one service, answer. Own avatars only; another's is a 404."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.decorators import method_decorator
from rest_framework import status
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from .. import services, tasks
from ..access import may_see
from ..conf import settings
from ..guests import owner_of
from ..models import Avatar, AvaturnProfile
from ..services import pictures
from ..transactions import outside_transactions
from . import photos, serializers
from .bodies import FORM_EXTRA, check_body
from .errors import exception_handler
from .permissions import MayHaveAvatars
from .throttling import ExportThrottle, RenderThrottle, SessionThrottle

if TYPE_CHECKING:
    from ..models.owners import Owner


class JSONNegotiation(DefaultContentNegotiation):
    """There is but one way to answer."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        """JSON, whatever the ``Accept`` header says."""
        return renderers[0], renderers[0].media_type


class AsciiRenderer(JSONRenderer):
    """An error may tell back what was sent, and half a character could not be encoded."""

    ensure_ascii = True


class AvaturnView(APIView):
    """What all views share: JSON only, own avatars only, nothing kept by any cache.

    Authentication is the site's own (``DEFAULT_AUTHENTICATION_CLASSES``); visitors are let in
    where the site does.
    """

    permission_classes = (MayHaveAvatars,)
    parser_classes = (JSONParser, FormParser, MultiPartParser)
    renderer_classes = (AsciiRenderer,)
    content_negotiation_class = JSONNegotiation
    versioning_class = None  # the site's versions are of its own API

    def get_exception_handler(self) -> Callable[..., Response | None]:
        """Our own error format, whatever the site's is."""
        return exception_handler

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Links and personal data are not for caches, and JSON is not to be taken for a page."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response

    makes_guests = False
    """Whether a visitor may begin here; elsewhere only one who has begun is let in."""

    @property
    def max_form(self) -> int | None:
        """Bytes that a form with files may have; None where there are no files to send."""
        return None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is not to be read, before anything else."""
        check_body(request, self.max_form)
        super().initial(request, *args, **kwargs)

    @property
    def user(self) -> Owner:
        """The user or visitor; ``permission_classes`` lets nobody else in."""
        return cast("Owner", owner_of(self.request, make=self.makes_guests))

    def own_avatars(self) -> QuerySet[Avatar]:
        """Their avatars."""
        own = Avatar.objects.of(self.user)
        return own.select_related("profile").prefetch_related("files")

    def own_avatar(self, pk: UUID) -> Avatar:
        """One of them, or 404."""
        return self.own_avatars().get(pk=pk)

    def show(self, pk: UUID, status_code: int = status.HTTP_200_OK) -> Response:
        """One of them as it stands now."""
        return Response(serializers.AvatarSerializer(self.own_avatar(pk)).data, status_code)


# Where it asks Avaturn, a view must not hold a transaction open meanwhile.
@method_decorator(outside_transactions, name="dispatch")
class SessionList(AvaturnView):
    """``POST {type?, avatar_id?, start_over?, consent?}``: 201 with ``{id, url, type}``."""

    throttle_classes = (SessionThrottle,)
    makes_guests = True

    def post(self, request: Request) -> Response:
        """Open the editor, by a link that is made for this one visit."""
        wanted = serializers.SessionRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        session = services.open_session(self.user, **wanted.validated_data)
        answer = {"id": session.id, "url": session.url, "type": session.type}
        return Response(answer, status.HTTP_201_CREATED)


class AvatarPagination(PageNumberPagination):
    """50 a page, ``?page=2``; at most 200 with ``?page_size=``."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


@method_decorator(outside_transactions, name="dispatch")
class AvatarList(AvaturnView):
    """``GET``: the user's avatars, newest first, in pages; ``POST``: make one from three photos.

    ``OPTIONS`` describes the parts of the form.
    """

    metadata_class = photos.PhotosMetadata
    max_form = photos.MAX_FORM  # pyright: ignore[reportAssignmentType]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Only ``POST`` lets a visitor begin, and it is counted."""
        if request.method == "POST":
            photos.check_length(request)
            self.makes_guests, self.throttle_classes = True, (photos.PhotosThrottle,)
        super().initial(request, *args, **kwargs)

    def get(self, request: Request) -> Response:
        """The avatars, newest first, in pages."""
        pages = AvatarPagination()
        page = pages.paginate_queryset(self.own_avatars(), request, view=self)
        return pages.get_paginated_response(serializers.AvatarSerializer(page, many=True).data)

    def post(self, request: Request) -> Response:
        """Hand the photos over to Avaturn: 201 with the avatar, which takes minutes to be made."""
        avatar = photos.create(self.user, request.data)
        return self.show(avatar.pk, status.HTTP_201_CREATED)


@method_decorator(outside_transactions, name="dispatch")
class AvatarDetail(AvaturnView):
    """``GET``, ``PATCH {"active": true}`` and ``DELETE`` of one avatar."""

    def get(self, request: Request, pk: UUID) -> Response:
        """One avatar, for its owner and for whom the site allows to see it."""
        avatar = Avatar.objects.select_related("profile").prefetch_related("files").get(pk=pk)
        if not may_see(self.user, avatar):
            raise Http404
        if avatar.profile.belongs_to(self.user) and self._moves_on(avatar):
            return self.show(pk)
        return Response(serializers.AvatarSerializer(avatar).data)

    def _moves_on(self, avatar: Avatar) -> bool:
        """Have done what is due: whoever asks is waiting for it."""
        return services.follow(avatar) or tasks.try_due(avatar.files.all())

    def patch(self, request: Request, pk: UUID) -> Response:
        """Make it the one that its owner shows."""
        avatar = self.own_avatar(pk)
        serializers.ActivateSerializer(data=request.data).is_valid(raise_exception=True)
        services.activate_avatar(avatar)
        return Response(serializers.AvatarSerializer(avatar).data)

    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete it, here and at Avaturn."""
        services.delete_avatar(self.own_avatar(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


@method_decorator(outside_transactions, name="dispatch")
class ExportList(AvaturnView):
    """``POST``: the editor said "export"; 201 with the avatar as it now stands."""

    throttle_classes = (ExportThrottle,)

    @property
    def max_form(self) -> int:
        """A model, and what is told of it."""
        return settings.MAX_MODEL_BYTES + FORM_EXTRA

    def post(self, request: Request, pk: UUID) -> Response:
        """Record an export, once Avaturn has confirmed that the avatar is this user's."""
        announced = serializers.ExportSerializer(data=request.data, context={"avatar_id": pk})
        announced.is_valid(raise_exception=True)
        services.record_export(self.user, pk, announced.told, **announced.model)
        return self.show(pk, status.HTTP_201_CREATED)


@method_decorator(outside_transactions, name="dispatch")
class RenderList(AvaturnView):
    """``POST``: order a portrait, or send the one that the owner's browser has taken."""

    throttle_classes = (RenderThrottle,)
    max_form = pictures.MAX_BYTES + FORM_EXTRA  # pyright: ignore[reportAssignmentType]

    def post(self, request: Request, pk: UUID) -> Response:
        """202 with the avatar while the picture is awaited, 201 with a picture that was sent."""
        avatar = self.own_avatar(pk)
        wanted = serializers.RenderSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        if "image" in data:
            services.store_portrait(avatar, data["image"], data["version"])
            return self.show(pk, status.HTTP_201_CREATED)
        services.request_portrait(avatar, **wanted.order)
        return self.show(pk, status.HTTP_202_ACCEPTED)


NO_PROFILE: dict[str, Any] = {
    "linked": False,
    "avaturn_id": None,
    "active_avatar": None,
    "avatars": [],
    "consent_version": "",
    "consented_at": None,
    "created_at": None,
    "synced_at": None,
}


class ProfileDetail(AvaturnView):
    """``GET``: what the site knows of the user; ``DELETE``: erase it, here and at Avaturn."""

    def get(self, request: Request) -> Response:
        """What the site knows of the user: an empty profile where there is none yet."""
        profiles = AvaturnProfile.objects.prefetch_related("avatars__files")
        profile = profiles.of(self.user).first()
        return Response(serializers.ProfileSerializer(profile).data if profile else NO_PROFILE)

    def delete(self, request: Request) -> Response:
        """Erase the profile and all avatars, here and at Avaturn."""
        services.erase(self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
