"""What the tests of customisations share: a look, and how it is sent."""

from __future__ import annotations

import json

from django.urls import reverse

from django_avaturn.models import Avatar

JSON = "application/json"
HOODIE = "018ee7a6-7b80-7c07-a9fa-d0a07bd40001"
HAIR = "018ee7a6-7b80-7c07-a9fa-d0a07bd40002"
GLASSES = "018ee7a6-7b80-7c07-a9fa-d0a07bd40003"
BOOTS = "018ee7a6-7b80-7c07-a9fa-d0a07bd40018"
LOOK = {
    "assets": {
        "clothing": {"id": HOODIE},
        "hair_and_headwear": {"id": HAIR, "color": "#6d4539"},
        "eyewear": {"id": GLASSES, "color": "#22222280"},
        "footwear": {"id": BOOTS},
    },
    "body": "body_1",
    "age": "adult",
    "metadata": {"season": "spring"},
    "bone_scale": {"head": -100, "arms": 1.5, "chest": 100},
    "skin_tone_correction": 50,
}


def path(avatar) -> str:
    return reverse("avaturn:avatar-customization", args=[avatar.pk])


def put(client, avatar, body=LOOK, **options):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.put(path(avatar), body, **{"content_type": JSON, **options})


def remote(sandbox, avatar):
    return sandbox.users[avatar.avaturn_id].avatars[str(avatar.pk)].customization


def state(sandbox, avatar):
    """All that a change leaves, there and here."""
    row = Avatar.objects.filter(pk=avatar.pk).values().get()
    return row, avatar.files.count(), remote(sandbox, avatar)
