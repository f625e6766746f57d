"""What people send to the REST API: taken, or told what is wrong in words that can be sent."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ErrorDetail

from django_avaturn.client.types import SESSION_TYPES
from django_avaturn.rest import serializers
from django_avaturn.rest.photos import PARTS, PhotosSerializer
from django_avaturn.rest.views import AsciiRenderer

from .inputs import ANY_TEXT, JSON, UUIDS, objects, tries

AVATAR = UUID("01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e")
FIELDS = {
    "type": st.sampled_from(SESSION_TYPES),
    "avatar_id": UUIDS,
    "start_over": st.booleans(),
    "avatarId": st.just(str(AVATAR)),
    "urlType": st.sampled_from(["httpURL", "dataURL"]),
    "gender": st.sampled_from(["female", "male"]),
    "format": st.sampled_from(["jpg", "png", "webp"]),
    "scene": st.just("common/preview"),
    "active": st.booleans(),
    "body-type": st.sampled_from(["female", "male"]),
    **{name: st.builds(lambda: SimpleUploadedFile("a.jpg", b"x")) for name in PARTS.values()},
}
TAKE = [
    serializers.SessionRequestSerializer,
    serializers.ExportSerializer,
    serializers.RenderSerializer,
    serializers.ActivateSerializer,
    PhotosSerializer,
]


@pytest.mark.parametrize("serializer", TAKE, ids=lambda serializer: serializer.__name__)
@tries(80)
@given(bodies=st.data())
def test_input(serializer, bodies):
    names = sorted(serializer().fields.keys() & FIELDS.keys())
    fields = {name: FIELDS[name] for name in names}
    body = bodies.draw(objects(fields) | objects(fields, ANY_TEXT) | JSON)
    form = serializer(data=body, context={"avatar_id": AVATAR})
    taken = form.is_valid()
    assert taken is not bool(form.errors)
    AsciiRenderer().render(form.errors)
    assert all(isinstance(text, ErrorDetail) for text in _leaves(form.errors))
    if taken:
        for name in ("order", "model", "told"):
            assert isinstance(getattr(form, name, {}), dict)


def _leaves(errors):
    for told in errors.values() if isinstance(errors, dict) else errors:
        yield from _leaves(told) if isinstance(told, dict | list) else [told]
