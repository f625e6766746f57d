"""The views: parse, call one service, answer. Own avatars only; another's is a 404."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.decorators import method_decorator
from rest_framework import status
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from .. import services, tasks
from ..access import is_own, may_see
from ..models import Avatar, AvaturnProfile
from . import serializers
from .errors import exception_handler
from .throttling import ExportThrottle, RenderThrottle, SessionThrottle


class JSONNegotiation(DefaultContentNegotiation):
    """There is but one way to answer."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        """JSON, whatever the ``Accept`` header says."""
        return renderers[0], renderers[0].media_type


class AvaturnView(APIView):
    """What all views share: JSON only, signed-in users only, nothing kept by any cache.

    Authentication is the site's own (``DEFAULT_AUTHENTICATION_CLASSES``).
    """

    permission_classes = (IsAuthenticated,)
    parser_classes = (JSONParser, FormParser, MultiPartParser)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = JSONNegotiation

    def get_exception_handler(self) -> Callable[..., Response | None]:
        """Our own error format, whatever the site's is."""
        return exception_handler

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Links and personal data are not for caches."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    @property
    def user(self) -> AbstractBaseUser:
        """The signed-in user; ``permission_classes`` lets nobody else in."""
        return cast("AbstractBaseUser", self.request.user)

    def own_avatars(self) -> QuerySet[Avatar]:
        """The avatars of the signed-in user."""
        own = Avatar.objects.filter(profile__user=self.user.pk)
        return own.select_related("profile").prefetch_related("files")

    def own_avatar(self, pk: UUID) -> Avatar:
        """One of them, or 404."""
        return self.own_avatars().get(pk=pk)

    def show(self, pk: UUID, status_code: int = status.HTTP_200_OK) -> Response:
        """One of them as it stands now."""
        return Response(serializers.AvatarSerializer(self.own_avatar(pk)).data, status_code)


# Where it asks Avaturn, a view must not hold a transaction open meanwhile.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class SessionList(AvaturnView):
    """``POST {type?, avatar_id?}``: 201 with ``{id, url, type}``."""

    throttle_classes = (SessionThrottle,)

    def post(self, request: Request) -> Response:
        """Open the editor."""
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


class AvatarList(AvaturnView):
    """``GET``: the user's avatars, newest first, in pages."""

    def get(self, request: Request) -> Response:
        """List them."""
        pages = AvatarPagination()
        page = pages.paginate_queryset(self.own_avatars(), request, view=self)
        return pages.get_paginated_response(serializers.AvatarSerializer(page, many=True).data)


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class AvatarDetail(AvaturnView):
    """``GET``, ``PATCH {"active": true}`` and ``DELETE`` of one avatar."""

    def get(self, request: Request, pk: UUID) -> Response:
        """Show it: to its owner, and to whom the hook ``may_view`` allows."""
        avatar = Avatar.objects.select_related("profile").prefetch_related("files").get(pk=pk)
        if not may_see(self.user, avatar):
            raise Http404
        if is_own(self.user, avatar.profile.user_id) and tasks.try_due(avatar.files.all()):
            return self.show(pk)
        return Response(serializers.AvatarSerializer(avatar).data)

    def patch(self, request: Request, pk: UUID) -> Response:
        """Make it the active one."""
        avatar = self.own_avatar(pk)
        serializers.ActivateSerializer(data=request.data).is_valid(raise_exception=True)
        services.activate_avatar(avatar)
        return Response(serializers.AvatarSerializer(avatar).data)

    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete it, here and at Avaturn."""
        services.delete_avatar(self.own_avatar(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class ExportList(AvaturnView):
    """``POST``: the editor said "export"; 201 with the avatar as it now stands."""

    throttle_classes = (ExportThrottle,)

    def post(self, request: Request, pk: UUID) -> Response:
        """Record it, once Avaturn has confirmed that the avatar is this user's."""
        announced = serializers.ExportSerializer(data=request.data, context={"avatar_id": pk})
        announced.is_valid(raise_exception=True)
        services.record_export(self.user, pk, announced.told)
        return self.show(pk, status.HTTP_201_CREATED)


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class RenderList(AvaturnView):
    """``POST``: order a portrait, or send the one that the owner's browser has taken."""

    throttle_classes = (RenderThrottle,)

    def post(self, request: Request, pk: UUID) -> Response:
        """202 with the avatar while the picture is awaited, 201 with a picture that was sent."""
        avatar = self.own_avatar(pk)
        wanted = serializers.RenderSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        if "image" in data:
            services.store_portrait(avatar, data["image"], data["version"])
            return self.show(pk, status.HTTP_201_CREATED)
        services.request_portrait(avatar, **data)
        return self.show(pk, status.HTTP_202_ACCEPTED)


NO_PROFILE: dict[str, Any] = {
    "linked": False,
    "avaturn_id": None,
    "active_avatar": None,
    "avatars": [],
    "created_at": None,
    "synced_at": None,
}


class ProfileDetail(AvaturnView):
    """``GET``: what the site knows of the user; ``DELETE``: erase it, here and at Avaturn."""

    def get(self, request: Request) -> Response:
        """Show it; an empty profile where there is none yet."""
        profiles = AvaturnProfile.objects.prefetch_related("avatars__files")
        profile = profiles.filter(user=self.user.pk).first()
        return Response(serializers.ProfileSerializer(profile).data if profile else NO_PROFILE)

    def delete(self, request: Request) -> Response:
        """Erase it all."""
        services.erase(self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
