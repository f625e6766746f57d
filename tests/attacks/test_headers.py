"""Line breaks, foreign hosts and strange addresses, wherever they could get into a header."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from django_avaturn.models import Avatar, AvatarFile
from django_avaturn.photos import photos_context
from django_avaturn.sandbox.look import Look
from django_avaturn.sandbox.model import model_bytes

pytestmark = pytest.mark.django_db

ELSEWHERE = [
    "//evil.example", "///evil.example", "////evil.example/x", "/\\evil.example",
    "\\\\evil.example", "\\/evil.example", "/\\/evil.example", "http:evil.example",
    "https:evil.example", "https:/evil.example", "https:///evil.example", "http://evil.example",
    "HTTPS://evil.example", "https://testserver@evil.example", "https://testserver.evil.example",
    "https://evil.example#testserver", "https://evil.example\\@testserver",
    "https://evil.example?testserver", "ftp://testserver/", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)",
    " javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x",
    "file:///etc/passwd", "\thttps://evil.example", "\nhttps://evil.example", "\x00//evil.example",
    " //evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example",
    "\u3000//evil.example", "https://[::1", "https://evil.example:99999999", "//evil\u3002example",
    "x" * 3000 + "://evil", "//testserver:80@evil.example", "http://testserver\t@evil.example", "",
    "mailto:x@evil.example",
]  # fmt: skip
HERE = [
    "/avatar/?page=2", "foo", "foo.bar", "admin:index", "?page=2", "#top", "./x", "../x", "avatar",
    "/x\r\nSet-Cookie: a=b", "/x\nLocation: https://evil.example", "/x%0d%0aSet-Cookie:%20a=b",
    "/x\u560a\u560dSet-Cookie: a=b", "/x\u2028y", "/x\x00y",
    "/\ud800".encode("utf-8", "replace").decode(), "/" + "y" * 9000, "http://testserver/x",
]  # fmt: skip


@pytest.mark.parametrize("url", ELSEWHERE)
def test_gallery_does_not_lead_elsewhere(as_ann, theirs, url):
    data = {"avatar": str(theirs.pk), "action": "activate", "next": url}
    answer = as_ann.post("/avatar/", data)
    assert (answer.status_code, answer["Location"]) == (302, "/avatar/")


@pytest.mark.parametrize("url", ELSEWHERE)
def test_photo_form_does_not_lead_elsewhere(rf, ann, url):
    request = rf.get("/")
    request.user = ann
    assert photos_context(request, url)["next_url"] == ""


@pytest.mark.parametrize("url", HERE)
def test_gallery_leads_to_where_the_form_was(as_ann, theirs, url):
    data = {"avatar": str(theirs.pk), "action": "activate", "next": url}
    answer = as_ann.post("/avatar/", data)
    location = answer["Location"]
    assert answer.status_code == 302
    assert location.isascii()
    assert not set("\r\n\0") & set(location)
    assert location.startswith(("/", "?", "#", ".", "foo", "avatar", "http://testserver/"))
    assert "a" not in answer.cookies


HOSTS = [
    ({"HTTP_HOST": "evil.example"}, 400),
    ({"HTTP_HOST": "testserver.evil.example"}, 400),
    ({"HTTP_HOST": "testserver@evil.example"}, 400),
    ({"HTTP_HOST": "testserver:80@evil.example"}, 400),
    ({"HTTP_HOST": "testserver\r\nX: y"}, 400),
    ({"HTTP_HOST": "evil.example#testserver"}, 400),
    ({"HTTP_HOST": "testserver/evil.example"}, 400),
    ({"HTTP_HOST": ""}, 400),
    ({"HTTP_X_FORWARDED_HOST": "evil.example"}, 200),
    ({"HTTP_X_HOST": "evil.example"}, 200),
    ({"HTTP_FORWARDED": "host=evil.example;proto=https"}, 200),
    ({"HTTP_X_FORWARDED_PROTO": "https"}, 200),
    ({"HTTP_X_ORIGINAL_URL": "//evil.example/"}, 200),
    ({"HTTP_X_REWRITE_URL": "//evil.example/"}, 200),
    ({"HTTP_X_FORWARDED_PREFIX": "//evil.example"}, 200),
    ({"HTTP_X_SCRIPT_NAME": "//evil.example"}, 200),
]


@pytest.mark.parametrize(("headers", "status"), HOSTS)
def test_host_of_another_is_in_no_address(as_ann, theirs, settings, headers, status):
    settings.ALLOWED_HOSTS = ["testserver"]
    answer = as_ann.get("/avatar/avatars/?page_size=1", **headers)
    assert answer.status_code in (200, status)
    assert b"evil.example" not in answer.content
    page = as_ann.get("/avatar/", **headers)
    assert page.status_code == (400 if status == 400 else 200)
    assert b"evil.example" not in page.content
    assert "evil.example" not in Client().get("/avatar/", **headers).get("Location", "")


def test_pages_of_the_list_are_of_this_host(as_ann, ann, theirs, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    Avatar.objects.create(profile=theirs.profile)
    told = as_ann.get("/avatar/avatars/?page_size=1", HTTP_X_FORWARDED_HOST="evil.example").json()
    assert told["next"] == "http://testserver/avatar/avatars/?page=2&page_size=1"


ACCEPTS = [
    "application/json\r\nX-A: b", "*/*;q=" + "9" * 5000, ",".join(["a/b"] * 5000), ";;;", "a", "",
    "application/json; a*=nonsense''x", "application/json; a*=utf-8''%zz", "text/html;q=nan",
    "application/json; q=-1", "\x00", "ü/ü", "application/xml", "text/html; a*=a'b",
]  # fmt: skip


@pytest.mark.parametrize("accept", ACCEPTS, ids=range(len(ACCEPTS)))
def test_odd_accept_headers(as_ann, theirs, accept):
    data = {"avatar": str(theirs.pk), "action": "activate", "next": "/x"}
    answer = as_ann.post("/avatar/", data, HTTP_ACCEPT=accept)
    assert answer.status_code in (200, 302, 409)
    told = as_ann.get("/avatar/profile/?format=html", HTTP_ACCEPT=accept)
    assert told["Content-Type"] == "application/json"
    assert told["Cache-Control"] == "no-store"
    assert isinstance(told, HttpResponse)


NAMES = [
    "../../x.glb", "/etc/passwd", "C:\\boot.ini", "..\\..\\x.glb", "x.html", "x.svg", "x.php",
    ".htaccess", "x.glb\x00.html", "x\r\nContent-Type: text/html\r\n\r\n.glb",
    '"; filename="y.html', "con", "~/x", "x" * 3000, "\u202egpj.lmth", "%2e%2e%2fx",
    "<script>.glb", "a/../../b.glb", "",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_name_of_an_upload_is_not_used(as_ann, ann, configure, sandbox_server, tmp_path, name):
    """Nor its type: what is stored is called .glb, whatever it was called."""
    configure(API_TOKEN="", PROJECT_URL=f"{sandbox_server.url}/project")
    file = SimpleUploadedFile("x", model_bytes(Look()), content_type="text/html")
    file._name = name
    answer = as_ann.post(f"/avatar/avatars/{uuid4()}/exports/", {"file": file})
    if answer.status_code == 400:  # no name, so no file
        assert not AvatarFile.objects.exists()
        return
    assert answer.status_code == 201
    stored = AvatarFile.objects.get(kind="model").file.name
    assert (stored.startswith("avaturn/"), stored.endswith(".glb")) == (True, True)
    assert stored[11:-4].isalnum()
    everything = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.relative_to(tmp_path / "media").as_posix() for path in everything] == [stored]
