"""Visitors: let in where the site says so, kept apart, handed over at log-in, forgotten."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from django_avaturn import services
from django_avaturn.guests import SESSION_KEY
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, Guest, RemoteDeletion
from tests.databases import AVAILABLE
from tests.races.race import at_once
from tests.rest.test_views import routes

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
JSON = {"content_type": "application/json"}


@pytest.fixture(autouse=True)
def guests(sandbox, configure):
    configure(ALLOW_GUESTS=True)


@pytest.fixture
def visitor():
    return Client()


def begin(client):
    answer = client.post("/avatar/sessions/", {}, **JSON)
    assert answer.status_code == 201, answer.json()
    return Guest(client.session[SESSION_KEY])


def make(client, sandbox):
    """A visitor's avatar, exported."""
    guest = begin(client)
    profile = AvaturnProfile.objects.of(guest).get()
    avatar_id = sandbox.add_avatar(profile.avaturn_id)
    assert client.post(f"/avatar/avatars/{avatar_id}/exports/", {}, **JSON).status_code == 201
    return Avatar.objects.get(pk=avatar_id)


def test_a_visitor_makes_an_avatar(visitor, sandbox):
    avatar = make(visitor, sandbox)
    assert avatar.active
    assert [one["id"] for one in visitor.get("/avatar/avatars/").json()["results"]] == [
        str(avatar.pk)
    ]
    profile = visitor.get("/avatar/profile/").json()
    assert (profile["linked"], len(profile["avatars"])) == (True, 1)
    assert begin(visitor) == begin(visitor)  # the same visitor each time
    assert sandbox.count("createUser") == 1


def test_the_secret_is_in_the_session_only(visitor, sandbox):
    secret = begin(visitor).secret
    assert secret not in repr(Guest(secret))
    assert secret not in str(list(AvaturnProfile.objects.values()))
    assert secret not in visitor.get("/avatar/profile/").text


VIEW = "/view/"


def test_tags_follow_a_visitor_from_the_first_avatar_on(visitor, sandbox, configure):
    """The page is there before the visitor has a secret."""
    for allowed, follows in ((True, True), (False, False)):
        configure(ALLOW_GUESTS=allowed)
        page = Client().get(VIEW).text
        assert ("data-follow" in page) is follows
        assert ("data-own" in page) is follows
    configure(ALLOW_GUESTS=True)
    avatar = make(visitor, sandbox)
    assert f'data-avatar="{avatar.pk}"' in visitor.get(VIEW).text
    begin(other := Client())
    assert str(avatar.pk) not in other.get(VIEW).text


def test_visitors_do_not_see_each_other(visitor, sandbox, ann):
    avatar = make(visitor, sandbox)
    other, member, anybody = Client(), Client(), Client()
    begin(other)
    member.force_login(ann)
    sandbox.calls.clear()
    for client, status in ((other, {404}), (member, {404}), (anybody, {401, 403})):
        for method, path, data in routes(avatar.pk)[2:6]:
            assert getattr(client, method)(path, data, **JSON).status_code in status
        assert client.get("/avatar/avatars/").json().get("results", []) == []
    assert not sandbox.calls
    assert Avatar.objects.get().active


@pytest.mark.parametrize("nobody", [None, AnonymousUser(), get_user_model()()])
def test_nobody_owns_nothing(visitor, sandbox, nobody):
    """A visitor's profile has no user, and so has nobody."""
    avatar = make(visitor, sandbox)
    assert not Avatar.objects.of(nobody).exists()
    assert not AvaturnProfile.objects.of(nobody).exists()
    assert not avatar.profile.belongs_to(nobody)
    with pytest.raises(ValueError, match="visitors"):
        services.get_profile(nobody)


def test_without_the_setting_nobody_is_let_in(visitor, sandbox, configure):
    avatar = make(visitor, sandbox)
    configure(ALLOW_GUESTS=False)
    sandbox.calls.clear()
    for method, path, data in routes(avatar.pk):
        answer = getattr(visitor, method)(path, data, **JSON)
        assert answer.json()["code"] == "not_authenticated"
    assert visitor.get("/avatar/").status_code == 302
    assert not sandbox.calls


@pytest.mark.parametrize("begun", [False, True])
def test_unsafe_requests_need_the_csrf_token(sandbox, begun):
    client = Client(enforce_csrf_checks=True)
    if begun:
        client.cookies = Client().cookies
        session = client.session
        session[SESSION_KEY] = "s" * 43
        session.save()
    answer = client.post("/avatar/sessions/", {}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert not sandbox.calls
    assert not AvaturnProfile.objects.exists()


def test_visitors_are_counted_by_address(sandbox, configure):
    configure(SESSION_THROTTLE="3/hour")
    codes = [Client().post("/avatar/sessions/", {}, **JSON).status_code for _ in range(5)]
    assert codes == [201, 201, 201, 429, 429]
    assert sandbox.count("createUser") == 3


def test_reading_makes_no_visitor(visitor, sandbox):
    for path in ("/avatar/avatars/", "/avatar/profile/", f"/avatar/avatars/{uuid4()}/"):
        assert visitor.get(path).json()["code"] == "not_authenticated"
    assert SESSION_KEY not in visitor.session
    assert visitor.get("/avatar/").status_code == 200
    assert SESSION_KEY not in visitor.session


def sign_up(client, name="cleo"):
    """As a sign-up page does it."""
    user = get_user_model().objects.create_user(name, password="secret")
    assert client.login(username=name, password="secret")
    return user


def test_signing_up_keeps_the_avatar(visitor, sandbox):
    avatar = make(visitor, sandbox)
    remote = set(sandbox.users)
    sandbox.calls.clear()
    cleo = sign_up(visitor)
    profile = AvaturnProfile.objects.get()
    assert (profile.user, profile.guest) == (cleo, None)
    assert (profile.active_avatar, profile.avaturn_id) == (avatar, avatar.avaturn_id)
    assert visitor.get(f"/avatar/avatars/{avatar.pk}/").json()["active"] is True
    assert SESSION_KEY not in visitor.session
    assert set(sandbox.users) == remote
    assert sandbox.count("createUser") == sandbox.count("deleteUser") == 0


def test_logging_in_adds_to_what_is_there(visitor, ann, sandbox, make_avatar):
    own = make_avatar(ann)
    services.activate_avatar(own)
    guests_own = make(visitor, sandbox)
    visitor.force_login(ann)
    profile = AvaturnProfile.objects.get()
    assert set(profile.avatars.all()) == {own, guests_own}
    assert profile.active_avatar == own
    assert profile.avaturn_id == own.avaturn_id != guests_own.avaturn_id
    assert len(sandbox.users) == 2  # both are needed
    session = visitor.post("/avatar/sessions/", {"avatar_id": str(guests_own.pk)}, **JSON)
    assert session.status_code == 201  # can still be edited
    services.delete_avatar(guests_own)
    assert sandbox.users.keys() == {own.avaturn_id}
    ann.delete()
    assert sandbox.users == {}


@pytest.mark.parametrize("kept", [False, True])
def test_starting_over_takes_in_what_was_added(visitor, ann, sandbox, make_avatar, configure, kept):
    configure(KEEP_FORMER=kept)
    make_avatar(ann)
    make(visitor, sandbox)
    visitor.force_login(ann)
    before = set(sandbox.users)
    services.start_over(ann)
    fresh = AvaturnProfile.objects.get().avaturn_id
    assert set(sandbox.users) == {fresh} | (before if kept else set())
    assert Avatar.objects.count() == (2 if kept else 0)


def test_logging_in_without_an_active_avatar_shows_the_visitors(visitor, ann, sandbox):
    services.get_profile(ann)
    avatar = make(visitor, sandbox)
    visitor.force_login(ann)
    assert AvaturnProfile.objects.get().active_avatar == avatar


def test_a_visitor_who_made_nothing_leaves_nothing(visitor, ann, sandbox):
    services.get_profile(ann)
    begin(visitor)
    assert len(sandbox.users) == 2
    visitor.force_login(ann)
    assert AvaturnProfile.objects.count() == 1
    assert sandbox.users.keys() == {AvaturnProfile.objects.get().avaturn_id}


def test_logging_in_costs_no_query_where_there_is_nothing(
    visitor, ann, sandbox, django_assert_num_queries
):
    from django.contrib.auth.signals import user_logged_in
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.session = {}
    receivers = {"sender": type(ann), "user": ann, "request": request}
    ann.last_login = None
    with django_assert_num_queries(1):  # Django's own, for last_login
        user_logged_in.send(**receivers)


def test_a_shared_computer_hands_over_but_once(visitor, ann, bob, sandbox):
    avatar = make(visitor, sandbox)
    visitor.force_login(ann)
    visitor.force_login(bob)
    assert Avatar.objects.of(ann).get() == avatar
    assert not Avatar.objects.of(bob).exists()


def test_claims_at_once(any_database, sandbox):
    """Of several log-ins with the same session one gets the avatar, whole."""
    client = Client()
    avatar = make(client, sandbox)
    guest = Guest(client.session[SESSION_KEY])
    users = [get_user_model().objects.create_user(f"user{n}") for n in range(8)]
    for one in users[::2]:
        services.get_profile(one)
    counts = at_once(8, lambda n: services.claim_guest(guest, users[n]))
    assert sorted(counts) == [0] * 7 + [1]
    winner = users[counts.index(1)]
    assert Avatar.objects.of(winner).get() == avatar
    assert not AvaturnProfile.objects.filter(user=None).exists()
    assert avatar.avaturn_id in sandbox.users
    assert not RemoteDeletion.objects.exists()


def test_one_owner_only(ann, db):
    for fields in ({}, {"user": ann, "guest": "x" * 64}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AvaturnProfile.objects.create(**fields)


def age(days):
    past = timezone.now() - timedelta(days=days)
    AvaturnProfile.objects.update(created_at=past)
    Avatar.objects.update(updated_at=past)


def run():
    out = StringIO()
    call_command("avaturn_process", stdout=out)
    return out.getvalue()


def test_visitors_are_forgotten_after_a_time(visitor, ann, sandbox, configure):
    configure(GUEST_DAYS=3)
    services.get_profile(ann)
    make(visitor, sandbox)
    model = AvatarFile.objects.get(kind="model")
    age(2)
    assert "visitors: 0 forgotten" in run()
    assert Avatar.objects.exists()
    age(4)
    call_command("avaturn_sync", stdout=StringIO())  # which every visitor would outlive, otherwise
    assert "visitors: 1 forgotten" in run()
    assert AvaturnProfile.objects.get().user == ann
    assert not Avatar.objects.exists()
    assert not model.file or not model.file.storage.exists(model.file.name)
    assert sandbox.users.keys() == {AvaturnProfile.objects.get().avaturn_id}
    assert begin(visitor)  # who comes back begins anew


def test_forgetting_against_claiming(any_database, sandbox):
    """Whichever is first: either all is the user's, or all is gone."""
    clients = [Client() for _ in range(4)]
    for client in clients:
        make(client, sandbox)
    guests = [Guest(client.session[SESSION_KEY]) for client in clients]
    users = [get_user_model().objects.create_user(f"user{n}") for n in range(4)]
    age(90)

    def race(n):
        return (
            services.forget_guests()
            if n % 2
            else services.claim_guest(guests[n // 2], users[n // 2])
        )

    results = at_once(8, race)
    claimed = sum(results[::2])
    assert sum(results[1::2]) == 4 - claimed
    assert Avatar.objects.count() == claimed
    services_left = {avatar.avaturn_id for avatar in Avatar.objects.all()}
    run()
    assert sandbox.users.keys() == services_left


def test_the_free_plan_lets_visitors_in_too(visitor, sandbox, sandbox_server, configure):
    configure(API_TOKEN="", PROJECT_URL=f"{sandbox_server.url}/iframe")
    begin(visitor)
    from tests.services.test_exports import GLB, SimpleUploadedFile, post

    avatar_id = uuid4()
    assert post(visitor, avatar_id, file=SimpleUploadedFile("m", GLB)).status_code == 201
    cleo = sign_up(visitor)
    assert Avatar.objects.of(cleo).get().pk == avatar_id
