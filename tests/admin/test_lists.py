"""The lists: they ask nobody, cost the same for one row and for many, search and filter."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_avaturn.models import (
    Avatar,
    AvatarFile,
    AvaturnProfile,
    FileDeletion,
    RemoteDeletion,
    WebhookEvent,
)
from tests.databases import AVAILABLE

from .conftest import BASE

new_user = get_user_model().objects.create_user
LISTS = [
    "avatar", "avaturnprofile", "avatarfile", "remotedeletion", "filedeletion", "webhookevent",
]  # fmt: skip


def fill(number: int, *, visitor: bool = False) -> None:
    """One row of everything, as of another user, or of a visitor."""
    owner = {"guest": f"{number:064}"} if visitor else {"user": new_user(f"user{number}")}
    profile = AvaturnProfile.objects.create(avaturn_id=f"REMOTE{number}", **owner)
    avatar = Avatar.objects.create(profile=profile, avaturn_id=profile.avaturn_id)
    AvatarFile.objects.create(
        avatar=avatar, kind="model", state="ready", file=f"m{number}.glb", size=2_600_000
    )
    AvatarFile.objects.create(
        avatar=avatar, kind="portrait", state="ready", file=f"p{number}.webp", size=9
    )
    later = timezone.now() + timedelta(hours=1)
    RemoteDeletion.objects.create(avaturn_id=f"GONE{number}", due_at=later)
    FileDeletion.objects.create(name=f"avaturn/{number}", due_at=later)
    WebhookEvent.objects.create(event="avatar.ready", digest=str(number), due_at=later)


@pytest.mark.parametrize("model", LISTS)
def test_lists_ask_nobody_and_cost_the_same_for_one_row_and_for_many(
    boss, sandbox, db, django_assert_num_queries, model
):
    for first, last in [(0, 1), (1, 60)]:
        for number in range(first, last):
            fill(number, visitor=number % 2 == 1)
        sandbox.calls.clear()
        with django_assert_num_queries(4):  # session, user, count, rows
            response = boss.get(f"{BASE}{model}/")
        rows = 2 * last if model == "avatarfile" else last
        assert response.context["cl"].result_count == rows
        assert response.text.count('name="_selected_action"') == min(rows, 50)
        assert not sandbox.calls


@pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
@pytest.mark.parametrize(("query", "first"), [("?p=2", 0), ("?p=2&o=2", 50)])
def test_second_page_has_the_last_ten_in_order_with_their_files(any_database, client, query, first):
    client.force_login(get_user_model().objects.create_superuser("boss"))
    for number in range(60):
        fill(number)
    found = client.get(f"{BASE}avatar/{query}").context["cl"].result_list
    names = [avatar.profile.user.username for avatar in found]
    wanted = [f"user{number}" for number in range(first, first + 10)]
    assert names == (wanted if first else wanted[::-1])  # by user, or the newest first
    assert [avatar.picture for avatar in found] == [f"p{name[4:]}.webp" for name in names]
    assert {avatar.model_size for avatar in found} == {2_600_000}


def test_files_are_looked_up_for_the_rows_of_one_page_only(boss, sandbox, db):
    """A deep page would otherwise pay for all pages before it."""
    for number in range(60):
        fill(number)
    with CaptureQueriesContext(connection) as queries:
        boss.get(f"{BASE}avatar/?p=2")
    (rows,) = [query["sql"] for query in queries if "model_size" in query["sql"]]
    outer, _, inner = rows.rpartition(" IN (SELECT ")
    assert "LIMIT 10 OFFSET 50" in inner or "LIMIT 50 OFFSET 50" in inner
    assert "model_size" not in inner
    assert "LIMIT 10" not in outer


@pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
@pytest.mark.parametrize("model", ["avatar", "avaturnprofile", "avatarfile"])
def test_far_pages_are_read_from_the_nearer_end(any_database, client, monkeypatch, model):
    client.force_login(get_user_model().objects.create_superuser("boss"))
    monkeypatch.setattr("django_avaturn.admin.base.MirrorAdmin.list_per_page", 5)
    for number in range(6 if model == "avatarfile" else 12):
        fill(number)
    pages = ["?p=1", "?p=2", "?p=3"]
    near = [list(client.get(f"{BASE}{model}/{page}").context["cl"].result_list) for page in pages]
    assert [len(page) for page in near] == [5, 5, 2]
    monkeypatch.setattr("django_avaturn.admin.paging.FAR", 0)
    with CaptureQueriesContext(connections[any_database]) as queries:
        far = [
            list(client.get(f"{BASE}{model}/{page}").context["cl"].result_list) for page in pages
        ]
    assert far == near
    starts = [re.findall(r"OFFSET (\d+)", query["sql"]) for query in queries]
    # The first page, then from the end: the second behind the third, the third behind nothing.
    assert [int(start) for found in starts for start in found if int(start)] == [2]


@pytest.mark.parametrize(
    ("model", "query", "hits"),
    [
        ("avatar", "ann", 1),
        ("avatar", "ann@example", 1),
        ("avatar", "nobody", 0),
        ("avatar", "{avatar}", 1),
        ("avaturnprofile", "ann", 1),
        ("avaturnprofile", "{remote}", 1),
        ("avaturnprofile", "{avatar}", 1),
        ("avatarfile", "ann", 1),
        ("avatarfile", "{avatar}", 1),
        ("avatarfile", "{unknown}", 0),
        ("remotedeletion", "GONE", 1),
        ("remotedeletion", "{avatar}", 0),
        ("filedeletion", "left-behind", 1),
        ("filedeletion", "{avatar}", 0),
        ("webhookevent", "export", 1),
        ("webhookevent", "{avatar}", 1),
        ("webhookevent", "{unknown}", 0),
    ],
)
def test_search(boss, sandbox, make_avatar, ann, bob, model, query, hits):
    avatar, theirs = make_avatar(ann), make_avatar(bob)
    AvatarFile.objects.create(avatar=avatar, kind="model")
    AvatarFile.objects.create(avatar=theirs, kind="model")
    RemoteDeletion.objects.create(avaturn_id="GONE")
    FileDeletion.objects.create(name="avaturn/aa/left-behind.glb")
    WebhookEvent.objects.create(event="export.ready", avatar_id=avatar.pk, digest="1")
    WebhookEvent.objects.create(event="render.ready", avatar_id=theirs.pk, digest="2")
    remote = avatar.profile.avaturn_id
    query = query.format(avatar=avatar.pk, remote=remote, unknown=uuid4())
    response = boss.get(f"{BASE}{model}/", {"q": query})
    assert response.context["cl"].result_count == hits


@pytest.mark.parametrize("model", ["avatar", "avaturnprofile", "avatarfile"])
def test_users_may_be_named_by_ids(boss, sandbox, make_avatar, bob, model):
    """As Cognito's and Keycloak's are."""
    user = new_user(f"{uuid4()}")
    for avatar in (make_avatar(user), make_avatar(bob)):
        AvatarFile.objects.create(avatar=avatar, kind="model")
    found = boss.get(f"{BASE}{model}/", {"q": user.username}).context["cl"].result_list
    assert [getattr(row, "avatar", row).pk for row in found] == [
        row.pk for row in (AvaturnProfile if model == "avaturnprofile" else Avatar).objects.of(user)
    ]


@pytest.mark.parametrize(
    ("model", "query", "number"),
    [
        ("avatar", "ann", 4),  # session, user, count, rows
        ("avatar", "{id}", 5),  # and whether there is one
        ("avaturnprofile", "ann", 5),  # and whether it is an id at Avaturn
        ("avaturnprofile", "{id}", 6),
    ],
)
def test_cost_of_a_search(
    boss, sandbox, make_avatar, ann, django_assert_num_queries, model, query, number
):
    query = query.format(id=make_avatar(ann).pk)
    with django_assert_num_queries(number):
        response = boss.get(f"{BASE}{model}/", {"q": query})
    assert response.context["cl"].result_count == 1


@pytest.mark.parametrize(
    ("path", "hits"),
    [
        ("avatar/?status__exact=ready", 0),
        ("avatar/?status__exact=pending", 1),
        ("avatar/?gender__exact=female", 0),
        ("avatarfile/?state__exact=failed", 1),
        ("avatarfile/?kind__exact=model", 1),
        ("avatarfile/?kind__exact=model&state__exact=failed", 0),
        ("webhookevent/?event=avatar.ready", 1),
        ("webhookevent/?event=export.ready", 0),
        ("webhookevent/?event=other", 1),
        ("webhookevent/?state__exact=ready", 1),
    ],
)
def test_filters(boss, sandbox, make_avatar, ann, path, hits):
    avatar = make_avatar(ann)
    AvatarFile.objects.create(avatar=avatar, kind="model", state="ready")
    AvatarFile.objects.create(avatar=avatar, kind="portrait", state="failed")
    WebhookEvent.objects.create(event="avatar.ready", digest="1", state="ready")
    WebhookEvent.objects.create(event="something.new", digest="2", state="pending")
    assert boss.get(f"{BASE}{path}").context["cl"].result_count == hits


@pytest.mark.parametrize("model", LISTS)
def test_nothing_is_added_by_hand(boss, model):
    assert boss.get(f"{BASE}{model}/add/").status_code == 403


@pytest.mark.parametrize("model", ["avatarfile", "remotedeletion", "filedeletion", "webhookevent"])
def test_work_that_failed_is_marked_and_says_why(boss, db, model):
    fill(0)
    for kind in (AvatarFile, RemoteDeletion, FileDeletion, WebhookEvent):
        kind.objects.update(state="failed", error="Avaturn said <no>.", attempts=8)
    page = boss.get(f"{BASE}{model}/").text
    assert page.count("Avaturn said &lt;no&gt;.") == page.count("avaturn-failed") > 0
    row = {kind._meta.model_name: kind.objects.last() for kind in
           (AvatarFile, RemoteDeletion, FileDeletion, WebhookEvent)}[model]  # fmt: skip
    detail = boss.get(f"{BASE}{model}/{row.pk}/change/").text
    assert "Avaturn said &lt;no&gt;." in detail
    assert "avaturn-failed" in detail


def test_list_of_avatars_needs_no_settings_of_avaturn(boss, sandbox, configure, db):
    """No token yet: the site's staff can still look at what there is."""
    fill(0)
    configure(API_TOKEN="", HOOKS="nowhere.Hooks")
    assert boss.get(f"{BASE}avatar/").status_code == 200
