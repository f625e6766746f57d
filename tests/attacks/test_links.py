"""Addresses inside of the site's network, by spellings that the client's own tests leave out."""

from __future__ import annotations

import io
from ipaddress import ip_address

import pytest

from django_avaturn.client import AvaturnClient
from django_avaturn.client.addresses import admit, is_public
from django_avaturn.exceptions import AvaturnUnavailable, DownloadRefused

HOSTS = (".avaturn.me", ".avaturn.dev")

INSIDE = [
    "0.0.0.1", "10.255.255.255", "100.100.100.200", "127.1.2.3", "169.254.170.2", "172.31.255.255",
    "192.0.0.192", "192.168.255.255", "198.19.255.255", "198.51.100.1", "203.0.113.1", "239.1.1.1",
    "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1",
    "64:ff9b::192.168.1.1", "64:ff9b:1::a00:1", "2002:a9fe:a9fe::1", "2002:c0a8:101::", "100::1",
    "2001:0:a00:1::1", "fe80::5efe:7f00:1", "fe90::1", "febf::1", "feff::1", "fdff::1", "ff0e::1",
    "ff05::1:3", "2001:2::1", "2001:10::1", "2001:db8:ffff::", "4000::1", "e000::1",
]  # fmt: skip


@pytest.mark.parametrize("ip", INSIDE)
def test_address_inside_is_not_public(ip):
    assert not is_public(ip_address(ip))


MISREAD = [
    "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://0/",
    "https://017700000001/", "https://127.0.0.1.nip.io/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
    "https://[fe80::1%25eth0]/", "https://[::]/", "https://localhost./", "https://LOCALHOST/",
    "https://localhost.avaturn.me.evil.example/", "https://metadata.google.internal/",
    "https://\u0430vaturn.me/", "https://files.\u0430vaturn.me/", "https://avaturn\u3002me.evil.example/",
    "https://av\u00e0turn.me/", "https://ava\u200bturn.me.evil/", "https://xn--vaturn-4nf.me/",
    "https://avaturn.me\u2024evil.example/", "https://avaturn.m\u0435/", "https://files.avaturn.me:22/",
    "https://files.avaturn.me:80/", "https://files.avaturn.me:8443/", "http://files.avaturn.me/",
    "http://files.avaturn.me:443/", "ws://files.avaturn.me/", "ldap://files.avaturn.me/", "dict://x:1/",
    "jar:https://files.avaturn.me!/", "view-source:https://files.avaturn.me/", "blob:https://avaturn.me/",
    "https://evil.example\t@files.avaturn.me/", "https://files.avaturn.me&@evil.example/",
    "https://files.avaturn.me;@evil.example/", "https://files.avaturn.me:@evil.example/",
    "https://files.avaturn.me%00.evil.example/", "https://files.avaturn.me%23.evil.example/",
    "https://files.avaturn.me%252f@evil.example/", "https://evil.example/https://files.avaturn.me/",
]  # fmt: skip


@pytest.mark.parametrize("url", MISREAD)
def test_link_is_refused(url):
    with pytest.raises(DownloadRefused):
        admit(url, HOSTS)


@pytest.mark.django_db
@pytest.mark.parametrize("plan", ["API", "free"])
@pytest.mark.parametrize("url", MISREAD[::4])
def test_link_of_an_export_is_refused_before_anybody_is_asked(
    as_ann, theirs, sandbox, configure, plan, url
):
    configure(DOWNLOAD_HOSTS=list(HOSTS))
    if plan == "free":
        configure(API_TOKEN="", PROJECT_URL="https://site.avaturn.dev")
    told = {"url": url, "urlType": "httpURL", "avatarId": str(theirs.pk)}
    path = f"/avatar/avatars/{theirs.pk}/exports/"
    answer = as_ann.post(path, told, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "link_refused")
    assert not sandbox.calls


UPLOADS = [
    "http://127.0.0.1:6379/", "https://127.0.0.1/", "http://localhost:8000/admin/",
    "https://LOCALHOST/", "http://[::1]:9200/", "http://169.254.169.254/", "http://10.0.0.1/",
    "file:///etc/passwd", "//x/",
]  # fmt: skip


@pytest.mark.parametrize("url", UPLOADS)
def test_photos_go_to_no_address_that_only_this_machine_has(url):
    """A hostile Avaturn gives out the link that takes them."""
    client = AvaturnClient("token", base_url="https://api.avaturn.me", timeout=1, max_retries=0)
    photos = {name: io.BytesIO(b"x") for name in ("frontal", "side_1", "side_2")}
    with pytest.raises(AvaturnUnavailable, match="not https"):
        client.upload_photos(url, body_type="male", **photos)
