"""Somebody else's avatar: on no route, by no way of naming it, for nobody."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from django_avaturn import urls
from tests.attacks.conftest import snapshot, told
from tests.attacks.routes import OWN, REFUSED

KINDS = ["user", "visitor", "superuser", "inactive", "anonymous"]
SOMEBODY = KINDS[:3]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_named_avatar_is_not_there(attacker, theirs, sandbox, case, kind):
    client = attacker(kind)
    before = snapshot()
    answer = case.send(client, theirs.pk)
    if kind in SOMEBODY:
        assert answer.status_code == 404
    else:
        assert answer.status_code in (302, 401, 403)  # the gallery asks to log in
        assert "/login/" in answer.get("Location", "/login/")
    assert not sandbox.calls
    assert snapshot() == before
    # No more than for an avatar that exists nowhere.
    assert told(case.send(client, uuid4())) == told(answer)
    assert snapshot()["avatar"] == before["avatar"]


@pytest.mark.parametrize("kind", ["user", "visitor", "anonymous"])
@pytest.mark.parametrize("case", OWN, ids=str)
def test_what_is_named_besides_is_not_heeded(attacker, theirs, sandbox, case, kind):
    client = attacker(kind)
    before = snapshot()
    answer = case.send(client, theirs.pk)
    assert answer.status_code < 500
    assert (answer.status_code in (302, 401, 403)) == (kind not in SOMEBODY)
    content = answer.content.decode()
    assert theirs.model.file.name not in content
    if case.route != "gallery":  # its page carries its own address
        assert str(theirs.pk) not in content
    assert "ANNS-REMOTE-USER" not in str(sandbox.calls)
    assert str(theirs.pk) not in str(sandbox.calls)
    after = snapshot()
    assert after["avatar"] == before["avatar"]
    assert after["avatarfile"] == before["avatarfile"]
    assert before["avaturnprofile"][0] in after["avaturnprofile"]
    assert "ANNS-REMOTE-USER" not in str(after["remotedeletion"])


def test_every_route_and_method_has_a_case():
    tried = {(case.route, case.method) for case in REFUSED + OWN}
    for pattern in urls.urlpatterns:
        view = getattr(pattern.callback, "view_class", None)
        methods = ("get", "post", "put", "patch", "delete")
        there = [method for method in methods if view and hasattr(view, method)]
        if pattern.name == "gallery":
            there = ["get", "head", "post"]
        if pattern.name != "webhook":  # see test_webhooks.py
            assert there
        assert {(pattern.name, method) for method in there} <= tried


@pytest.mark.parametrize("odd", ["not-a-uuid", "%00", "..%2f..%2fadmin", "%0d%0aX: y", "1" * 400])
def test_ids_that_are_none(as_ann, theirs, odd):
    for end in ("", "customization/", "exports/", "renders/"):
        assert as_ann.get(f"/avatar/avatars/{odd}/{end}").status_code == 404


def test_own_avatar_is_there(ann, theirs):
    """The cases above would not fail where nothing works at all."""
    client = Client()
    client.force_login(ann)
    answers = [REFUSED[number].send(client, theirs.pk).status_code for number in (0, 3, 15, 21)]
    assert answers == [200, 200, 202, 302]
