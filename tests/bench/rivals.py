"""What one would write by hand: plain views in the same site, behind the same login and CSRF."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import requests
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from django_avaturn.admin.avatars import AvatarAdmin
from django_avaturn.client.types import SESSION_TYPES
from django_avaturn.models import Avatar

from .models import Link, Message

Post = Callable[..., requests.Response]

shared = requests.Session()


@require_POST
@login_required
def constant(request: HttpRequest) -> JsonResponse:
    """The floor: a login is looked up, nothing else happens."""
    return JsonResponse({"id": 1, "url": "https://editor.example/", "type": "create"}, status=201)


@require_POST
@login_required
def naive(request: HttpRequest) -> JsonResponse:
    """A new connection for every call, as ``requests.post`` makes it."""
    return _open_session(request, requests.post)


@require_POST
@login_required
def pooled(request: HttpRequest) -> JsonResponse:
    """One session for the process, hence connections that are kept."""
    return _open_session(request, shared.post)


class RequestSerializer(serializers.Serializer[Any]):
    """What may be asked for."""

    type = serializers.ChoiceField(choices=SESSION_TYPES, default=SESSION_TYPES[0])


class Throttle(UserRateThrottle):
    """The app's own default."""

    rate = "60/hour"


class PooledView(APIView):
    """The same as ``pooled`` on a site that has REST framework: input checked, users throttled."""

    permission_classes = (IsAuthenticated,)
    renderer_classes = (JSONRenderer,)
    throttle_classes = (Throttle,)

    def post(self, request: Request) -> Response:
        """Open the editor."""
        wanted = RequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        return Response(open_link(request.user, wanted.validated_data["type"], shared.post), 201)


def _open_session(request: HttpRequest, post: Post) -> JsonResponse:
    kind = json.loads(request.body).get("type", SESSION_TYPES[0])
    return JsonResponse(open_link(request.user, kind, post), status=201)


def open_link(user: Any, kind: str, post: Post) -> dict[str, str]:
    """Make a session by means of ``post``, and before it a remote user where there is none."""
    link = Link.objects.filter(user=user.pk).first()
    if link is None:
        remote_id = _ask(post, "users/new")["id"]
        link = Link.objects.create(user_id=user.pk, remote_id=remote_id)
    body = {"user_id": link.remote_id, "config": {"type": kind}}
    session = _ask(post, "sessions/new", body)
    return {"id": session["id"], "url": session["url"], "type": kind}


def _ask(post: Post, path: str, body: object = None) -> Any:
    avaturn = settings.AVATURN
    headers = {"Authorization": f"Bearer {avaturn['API_TOKEN']}"}
    url = f"{avaturn['API_URL']}/api/v1/{path}"
    response = post(url, json=body, headers=headers, timeout=10)
    response.raise_for_status()
    return response.json()


@csrf_exempt
@require_POST
def one_insert(request: HttpRequest) -> HttpResponse:
    """The floor of a webhook: what came is kept, and nobody looks at it."""
    Message.objects.create(body=request.body.decode())
    return HttpResponse()


# Each of the lists has a site of its own: the menu beside a list grows with what is registered.
our_site = admin.AdminSite("ours")
our_site.register(Avatar, AvatarAdmin)

plain_site = admin.AdminSite("plain")


@admin.register(Avatar, site=plain_site)
class PlainAvatarAdmin(admin.ModelAdmin):
    """As many columns and filters of the same rows, with nothing but options of Django's own."""

    list_display = (
        "id", "profile", "status", "gone_at", "avaturn_id", "body_id", "gender",
        "supports_face_animations", "created_at", "updated_at",
    )  # fmt: skip
    list_display_links = ("id", "profile")
    list_filter = (
        "status", ("avaturn_id", EmptyFieldListFilter), ("gone_at", EmptyFieldListFilter), "gender",
        "supports_face_animations", "created_at",
    )  # fmt: skip
    list_select_related = ("profile__user",)  # the name of a profile is that of its user
    list_per_page = 50
    search_fields = ("profile__user__username",)
    show_full_result_count = False
