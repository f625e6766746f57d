"""The schema of our own REST API, and who asks."""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, override_settings
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

import django_avaturn.rest.openapi  # noqa: F401  # as the app does where drf_spectacular is installed
from django_avaturn import services
from django_avaturn.models import Avatar
from tests.photographs import photo

FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
PHOTOS = {
    f"image-{name}": photo(seed, size=(64, 64))
    for seed, name in enumerate(("frontal", "side-1", "side-2"))
}


def described() -> dict[str, Any]:
    """The schema as a host project would publish it."""
    with override_settings(REST_FRAMEWORK=FRAMEWORK):
        told = SchemaGenerator().get_schema(request=None, public=True)
        return json.loads(OpenApiJsonRenderer().render(told))


def schema_of_the_site() -> Any:
    """The same for schemathesis, which asks the site within this process."""
    told = described()
    for operations in told["paths"].values():
        for operation in operations.values():
            del operation["security"]  # or it would send cookies of its own making
    schema = schemathesis.openapi.from_dict(told)
    schema.app = WSGIHandler()
    schema.config.update(base_url="http://testserver")
    return schema


def credentials(client: Client) -> dict[str, Any]:
    """What a browser sends with each request: its cookies, and the CSRF token."""
    client.get("/view/?editor=1")  # a page that sets the token's cookie
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    return {"cookies": cookies, "headers": {"X-CSRFToken": cookies["csrftoken"]}}


def ready_avatar(owner: Any, sandbox: Any) -> Avatar:
    """One that is there, whatever the call before has deleted."""
    found = Avatar.objects.of(owner).filter(gone_at=None).first()
    if found is None:
        profile = services.get_profile(owner)
        sandbox.add_avatar(profile.avaturn_id)
        services.sync_profile(profile)
        found = Avatar.objects.of(owner).filter(gone_at=None).get()
    return found


def aim(case: Any, avatar: Avatar) -> None:
    """Have the call speak of what exists: the avatar, and photos that can be used."""
    if "id" in case.path_parameters:
        case.path_parameters["id"] = str(avatar.pk)
    body = case.body if isinstance(case.body, dict) else {}
    for name in ("avatarId", "avatar_id"):
        if body.get(name):
            body[name] = str(avatar.pk)
    body.update({name: PHOTOS[name] for name in PHOTOS if name in body})
