"""Portraits: drawn by Avaturn, or taken by the owner's browser."""

from __future__ import annotations

import io
import warnings
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from django_avaturn import jobs, services
from django_avaturn.exceptions import PictureInvalid, PictureNotWanted
from django_avaturn.hooks import AvaturnHooks
from django_avaturn.models import Avatar, AvatarFile, FileDeletion, Job
from django_avaturn.services import pictures

pytestmark = pytest.mark.django_db(transaction=True)


def picture(format: str = "PNG", size: tuple[int, int] = (600, 800), **options) -> bytes:
    """A red face at the top, green below."""
    image = Image.new("RGB", size, "green")
    ImageDraw.Draw(image).rectangle((0, 0, size[0], size[1] // 4), fill="red")
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


@pytest.fixture
def avatar(ann, sandbox) -> Avatar:
    """With its model in the storage, and a portrait that is wanted."""
    avatar_id = UUID(sandbox.add_avatar(services.get_profile(ann).avaturn_id))
    services.record_export(ann, avatar_id, {})
    jobs.run_due(AvatarFile)
    return Avatar.objects.get(pk=avatar_id)


def upload(avatar, data=None, version=None):
    data = picture() if data is None else data
    return services.store_portrait(avatar, io.BytesIO(data), version or avatar.model.version)


def opened(field) -> Image.Image:
    with field.open() as file:
        image = Image.open(io.BytesIO(file.read()))
        image.load()
    return image


def test_without_webhook_the_row_says_who_takes_the_picture(avatar, sandbox):
    row = avatar.portrait
    assert row.awaits_browser
    assert (row.state, row.due_at) == (Job.State.PENDING, None)
    assert "WEBHOOK_SECRETS" in row.error
    assert sandbox.count("createRender") == 0


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_picture_is_stored_square_in_two_sizes(avatar, format):
    row = upload(avatar, picture(format))
    assert (row.state, row.awaits_browser) == (Job.State.READY, False)
    large, small = opened(row.file), opened(row.thumbnail)
    assert (large.format, large.size, small.size) == ("WEBP", (512, 512), (128, 128))
    assert large.convert("RGB").getpixel((256, 5))[0] > 200  # the face is kept, not the feet
    assert not FileDeletion.objects.exists()


def test_what_is_in_the_file_besides_pixels_is_dropped(avatar):
    exif = Image.Exif()
    exif[0x010E] = "HOME ADDRESS"
    row = upload(avatar, picture("JPEG", exif=exif) + b"<script>alert(1)</script>")
    with row.file.open() as file:
        data = file.read()
    assert b"HOME ADDRESS" not in data
    assert b"<script" not in data


def test_turned_picture_is_turned_upright(avatar):
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    row = upload(avatar, picture("JPEG", exif=exif))
    assert opened(row.file).convert("RGB").getpixel((256, 5))[1] > 100


def test_small_picture_is_not_blown_up(avatar):
    assert opened(upload(avatar, picture(size=(64, 64))).file).size == (64, 64)


BOMB = picture("PNG", size=(4200, 4200))


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a", b"<svg/>", picture()[:300], BOMB, picture("GIF"), b"\0" * pictures.MAX_BYTES],
    ids=["empty", "text", "svg", "truncated", "pixels", "gif", "zeros"],
)
def test_what_is_no_picture_changes_nothing(avatar, data):
    with warnings.catch_warnings(), pytest.raises(PictureInvalid):
        warnings.simplefilter("error")
        upload(avatar, data)
    row = AvatarFile.objects.get(kind="portrait")
    assert (row.state, row.file.name) == (Job.State.PENDING, "")
    assert not FileDeletion.objects.exists()


def test_only_a_wanted_picture_is_taken(avatar):
    upload(avatar)
    with pytest.raises(PictureNotWanted):
        upload(Avatar.objects.get())


def test_picture_of_an_older_model_is_refused(avatar):
    with pytest.raises(PictureNotWanted):
        upload(avatar, version="0123456789ab")


def test_edited_avatar_wants_a_new_picture_and_shows_the_old_one_meanwhile(ann, avatar):
    old = upload(avatar).file.name
    services.record_export(ann, avatar.pk, {})
    row = AvatarFile.objects.get(kind="portrait")
    assert row.awaits_browser
    assert row.file.name == old
    new = upload(Avatar.objects.get())
    assert new.pk == row.pk
    assert new.file.name != old
    assert not row.file.storage.exists(old)


@pytest.mark.parametrize("ask", [services.request_files, services.request_portrait])
def test_nothing_is_asked_for_once_the_avatar_is_deleted(avatar, ask):
    """Somebody else's request was quicker."""
    Avatar.objects.get().delete()
    with pytest.raises(Avatar.DoesNotExist, match="deleted"):
        ask(avatar)
    assert not AvatarFile.objects.exists()


def test_picture_comes_too_late_for_a_deleted_avatar(avatar):
    AvatarFile.objects.filter(kind="portrait").update(state=Job.State.FAILED)
    stale = Avatar.objects.prefetch_related("files").get()
    Avatar.objects.get().delete()
    upload(stale)
    assert not AvatarFile.objects.exists()
    assert not FileDeletion.objects.exists()


def test_picture_replaces_one_that_failed(avatar):
    failed = {"state": Job.State.FAILED, "attempts": 5, "error": "No luck."}
    AvatarFile.objects.filter(kind="portrait").update(**failed)
    row = upload(Avatar.objects.get())
    assert (row.state, row.error, bool(row.file)) == (Job.State.READY, "", True)


def test_without_pillow_the_message_says_what_to_install(avatar, monkeypatch):
    monkeypatch.setattr(pictures, "Image", None)
    with pytest.raises(PictureInvalid, match=r"django-avaturn\[portraits\]"):
        upload(avatar)


def test_rest_upload(as_ann, avatar):
    path = f"/avatar/avatars/{avatar.pk}/renders/"
    image = SimpleUploadedFile("p.png", picture(), "image/png")
    answer = as_ann.post(path, {"image": image, "version": avatar.model.version})
    assert answer.status_code == 201
    told = answer.json()["portrait"]
    assert (told["state"], told["wanted"]) == ("ready", False)
    assert told["url"].startswith("/media/") or told["url"]
    assert told["thumbnail"] != told["url"]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"image": b"nonsense", "version": None}, 400, "picture_invalid"),
        ({"image": None, "version": "0123456789ab"}, 409, "picture_not_wanted"),
        ({"image": None}, 400, "invalid"),
        ({"scene": "../../etc"}, 400, "invalid"),
        ({"format": "gif"}, 400, "invalid"),
    ],
)
def test_rest_refusals(as_ann, avatar, fields, status, code):
    if "image" in fields:
        fields["image"] = SimpleUploadedFile("p.png", fields["image"] or picture())
    if "version" in fields:
        fields["version"] = fields["version"] or avatar.model.version
    answer = as_ann.post(f"/avatar/avatars/{avatar.pk}/renders/", fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_version_without_a_picture_is_an_order(as_ann, avatar):
    fields = {"version": "x", "scene": "common/preview"}
    answer = as_ann.post(f"/avatar/avatars/{avatar.pk}/renders/", fields)
    assert answer.status_code == 202
    assert avatar.files.filter(kind="portrait", scene="common/preview").exists()


def test_rest_is_for_the_owner(client, bob, avatar):
    client.force_login(bob)
    for data in ({}, {"image": SimpleUploadedFile("p.png", picture()), "version": "x"}):
        answer = client.post(f"/avatar/avatars/{avatar.pk}/renders/", data)
        assert answer.status_code == 404


@pytest.fixture
def drawn(sandbox, configure):
    """Avaturn draws the pictures, plain ones, and has a webhook to bring them."""
    configure(WEBHOOK_SECRETS=["tests-own-webhook-secret"])
    sandbox.plain_pictures = True


def test_picture_that_avaturn_has_at_once_needs_no_webhook(drawn, avatar, sandbox):
    sandbox.at_once = True
    sandbox.calls.clear()  # of the picture that a webhook was to bring
    avatar.portrait.restart()
    row = Avatar.objects.get().portrait
    assert (row.state, row.attempts, sandbox.count("createRender")) == (Job.State.READY, 1, 1)
    assert opened(row.file).size == (64, 64)


def test_picture_that_fails_at_once_is_not_waited_for(drawn, avatar, sandbox):
    sandbox.at_once, sandbox.fail_renders = True, 1
    sandbox.calls.clear()
    avatar.portrait.restart()
    row = Avatar.objects.get().portrait
    assert (row.state, row.error) == (Job.State.PENDING, "Avaturn could not draw the picture.")
    jobs.run_due(AvatarFile)
    row.refresh_from_db()
    assert (row.state, row.attempts, sandbox.count("createRender")) == (Job.State.READY, 2, 2)


@pytest.mark.parametrize("named", ["own/one", ("own/one",)])
def test_a_hook_may_name_one_scene_as_text(named, drawn, avatar, configure, monkeypatch):
    monkeypatch.setattr(AvaturnHooks, "portrait_scenes", lambda self, avatar: named)
    services.request_files(avatar)
    assert [row.scene for row in avatar.files.filter(kind="portrait")] == ["own/one"]
