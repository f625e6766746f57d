"""The pages of the example, as a member and as a stranger meet them."""

import re

import django
import pytest
from django.urls import reverse

from django_avaturn.models import Avatar, AvaturnProfile, RemoteDeletion

PAGES = ("profile", "avatars", "studio", "photos", "account", "account_delete")
ACTIONS = ("activate", "delete")
GALLERY = "/avatar/"


def profile_of(user):
    return AvaturnProfile.objects.get_or_create(user=user, avaturn_id=f"remote-{user.pk}")[0]


def make_avatar(user, **fields):
    profile = profile_of(user)
    fields = {"status": "ready", "avaturn_id": profile.avaturn_id, **fields}
    return Avatar.objects.create(profile=profile, **fields)


@pytest.fixture
def foreign(site, django_user_model):
    """An avatar of somebody else."""
    return make_avatar(django_user_model.objects.create_user("eve"))


def text_of(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def test_signing_up_logs_in_and_leads_to_the_profile(site, client):
    data = {"username": "grace", "password1": "a-long-Secret-7", "password2": "a-long-Secret-7"}
    response = client.post("/sign-up/", data, follow=True)
    assert response.redirect_chain == [("/profile/", 302)]
    page = text_of(response)
    assert "Hello, grace" in page and "Welcome!" in page and "No avatar yet" in page


def test_a_refused_sign_up_says_why_beside_the_field(site, client, member):
    data = {"username": "ada", "password1": "123", "password2": "123"}
    page = text_of(client.post("/sign-up/", data))
    assert "already exists" in page and "too short" in page
    assert client.get("/profile/").status_code == 302


def test_logging_in_returns_to_where_one_was_going(client, member):
    response = client.get("/avatars/")
    assert response.url == "/log-in/?next=/avatars/"
    page = text_of(client.get(response.url))
    assert 'name="next" value="/avatars/"' in page
    data = {"username": "ada", "password": "correct horse battery", "next": "/avatars/"}
    assert client.post("/log-in/", data).url == "/avatars/"


def test_a_wrong_password_is_told(client, member):
    page = text_of(client.post("/log-in/", {"username": "ada", "password": "x"}))
    assert 'role="alert"' in page and "correct username and password" in page


def test_logging_out_takes_a_post(logged_in):
    assert logged_in.get("/log-out/").status_code == 405
    assert logged_in.post("/log-out/").url == "/"
    assert logged_in.get("/profile/").status_code == 302


def test_members_are_taken_to_their_profile(logged_in):
    for path in ("/", "/sign-up/", "/log-in/"):
        assert logged_in.get(path).url == "/profile/"


@pytest.mark.parametrize("name", PAGES)
def test_strangers_are_asked_to_log_in(site, client, name):
    path = reverse(f"members:{name}")
    assert client.get(path).url == f"/log-in/?next={path}"


@pytest.mark.parametrize("action", ACTIONS)
def test_strangers_change_nothing(site, client, foreign, action):
    answer = client.post(GALLERY, {"avatar": foreign.pk, "action": action})
    assert answer.url == f"/log-in/?next={GALLERY}"
    assert Avatar.objects.filter(pk=foreign.pk).exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_anothers_avatar_is_not_there(logged_in, foreign, action):
    answer = logged_in.post(GALLERY, {"avatar": foreign.pk, "action": action})
    assert answer.status_code == 404
    foreign.profile.refresh_from_db()
    assert Avatar.objects.filter(pk=foreign.pk).exists()
    assert foreign.profile.active_avatar is None


def test_anothers_avatar_is_not_listed(logged_in, foreign):
    for path in ("/avatars/", "/profile/"):
        assert str(foreign.pk) not in text_of(logged_in.get(path))


def test_making_an_avatar_active_leads_back_to_the_page(logged_in, member):
    first, second = make_avatar(member), make_avatar(member)
    for avatar in (first, second):
        data = {"avatar": avatar.pk, "action": "activate", "next": "/avatars/"}
        assert logged_in.post(GALLERY, data).url == "/avatars/"
        assert profile_of(member).active_avatar_id == avatar.pk
    page = text_of(logged_in.get("/profile/"))
    assert f"Avatar {second.pk.hex[-4:].upper()}" in page
    assert "This is your active avatar now." in page


def test_gallery_page_wears_the_clothes_of_the_site(logged_in, member):
    make_avatar(member)
    page = text_of(logged_in.get(GALLERY))
    assert "Plaza, the example site" in page
    assert "Make active" in page


def test_deleting_the_account_asks_first(logged_in, member, django_user_model):
    make_avatar(member)
    page = text_of(logged_in.get("/account/delete/"))
    assert "at Avaturn" in page and "cannot be undone" in page
    assert django_user_model.objects.filter(username="ada").exists()

    page = text_of(logged_in.post("/account/delete/", follow=True))
    assert "Your account and your avatars are deleted." in page and "Log in" in page
    assert not django_user_model.objects.filter(username="ada").exists()
    assert RemoteDeletion.objects.get().avatar_id is None
    assert logged_in.get("/profile/").status_code == 302


def test_the_empty_list_invites(logged_in):
    assert "No avatar yet" in text_of(logged_in.get("/avatars/"))


def test_the_list_costs_the_same_for_one_and_for_twenty(
    logged_in, member, django_assert_num_queries
):
    make_avatar(member)
    with django_assert_num_queries(6):  # session, user, profile; count, avatars, files
        logged_in.get("/avatars/")
    for _ in range(19):
        make_avatar(member)
    with django_assert_num_queries(6):
        page = text_of(logged_in.get("/avatars/"))
    assert page.count('class="avaturn-card"') == 20


def test_no_page_has_inline_script_or_style(logged_in, client, member):
    make_avatar(member)
    pages = [text_of(logged_in.get(path)) for path in ("/avatars/", "/profile/", GALLERY)]
    pages += [text_of(logged_in.get(reverse(f"members:{name}"))) for name in PAGES]
    logged_in.logout()
    pages += [text_of(client.get(path)) for path in ("/", "/sign-up/", "/log-in/")]
    inline = re.compile(r"<style|<script(?![^>]*\ssrc=)|<[^>]+\s(style|on\w+)=", re.IGNORECASE)
    assert [found[0] for page in pages if (found := inline.search(page))] == []


@pytest.mark.skipif(django.VERSION < (6,), reason="Django has a policy of its own from 6.0")
def test_frames_are_the_editors_only(site, client):
    header = client.get("/").headers["Content-Security-Policy"]
    assert "frame-src http://127.0.0.1:9100;" in header
    assert "default-src 'none'" in header
    assert re.findall("'(?:[a-z]+-)?unsafe-[a-z]+'", header) == ["'wasm-unsafe-eval'"]


def test_the_footer_tells_the_sandbox(site, client):
    assert "no real Avaturn account is used" in text_of(client.get("/"))
    site.USE_SANDBOX = False
    assert "no real Avaturn account is used" not in text_of(client.get("/"))


def test_an_address_that_leads_nowhere(site, client):
    assert "There is nothing here" in text_of(client.get("/nowhere/"), status=404)
