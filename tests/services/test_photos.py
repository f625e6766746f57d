"""Avatars from photos: what is refused and why, what goes out, what a failure leaves behind."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import connection
from PIL import Image, ImageCms

from django_avaturn import services
from django_avaturn.exceptions import AvaturnTimeout, AvaturnUnavailable, NeedsApi
from django_avaturn.hooks import AvaturnHooks
from django_avaturn.models import Avatar, AvaturnProfile, RemoteDeletion
from django_avaturn.services import photos
from django_avaturn.services.photos import PhotoInvalid, PhotosRefused, check_photo, create_avatar
from tests import photographs
from tests.photographs import photo, three

TELLTALES = [b"THE CAMERA", b"THE PLACE", b"THE COMMENT", b"THE XMP"]

REFUSED = {
    "empty": (b"", "is empty"),
    "text": (b"Dear Sir or Madam, " * 20, "not a photo"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a photo"),
    "gif": (photo(format="GIF"), "not a photo"),
    "movie": (b"\0\0\0\x18ftypisom" + bytes(300), "not a photo"),
    "heic": (photographs.heic(), "kind HEIC.* JPEG"),
    "heif": (photographs.heic("mif1"), "kind HEIC.* JPEG"),
    "avif": (photo(format="AVIF"), "kind AVIF.* JPEG"),
    "bytes": (photo() + bytes(photos.MAX_BYTES), "more than 15 MB"),
    "narrow": (photo(size=(63, 800)), "too small.* 64 pixels"),
    "flat": (photo(size=(800, 63)), "too small.* 64 pixels"),
    "jpeg pixels": (photographs.oversized(8000, 4001, "JPEG"), "32 megapixels"),
    "png pixels": (photographs.oversized(4000, 4001), "16 megapixels"),
    "bomb": (photographs.oversized(60_000, 60_000), "32 megapixels"),
    "jpeg half": (photo()[:-400], "damaged"),
    "jpeg head": (photo()[:30], "not a photo|damaged"),
    "png half": (photo(format="PNG")[:-400], "damaged"),
    "png without its end": (photo(format="PNG")[:-12], "damaged"),
    "webp half": (photo(format="WEBP")[:-400], "damaged"),
    "jpeg turned": (photographs.turned(6), "stored turned"),
    "jpeg mirrored": (photographs.turned(2), "stored turned"),
    "png turned": (photographs.turned(3, format="PNG"), "stored turned"),
    "webp turned": (photographs.turned(8, format="WEBP"), "stored turned"),
    "jpeg and more": (photo() + photographs.TRAILER, "more than a picture"),
    "progressive and more": (photo(progressive=True) + b"\0", "more than a picture"),
    "png and more": (photo(format="PNG") + photographs.TRAILER, "more than a picture"),
    "webp and more": (photo(format="WEBP") + photographs.TRAILER, "more than a picture"),
    "two jpegs": (photo() + photo(1), "more than a picture"),
    "moving png": (photographs.animated("PNG"), "moves"),
    "moving webp": (photographs.animated("WEBP"), "moves"),
    "many scans": (photo(progressive=True)[:-2] * 40, "damaged"),
    "many segments": (photo()[:2] + b"\xff\xfe\0\2" * 70_000 + photo()[2:], "damaged"),
}


class NotBob(AvaturnHooks):
    """Keeps Bob out."""

    def may_open_session(self, user):
        return user.get_username() != "bob"


def create(user, **changes):
    return create_avatar(user, **{**three(), "body_type": "female", **changes})


def remote(sandbox, avatar):
    return sandbox.users[avatar.avaturn_id].avatars


@pytest.mark.parametrize("data,text", REFUSED.values(), ids=REFUSED)
def test_refused(data, text):
    with pytest.raises(PhotoInvalid, match=text):
        check_photo(io.BytesIO(data))


@pytest.mark.parametrize(
    "data",
    [
        photo(),
        photo(progressive=True),
        photo(size=(64, 64)),
        photo(optimize=True, restart_marker_blocks=4),
        photo(exif=photographs.noted(1), comment=b"\xff\xd9 no end", dpi=(72, 72)),
        photo()[:2] + b"\xff\xff\xff" + photo()[3:],
    ],
    ids=["plain", "progressive", "smallest", "restarts", "metadata", "fill bytes"],
)
def test_pixels_of_a_jpeg_are_passed_on_as_they_came(data):
    file = SimpleUploadedFile("me.jpg", data)
    with check_photo(file) as made:
        passed_on = made.read()
    scans = data.index(b"\xff\xda")
    assert passed_on[passed_on.index(b"\xff\xda") :] == data[scans:]
    assert Image.open(io.BytesIO(passed_on)).tobytes() == Image.open(file).tobytes()
    assert not file.closed


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_other_pictures_become_jpeg(format, mode):
    image = photographs.face(0, (300, 400)).convert(mode)
    if mode == "RGBA":
        image.putalpha(0)
    source = io.BytesIO()
    image.save(source, format)
    with check_photo(source) as made:
        assert made is not source
        result = Image.open(made)
        result.load()
    assert (result.format, result.mode, result.size) == ("JPEG", "RGB", (300, 400))
    assert (min(result.getpixel((2, 2))) > 250) is (mode == "RGBA")  # nothing there is white
    assert not source.closed


def test_photo_on_disk_is_neither_read_whole_nor_decoded_whole():
    large = TemporaryUploadedFile("me.jpg", "image/jpeg", 0, None)
    photographs.face(0, (6400, 5000)).save(large, "JPEG", quality=95)
    tracemalloc.start()
    with check_photo(large) as made:
        assert made.seek(0, io.SEEK_END) == large.seek(0, io.SEEK_END)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 2**20
    large.close()


def test_place_and_camera_stay_here():
    exif = photographs.noted(1)
    exif[0x010F] = "THE CAMERA"
    exif.get_ifd(0x8825)[29] = "THE PLACE"  # of the GPS
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    told = {"exif": exif, "icc_profile": profile, "comment": b"THE COMMENT", "quality": 95}
    source = io.BytesIO(photo(xmp=b"THE XMP", **told))
    assert all(word in source.getvalue() for word in TELLTALES)
    with check_photo(source) as made:
        sent = made.read()
        assert not [word for word in (*TELLTALES, b"Exif") if word in sent]
    before, after = Image.open(source), Image.open(io.BytesIO(sent))
    assert after.tobytes() == before.tobytes()
    assert after.info["icc_profile"] == profile
    assert not source.closed


@pytest.mark.parametrize(("body_type", "telephoto"), [("female", True), ("male", False)])
def test_avatar_is_made(ann, sandbox, body_type, telephoto):
    sent = three()
    avatar = create(ann, **sent, body_type=body_type, telephoto=telephoto)
    assert avatar == Avatar.objects.of(ann).get()
    row = Avatar.objects.get()
    assert (row.status, row.gender, row.customized) == ("processing", body_type, False)
    assert row.avaturn_id == row.profile.avaturn_id
    [upload] = sandbox.uploads
    assert (upload.avatar_id, upload.body_type) == (str(avatar.pk), body_type)
    assert (upload.telephoto, upload.authorized) == (telephoto, False)
    for part, name in {"image-frontal": "frontal", "image-side-2": "side_2"}.items():
        assert upload.photos[part].sha256 == hashlib.sha256(sent[name].getvalue()).hexdigest()
    calls = [call.operation for call in sandbox.calls]
    assert calls == ["createUser", "createAvatar", "uploadPhotos"]


@pytest.mark.django_db(transaction=True)
def test_known_user_costs_two_calls(ann, sandbox, django_assert_num_queries):
    services.get_profile(ann)
    sandbox.calls.clear()
    with django_assert_num_queries(
        9
    ):  # the profile, the row under its lock (5), status there and back
        create(ann)
    assert len(sandbox.calls) == 2


@pytest.fixture
def between(monkeypatch):
    """Have something happen right after a call to Avaturn, in the thread that calls."""

    def between(**after):
        client = services.get_client()

        def call(name):
            def called(*args, **kwargs):
                answer = getattr(client, name)(*args, **kwargs)
                after.get(name, lambda: None)()
                return answer

            return called

        names = ("create_avatar", "upload_photos")
        fake = SimpleNamespace(**{name: call(name) for name in names})
        monkeypatch.setattr(photos, "get_client", lambda: fake)

    return between


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_avaturn_is_asked(ann, sandbox, between):
    seen = []

    def look():
        seen.append(connection.in_atomic_block)

    between(create_avatar=look, upload_photos=look)
    create(ann)
    assert seen == [False, False]


def test_png_goes_out_as_jpeg(ann, sandbox):
    create(ann, side_1=io.BytesIO(photo(7, "PNG")))
    sent = sandbox.uploads[0].photos["image-side-1"]
    assert (sent.filename, sent.content_type) == ("image-side-1.jpg", "image/jpeg")


def test_all_errors_are_told_together_and_nothing_is_asked(ann, sandbox):
    wrong = {"frontal": io.BytesIO(), "side_2": io.BytesIO(photographs.heic())}
    with pytest.raises(PhotoInvalid) as caught:
        create(ann, **wrong)
    assert caught.value.errors.keys() == {"frontal", "side_2"}
    assert "empty" in str(caught.value)
    assert "HEIC" in str(caught.value)
    assert not sandbox.calls
    assert not AvaturnProfile.objects.exists()


def test_same_picture_twice_is_refused(ann, sandbox):
    with pytest.raises(PhotoInvalid, match="three different") as caught:
        create(ann, side_2=io.BytesIO(photo(1)))  # that is the other side
    assert caught.value.errors.keys() == {"side_2"}
    assert not sandbox.calls


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 400}, PhotosRefused),
        ({"status": 413}, PhotosRefused),
        ({"status": 422}, PhotosRefused),
        ({"status": 404}, PhotosRefused),
        ({"status": 500}, AvaturnUnavailable),
        ({"drop": True}, AvaturnUnavailable),
        ({"latency": 3, "after": True}, AvaturnTimeout),
    ],
)
def test_failed_upload_leaves_nothing_behind(ann, sandbox, configure, caplog, fault, expected):
    caplog.set_level("DEBUG", "django_avaturn")
    configure(TIMEOUT=1)
    sandbox.fail_next("uploadPhotos", **fault)
    with pytest.raises(expected) as caught:
        create(ann)
    assert not Avatar.objects.exists()
    assert not sandbox.users[AvaturnProfile.objects.get().avaturn_id].avatars
    assert RemoteDeletion.objects.get().done_at
    assert "/uploads/" not in f"{caught.value!r} {caught.value} {caplog.text}"
    assert create(ann).status == "processing"


def test_failed_reservation_changes_nothing(ann, sandbox):
    sandbox.fail_next("createAvatar", status=500)
    with pytest.raises(AvaturnUnavailable):
        create(ann)
    assert not Avatar.objects.exists()
    assert sandbox.count("uploadPhotos") == 0


def test_sync_that_sees_the_avatar_first_does_no_harm(ann, sandbox, between):
    profile = services.get_profile(ann)
    between(create_avatar=lambda: services.sync_profile(profile))
    avatar = create(ann, body_type="male")
    row = Avatar.objects.get()
    assert row == avatar
    assert (row.status, row.gender, row.customized) == ("processing", "male", False)


@pytest.mark.django_db(transaction=True)
def test_user_who_is_erased_meanwhile(ann, sandbox, between):
    between(create_avatar=lambda: services.erase(ann))
    with pytest.raises(Avatar.DoesNotExist):
        create(ann)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keep", [False, True])
def test_user_who_starts_over_meanwhile(ann, sandbox, between, configure, keep):
    """The avatar was reserved for the remote user before, who goes, or keeps what was there."""
    configure(KEEP_FORMER=keep)
    profile = services.get_profile(ann)
    sandbox.add_avatar(profile.avaturn_id)
    services.sync_profile(profile)
    between(create_avatar=lambda: services.start_over(ann))
    with pytest.raises(Avatar.DoesNotExist, match="started over"):
        create(ann)
    services.sync_profile(AvaturnProfile.objects.get())
    there = [avatar for user in sandbox.users.values() for avatar in user.avatars]
    assert len(there) == keep
    assert {str(avatar.pk) for avatar in Avatar.objects.all()} == set(there)


def test_avatar_that_is_ready_at_once_stays_ready(ann, sandbox, between):
    between(upload_photos=lambda: Avatar.objects.update(status="ready"))  # as the webhook does
    assert create(ann).status == "ready"
    assert Avatar.objects.get().status == "ready"


def test_hook_decides(ann, bob, sandbox, configure):
    configure(HOOKS=f"{__name__}.NotBob")
    with pytest.raises(PermissionDenied):
        create(bob)
    assert not sandbox.calls
    assert create(ann)


def test_free_plan_and_unknown_body(ann, sandbox, configure):
    with pytest.raises(ValueError, match="body_type"):
        create(ann, body_type="other")
    configure(API_TOKEN="", PROJECT_URL="https://mine.avaturn.dev")
    with pytest.raises(NeedsApi):
        create(ann)
    assert not sandbox.calls


def test_without_pillow_the_site_is_told_what_to_install(ann, sandbox, monkeypatch):
    monkeypatch.setattr(photos, "Image", None)
    assert not photos.available()
    with pytest.raises(ImproperlyConfigured, match=r"django-avaturn\[portraits\]"):
        create(ann)
    assert not sandbox.calls


@pytest.mark.django_db(transaction=True)
def test_async_twin(ann, sandbox):
    avatar = async_to_sync(services.acreate_avatar)(ann, **three(), body_type="female")
    assert Avatar.objects.get() == avatar
