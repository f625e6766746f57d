"""Every way to an avatar has its page: the Studio, photos, visitors, the plan without API."""

import pytest

from django_avaturn import services
from django_avaturn.guests import SESSION_KEY
from django_avaturn.models import Avatar, AvaturnProfile, Guest

from .test_pages import make_avatar, text_of

NEEDING_API = ("/studio/", "/photos/")
ORIGIN = "http://127.0.0.1:9100"
WARNING = "As soon as the editor opens, all your avatars are deleted"
POPUPS = "Cross-Origin-Opener-Policy"
SIGN_UP = {"username": "grace", "password1": "a-long-Secret-7", "password2": "a-long-Secret-7"}


@pytest.fixture
def visited(site, client):
    """What a visitor has made in this browser."""
    site.AVATURN = {**site.AVATURN, "ALLOW_GUESTS": True}
    session = client.session
    session[SESSION_KEY] = "a secret of this browser"
    session.save()
    guest = Guest(session[SESSION_KEY])
    profile = AvaturnProfile.objects.create(guest=guest.digest, avaturn_id="remote-guest")
    avatar = Avatar.objects.create(profile=profile, avaturn_id="remote-guest", status="ready")
    services.activate_avatar(avatar)
    return avatar


def test_the_studio_is_the_bare_editor(logged_in, member):
    page = text_of(logged_in.get("/studio/"))
    assert "data-disable-ui" in page and 'data-type=""' in page
    avatar = make_avatar(member)
    page = text_of(logged_in.get(f"/studio/?avatar={avatar.pk}"))
    assert f'data-avatar="{avatar.pk}"' in page and 'data-type="edit_existing"' in page


@pytest.mark.parametrize("wrong", ["", "x", "../../", "00000000-0000-0000-0000-000000000000"])
def test_the_studio_opens_own_avatars_only(logged_in, wrong, django_user_model):
    make_avatar(django_user_model.objects.create_user("eve"), pk="c0ffee00" + "0" * 24)
    for value in (wrong, "c0ffee00" + "0" * 24):
        assert logged_in.get("/studio/", {"avatar": value}).status_code == 404


def test_every_control_of_the_studio_starts_switched_off(logged_in):
    page = text_of(logged_in.get("/studio/"))
    form = page.partition("data-studio")[2].partition("</form>")[0]
    assert form.index("<fieldset disabled>") < form.index("<input") < form.rindex("</fieldset>")
    assert "<button" not in form.partition("</fieldset></div>")[0]
    assert '<button class="button" disabled>' in form


def test_pages_lead_to_the_studio_and_to_photos(logged_in, member):
    avatar = make_avatar(member)
    services.activate_avatar(avatar)
    profile, gallery = (text_of(logged_in.get(path)) for path in ("/profile/", "/avatars/"))
    assert f'href="/studio/?avatar={avatar.pk}"' in profile
    assert all(
        'href="/photos/"' in page and 'href="/studio/"' in page for page in (profile, gallery)
    )


def test_photos_have_their_form(logged_in):
    page = text_of(logged_in.get("/photos/"))
    assert "<avaturn-photos" in page and page.count('type="file"') >= 3


def test_starting_over_warns_of_what_it_deletes(logged_in, site):
    page = text_of(logged_in.get("/account/"))
    assert "data-start-over" in page and WARNING in page
    site.AVATURN = {**site.AVATURN, "KEEP_FORMER": True}
    page = text_of(logged_in.get("/account/"))
    assert "data-start-over" in page and WARNING not in page


def test_without_api_nothing_leads_to_what_needs_it(logged_in, free_plan, member):
    services.activate_avatar(make_avatar(member, avaturn_id=""))
    for path in ("/profile/", "/avatars/", "/account/", "/account/delete/"):
        page = text_of(logged_in.get(path))
        assert not [link for link in NEEDING_API if f'href="{link}' in page]
        assert "data-start-over" not in page and "and at Avaturn" not in page


@pytest.mark.parametrize("path", NEEDING_API)
def test_without_api_such_a_page_says_so(logged_in, free_plan, path):
    page = text_of(logged_in.get(path))
    assert "Not on this plan" in page and 'href="/profile/"' in page
    assert "avaturn-editor" not in page


def test_pages_with_an_editor_let_it_open_the_sign_in(logged_in, client, site, free_plan):
    for path in ("/profile/", "/avatars/"):
        assert logged_in.get(path).headers[POPUPS] == "same-origin-allow-popups"
    assert logged_in.get("/account/").headers[POPUPS] == "same-origin"
    logged_in.logout()
    site.AVATURN = {**site.AVATURN, "ALLOW_GUESTS": True}
    assert client.get("/try/").headers[POPUPS] == "same-origin-allow-popups"


def test_with_api_no_page_may_open_windows(logged_in):
    assert logged_in.get("/profile/").headers[POPUPS] == "same-origin"


def test_the_footer_tells_the_plan(site, client):
    assert "plan with API" in text_of(client.get("/"))
    site.AVATURN = {"PROJECT_URL": f"{ORIGIN}/iframe"}
    assert "free plan, without API" in text_of(client.get("/"))


def test_visitors_are_invited_only_where_they_may_come_in(site, client):
    assert "/try/" not in text_of(client.get("/"))
    assert client.get("/try/").url == "/sign-up/"
    site.AVATURN = {**site.AVATURN, "ALLOW_GUESTS": True}
    assert 'href="/try/"' in text_of(client.get("/"))
    page = text_of(client.get("/try/"))
    assert (
        "<avaturn-editor" in page and "No avatar yet" in page and "Sign up to keep it" not in page
    )


def test_just_looking_makes_nothing(site, client):
    site.AVATURN = {**site.AVATURN, "ALLOW_GUESTS": True}
    client.get("/try/")
    assert not AvaturnProfile.objects.exists() and "sessionid" not in client.cookies


def test_a_visitor_sees_the_own_avatar(client, visited):
    page = text_of(client.get("/try/"))
    assert f"Avatar {visited.pk.hex[-4:].upper()}" in page
    assert "Sign up to keep it" in page and "Log in to keep it" in page
    client.cookies.clear()
    assert "No avatar yet" in text_of(client.get("/try/"))


def test_signing_up_keeps_it(client, visited):
    page = text_of(client.post("/sign-up/", SIGN_UP, follow=True))
    assert "Your avatar is yours now." in page
    assert f"Avatar {visited.pk.hex[-4:].upper()}" in page
    assert Avatar.objects.get().profile.user.username == "grace"


def test_logging_in_keeps_it_too(client, visited, member):
    own = make_avatar(member)
    client.post("/log-in/", {"username": "ada", "password": "correct horse battery"})
    assert set(Avatar.objects.of(member)) == {own, visited}
    assert client.get("/try/").url == "/profile/"


def test_no_page_of_a_visitor_has_inline_script_or_style(client, visited):
    page = text_of(client.get("/try/"))
    assert "<style" not in page and " style=" not in page and "<script>" not in page


def test_pictures_may_come_from_the_editor(site):
    from example.csp import policy

    assert {ORIGIN, "https://assets.avaturn.me"} <= set(policy([ORIGIN])["img-src"])


@pytest.mark.parametrize(
    ("project", "origin"),
    [
        ("", "https://*.avaturn.dev"),
        ("https://mine.avaturn.dev", "https://mine.avaturn.dev"),
        ("https://mine.avaturn.dev:8443/iframe", "https://mine.avaturn.dev:8443"),
    ],
)
def test_the_editors_origin_follows_the_project(site, project, origin):
    from example.plans import editor_origin

    assert editor_origin(project) == origin
