"""Lists as CSV: what is in them, for whom, and in how much memory."""

from __future__ import annotations

import asyncio
import csv
import io
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext

from django_avaturn.admin import exporting
from django_avaturn.admin.exporting import cell
from django_avaturn.admin.sheets import AVATARS, PROFILES
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, Guest
from tests.databases import AVAILABLE

from .conftest import BASE
from .test_lists import fill


def chosen(*rows, everywhere=False):
    """The form of a list, with the action chosen."""
    keys = [str(row.pk) for row in rows]
    return {"action": "export_csv", "_selected_action": keys, "select_across": int(everywhere)}


def lines(response) -> list[dict[str, str]]:
    """What was sent, read as a program reads it."""
    text = response.getvalue().decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def small(monkeypatch):
    """A few rows are many."""
    monkeypatch.setattr(exporting, "CHUNK", 7)


def test_avatars(boss, sandbox, make_avatar, ann, store):
    avatar = make_avatar(ann)
    model, portrait = store(avatar)
    (line,) = lines(boss.post(f"{BASE}avatar/", chosen(avatar)))
    avatar.refresh_from_db()
    assert tuple(line) == AVATARS
    assert line == {
        "id": str(avatar.pk),
        "profile": str(avatar.profile_id),
        "user": str(ann.pk),
        "avaturn_id": avatar.avaturn_id,
        "status": "pending",
        "active": "no",
        "confirmed": "yes",
        "gender": "",
        "body": "",
        "face_animations": "",
        "created_at": avatar.created_at.isoformat(timespec="seconds"),
        "updated_at": avatar.updated_at.isoformat(timespec="seconds"),
        "gone_at": "",
        "model_state": "ready",
        "model_bytes": str(model.size),
        "model_stored_at": model.stored_at.isoformat(timespec="seconds"),
        "portrait_state": "ready",
        "portrait_bytes": str(portrait.size),
        "portrait_stored_at": "",
    }


def test_profiles(boss, sandbox, make_avatar, ann, store):
    avatar = make_avatar(ann)
    files = store(avatar)
    make_avatar(ann)
    visitor = AvaturnProfile.objects.create(guest=Guest("a-secret").digest)
    response = boss.post(f"{BASE}avaturnprofile/", chosen(avatar.profile, visitor))
    text = response.getvalue().decode()
    assert Guest("a-secret").digest not in text
    own, theirs = csv.DictReader(io.StringIO(text))
    assert tuple(own) == PROFILES
    assert (own["user"], own["visitor"], own["avatars"], own["files"]) == (
        str(ann.pk), "no", "2", "2",
    )  # fmt: skip
    assert own["file_bytes"] == str(sum(file.size for file in files))
    assert (theirs["user"], theirs["visitor"], theirs["avatars"]) == ("", "yes", "0")
    assert (theirs["files"], theirs["file_bytes"]) == ("0", "0")


def test_no_name_no_address_no_link_no_secret(boss, sandbox, make_avatar, ann, store, configure):
    configure(WEBHOOK_SECRETS=["webhook-secret-77"])
    avatar = make_avatar(ann)
    model, _ = store(avatar)
    for name, row in (("avatar", avatar), ("avaturnprofile", avatar.profile)):
        text = boss.post(f"{BASE}{name}/", chosen(row)).getvalue().decode()
        for secret in ("://", model.file.name, "webhook-secret-77", "test-token", ann.email):
            assert secret not in text
        assert ann.username not in text.replace("Avaturn", "")


@pytest.mark.parametrize("begin", "=+-@\t\r\n")
def test_no_cell_is_a_formula(boss, sandbox, make_avatar, ann, begin):
    """Ids, states and bodies are Avaturn's words, and whoever opens the file trusts the site."""
    bad = f'{begin}HYPERLINK("http://evil.example","x")'
    avatar = make_avatar(ann)
    Avatar.objects.update(status=bad[:32], body_id=bad, avaturn_id=bad)
    AvaturnProfile.objects.update(avaturn_id=bad)
    found = lines(boss.post(f"{BASE}avatar/", chosen(avatar)))
    found += lines(boss.post(f"{BASE}avaturnprofile/", chosen(avatar.profile)))
    values = [value for line in found for value in line.values()]
    assert sum(value == f"'{bad}" for value in values) == 3
    assert not [value for value in values if value.startswith(begin)]


def test_cells():
    assert [cell(value) for value in (None, True, False, 0, "a=b", UUID(int=5))] == [
        "", "yes", "no", "0", "a=b", "00000000-0000-0000-0000-000000000005",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
@pytest.mark.parametrize("model", [Avatar, AvaturnProfile])
def test_each_row_is_in_it_once(any_database, client, small, model):
    client.force_login(get_user_model().objects.create_superuser("boss"))
    for number in range(15):
        fill(number, visitor=number % 3 == 0)
    row = model.objects.first()
    path = f"{BASE}{model._meta.model_name}/"
    found = lines(client.post(path, chosen(row, everywhere=True)))
    assert sorted(line["id"] for line in found) == sorted(
        str(pk) for pk in model.objects.values_list("pk", flat=True)
    )
    shown = client.post(f"{path}?owner=visitor", chosen(row, everywhere=True))
    assert len(lines(shown)) == 5
    assert len(lines(client.post(path, chosen(row)))) == 1


@pytest.mark.parametrize("model", ["avatar", "avaturnprofile"])
def test_rows_are_read_chunk_by_chunk_while_they_are_sent(boss, sandbox, small, model):
    for number in range(20):
        fill(number)
    row = (Avatar if model == "avatar" else AvaturnProfile).objects.first()
    with CaptureQueriesContext(connection) as before:
        response = boss.post(f"{BASE}{model}/", chosen(row, everywhere=True))
    assert response.streaming
    assert not [query for query in before if "LIMIT 7" in query["sql"]]
    parts = iter(response.streaming_content)
    for wanted in (0, 2, 2, 2):  # the header, then rows and their files
        with CaptureQueriesContext(connection) as queries:
            next(parts)
        assert len(queries) == wanted
    assert next(parts, None) is None


def test_answer_is_a_download_that_nobody_keeps(boss, db):
    fill(0)
    response = boss.post(f"{BASE}avatar/", chosen(Avatar.objects.get()))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="avatars-20')
    assert "no-store" in response["Cache-Control"]
    assert b"\r\n" in response.getvalue()


def test_history_has_one_entry_however_many_rows(boss, db):
    for number in range(3):
        fill(number)
    boss.post(f"{BASE}avatar/", chosen(Avatar.objects.first(), everywhere=True))
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.change_message) == ("3 avatars", "Exported as CSV.")
    assert entry.get_admin_url() is None
    assert "3 avatars" in boss.get("/admin/").text


def test_who_may_view_may_export_and_nobody_else(staff, db):
    fill(0)
    client = staff("view_avatar")
    assert len(lines(client.post(f"{BASE}avatar/", chosen(Avatar.objects.get())))) == 1
    refused = client.post(f"{BASE}avaturnprofile/", chosen(AvaturnProfile.objects.get()))
    assert refused.status_code == 403


@pytest.mark.urls("tests.admin.other_site")
def test_rows_that_an_admin_does_not_list_are_not_exported_by_it(boss, db):
    fill(0)
    mine = AvaturnProfile.objects.create(user=get_user_model().objects.get(username="boss"))
    own = Avatar.objects.create(profile=mine)
    path = "/other/django_avaturn/avatar/"
    everything = chosen(own, Avatar.objects.exclude(pk=own.pk).get())
    for data in (everything, {**everything, "select_across": 1}):
        assert [line["id"] for line in lines(boss.post(path, data))] == [str(own.pk)]


@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_server_gets_it_piece_by_piece_too(small):
    """It would otherwise take up all of it first, with a warning, which fails here."""
    boss = get_user_model().objects.create_superuser("boss")
    for number in range(20):
        fill(number)
    client = AsyncClient()
    client.force_login(boss)
    data = chosen(Avatar.objects.first(), everywhere=True)

    async def fetch() -> list[bytes]:
        response = await client.post(f"{BASE}avatar/", data)
        assert response.is_async
        return [part async for part in response.streaming_content]

    parts = asyncio.run(fetch())
    assert len(parts) == 4
    assert b"".join(parts).count(b"\r\n") == 21
    assert AvatarFile.objects.count() == 40
