"""Script in every text that Avaturn or somebody else can choose, on every page that shows it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.contrib.auth import get_user_model
from django.template import engines
from django.test import Client

from django_avaturn.models import (
    Avatar,
    AvatarFile,
    AvaturnProfile,
    FileDeletion,
    RemoteDeletion,
    WebhookEvent,
)

pytestmark = pytest.mark.django_db

SHORT = '"><b on=1>'
TEXTS = {
    "a script": "<script>alert(1)</script>",
    "an attribute": "\" onerror='alert(1)' evil=\"",
    "the end of a tag": "'\"></a></option></textarea></script>",
    "a template": "{{ settings.SECRET_KEY }}{% debug %}",
    "entities": "&lt;script&gt;&#60;script&#62;",
    "an address": "javascript:alert(1)//",
    "control characters": "\x1b]0;x\x07\x1b[2J\x9b31m\r\n\t\x08",
    "from right to left": "\u202ex\u2066y\u200b",
}


def rows_with(text):
    """A user, and a row of each kind, that say so wherever a text fits."""
    user = get_user_model().objects.create_user(text[:150], f"{text[:50]}@example.com")
    profile = AvaturnProfile.objects.create(user=user, avaturn_id=text)
    avatar = Avatar.objects.create(
        profile=profile, avaturn_id=text, status=text[:32], gender=SHORT, body_id=text[:64]
    )
    AvaturnProfile.objects.filter(pk=profile.pk).update(active_avatar=avatar)
    later = {"due_at": "2999-01-01T00:00Z", "error": text}
    files = [AvatarFile(avatar=avatar, kind=kind, scene=text, format=SHORT[:8]) for kind in KINDS]
    for row in files:
        row.file = row.thumbnail = f"avaturn/{text}.glb"
    AvatarFile.objects.bulk_create(files)
    AvatarFile.objects.update(**later)
    told = {"event": text[:64], "payload": {text: text}, "digest": "d"}
    return {
        "avatar": avatar,
        "avaturnprofile": profile,
        "avatarfile": AvatarFile.objects.get(kind="model"),
        "remotedeletion": RemoteDeletion.objects.bulk_create(
            [RemoteDeletion(avaturn_id=text, avatar_id=avatar.pk, error=text, due_at=None)]
        )[0],
        "filedeletion": FileDeletion.objects.bulk_create(
            [FileDeletion(name=text, error=text, due_at=None)]
        )[0],
        "webhookevent": WebhookEvent.objects.bulk_create(
            [WebhookEvent(**told, error=text, due_at=None)]
        )[0],
    }


KINDS = ("model", "portrait")


class Page(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.script = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.script = tag == "script"
        self.found += [name for name, _ in attrs if name.startswith("on")]
        self.found += [name for name, _ in attrs if name == "evil"]
        links = [value or "" for name, value in attrs if name in ("href", "src", "action")]
        self.found += [link for link in links if link.startswith("javascript:")]
        self.found += ["<b>"] * (tag == "b")

    def handle_data(self, data):
        self.found += ["script"] * (self.script and "alert" in data)


def assert_clean(html):
    """Nothing of the texts has become markup."""
    assert Page(html).found == []
    assert "tests only" not in html  # the SECRET_KEY of the tests


@pytest.mark.parametrize("name", TEXTS)
def test_gallery_and_tags(name):
    text = TEXTS[name]
    avatar = rows_with(text)["avatar"]
    client = Client()
    client.force_login(avatar.profile.user)
    assert_clean(client.get("/avatar/", {"page": text, "x": text}).text)
    request = client.get("/avatar/").wsgi_request
    tags = (
        "avaturn_portrait user",
        "avaturn_viewer user class=text",
        "avaturn_viewer avatar",
        "avaturn_editor label=text class=text avatar=text default_assets=text",
        "avaturn_editor label=text class=text dialog=True",
        "avaturn_photo_form next=text class=text",
    )
    for tag in tags:
        source = "{% load avaturn %}{% " + tag + " %}"
        context = {"user": avatar.profile.user, "avatar": avatar, "text": text}
        try:
            html = engines["django"].from_string(source).render(context, request)
        except ValueError as error:  # no such id
            assert "default_assets" in tag, error
            continue
        assert_clean(html)
        assert "{{" not in html.replace("{{ settings.SECRET_KEY }}", "")


@pytest.mark.parametrize("name", TEXTS)
def test_admin(client, name):
    rows = rows_with(TEXTS[name])
    client.force_login(get_user_model().objects.create_superuser("boss"))
    for model, row in rows.items():
        base = f"/admin/django_avaturn/{model}/"
        for path in ("", f"{row.pk}/change/", f"{row.pk}/delete/", f"{row.pk}/history/"):
            answer = client.get(base + path, {"q": TEXTS[name]} if not path else None, follow=True)
            assert answer.status_code in (200, 403)
            assert_clean(answer.text)
        assert_clean(client.get(base).text)


@pytest.mark.parametrize("name", TEXTS)
def test_rest_is_json_and_nothing_else(name):
    text = TEXTS[name]
    avatar = rows_with(text)["avatar"]
    client = Client()
    client.force_login(avatar.profile.user)
    answers = [
        client.get(f"/avatar/avatars/{avatar.pk}/"),
        client.get("/avatar/avatars/", {"page_size": text}),
        client.get("/avatar/avatars/", {"page": text}),
        client.get("/avatar/profile/"),
        client.post("/avatar/sessions/", {"type": text, "avatar_id": text}),
        client.post(f"/avatar/avatars/{avatar.pk}/renders/", {"scene": text, "format": text}),
        client.post("/avatar/avatars/", {"body-type": text}),
        client.options("/avatar/avatars/"),
        Client().get("/avatar/profile/"),
    ]
    for answer in answers:
        assert answer.status_code < 500
        assert answer["Content-Type"] == "application/json"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "no-store"
        answer.json()
        assert answer.content.isascii()
        assert answer.content.decode().isprintable()


def test_gallery_answers_a_script_in_json(as_ann, theirs):
    data = {"avatar": str(theirs.pk), "action": "activate"}
    answer = as_ann.post("/avatar/", data, headers={"Accept": "application/json"})
    assert answer["Content-Type"] == "application/json"
    answer = as_ann.post("/avatar/", {"avatar": "x", "action": "<script>"})
    assert (answer.status_code, b"<script>" in answer.content) == (400, False)
