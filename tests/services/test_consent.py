"""Consent: what it holds back, what is noted of it, what it costs, what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from django_avaturn import services, signals
from django_avaturn.exceptions import ConsentRequired
from django_avaturn.models import Avatar, AvaturnProfile, Guest
from tests.databases import AVAILABLE
from tests.photographs import three
from tests.races.race import at_once
from tests.services.test_exports import GLB, data_url

VERSION = "2026-11"
COMMITS = pytest.mark.django_db(transaction=True)
EVERYWHERE = pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
TOLD = {"gender": "female"}


@pytest.fixture(autouse=True)
def asking(sandbox, configure):
    configure(CONSENT_VERSION=VERSION, ALLOW_GUESTS=True)


@pytest.fixture
def heard():
    """What ``consent_given`` has told."""
    told = []

    def hear(user, version, given_at, **kwargs):
        told.append((user, version, given_at))

    signals.consent_given.connect(hear)
    yield told
    signals.consent_given.disconnect(hear)


def noted(user):
    """Version and time on the user's profile."""
    return AvaturnProfile.objects.of(user).values_list("consent_version", "consented_at").get()


def open_session(user, **options):
    return services.open_session(user, **options)


def start_over(user, **options):
    return services.open_session(user, start_over=True, **options)


def send_photos(user, **options):
    return services.create_avatar(user, **three(), body_type="female", **options)


@pytest.mark.parametrize("send", [open_session, start_over, send_photos])
@pytest.mark.parametrize("guest", [False, True])
def test_nothing_reaches_avaturn_before(ann, sandbox, send, guest):
    user = Guest("s" * 43) if guest else ann
    for options in ({}, {"consent": "2026-10"}, {"consent": ""}):
        with pytest.raises(ConsentRequired, match=VERSION) as caught:
            send(user, **options)
        assert caught.value.version == VERSION
    assert not sandbox.calls
    assert not AvaturnProfile.objects.exists()
    before = timezone.now()
    send(user, consent=VERSION)
    version, at = noted(user)
    assert (version, before <= at <= timezone.now()) == (VERSION, True)
    send(user)
    assert noted(user) == (version, at)
    assert sandbox.count("createUser") == (2 if send is start_over else 1)


@COMMITS
def test_a_new_version_is_asked_for_again(ann, sandbox, configure, heard):
    services.open_session(ann, consent=VERSION)
    configure(CONSENT_VERSION="2027-01")
    sandbox.calls.clear()
    for stale in ("", VERSION):
        with pytest.raises(ConsentRequired, match="2027-01"):
            services.open_session(ann, consent=stale)
    assert not sandbox.calls
    assert noted(ann)[0] == VERSION
    services.open_session(ann, consent="2027-01")
    assert noted(ann)[0] == "2027-01"
    assert [(user, version) for user, version, _ in heard] == [(ann, VERSION), (ann, "2027-01")]
    assert heard[1][2] == noted(ann)[1]


def test_an_old_page_does_no_harm_to_who_has_agreed(ann, sandbox):
    services.record_consent(ann, VERSION)
    services.open_session(ann, consent="2026-10")
    assert noted(ann)[0] == VERSION


@COMMITS
def test_agreeing_again_keeps_the_first_time(ann, sandbox, heard):
    services.record_consent(ann, VERSION)
    first = noted(ann)
    services.record_consent(ann, VERSION)
    services.open_session(ann, consent=VERSION)
    assert noted(ann) == first
    assert len(heard) == 1


@EVERYWHERE
def test_the_case_of_a_version_counts(any_database, db_users, sandbox, configure):
    """Also where the database ignores it."""
    user = db_users(1)[0]
    for version in ("v1", "V1"):
        configure(CONSENT_VERSION=version)
        with pytest.raises(ConsentRequired):
            services.open_session(user)
        services.open_session(user, consent=version)
        assert noted(user)[0] == version


def test_recording_asks_nothing_of_avaturn_and_has_an_async_twin(ann, sandbox):
    async_to_sync(services.arecord_consent)(ann, VERSION)
    assert noted(ann)[0] == VERSION
    assert AvaturnProfile.objects.get().avaturn_id is None
    assert not sandbox.calls


def test_what_cannot_be_recorded(ann, sandbox, configure):
    with pytest.raises(ConsentRequired):
        services.record_consent(ann, "2026-10")
    with pytest.raises(ValueError, match="saved"):
        services.record_consent(AnonymousUser(), VERSION)
    configure(CONSENT_VERSION="")
    with pytest.raises(ValueError, match="CONSENT_VERSION"):
        services.record_consent(ann, "")
    assert not AvaturnProfile.objects.exists()


def test_without_the_setting_nothing_is_asked_and_nothing_noted(ann, sandbox, configure):
    configure(CONSENT_VERSION="")
    services.open_session(ann, consent=VERSION)
    assert noted(ann) == ("", None)


def test_known_user_costs_one_query_more(ann, sandbox, django_assert_num_queries):
    services.open_session(ann, consent=VERSION)
    sandbox.calls.clear()
    with django_assert_num_queries(2) as queries:
        services.open_session(ann)
    assert all(query["sql"].startswith("SELECT") for query in queries.captured_queries)
    assert [call.operation for call in sandbox.calls] == ["createSession"]


def test_who_may_not_is_told_so_and_agrees_to_nothing(ann, sandbox):
    ann.is_active = False
    with pytest.raises(PermissionDenied) as caught:
        services.open_session(ann, consent=VERSION)
    assert not isinstance(caught.value, ConsentRequired)
    assert not AvaturnProfile.objects.exists()


def test_agreement_outlives_a_failure_at_avaturn(ann, sandbox):
    sandbox.fail_next("createUser", status=500)
    with pytest.raises(Exception, match="500"):
        services.open_session(ann, consent=VERSION)
    services.open_session(ann)
    assert sandbox.count("createUser") == 2


@COMMITS
def test_who_is_erased_this_very_moment_is_asked_again(ann, sandbox):
    """The row goes between its writing and the look at it."""
    signals.consent_given.connect(erase := lambda user, **kwargs: services.erase(user), weak=False)
    try:
        with pytest.raises(ConsentRequired):
            services.open_session(ann, consent=VERSION)
    finally:
        signals.consent_given.disconnect(erase)
    assert not sandbox.calls


@pytest.fixture(params=["free plan", "with API"])
def made(request, ann, sandbox, sandbox_server, configure):
    """Announce an avatar that Ann has made in an editor that was opened before."""
    configure(CONSENT_VERSION="")
    if request.param == "free plan":
        configure(API_TOKEN="", PROJECT_URL=f"{sandbox_server.url}/iframe")
        avatar_id = uuid4()
    else:
        avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    configure(CONSENT_VERSION=VERSION)
    sandbox.calls.clear()
    return lambda: services.record_export(ann, avatar_id, TOLD, url=data_url(GLB))


def test_an_export_without_consent_stores_nothing(ann, sandbox, made):
    with pytest.raises(ConsentRequired):
        made()
    assert not sandbox.calls
    assert not Avatar.objects.exists()
    services.record_consent(ann, VERSION)
    assert made().active


def test_an_avatar_begun_under_an_earlier_version_is_not_lost(ann, sandbox, made, configure):
    services.record_consent(ann, VERSION)
    configure(CONSENT_VERSION="2027-01")
    assert made().active
    with pytest.raises(ConsentRequired):
        services.open_session(ann)


@pytest.mark.parametrize("keep", [False, True])
def test_starting_over_keeps_it(ann, sandbox, configure, keep):
    configure(KEEP_FORMER=keep)
    services.open_session(ann, consent=VERSION)
    before = noted(ann)
    services.start_over(ann)
    assert noted(ann) == before


def test_erasing_forgets_it(ann, sandbox):
    services.open_session(ann, consent=VERSION)
    services.erase(ann)
    with pytest.raises(ConsentRequired):
        services.open_session(ann)


def test_a_visitor_who_has_only_agreed_is_forgotten_in_time(sandbox, db):
    guest = Guest("s" * 43)
    services.record_consent(guest, VERSION)
    assert services.forget_guests() == 0
    AvaturnProfile.objects.update(created_at=timezone.now() - timedelta(days=15))
    assert services.forget_guests() == 1
    assert not sandbox.calls


def test_it_becomes_the_users_at_log_in(ann, sandbox):
    guest = Guest("s" * 43)
    services.record_consent(guest, VERSION)
    before = noted(guest)
    services.claim_guest(guest, ann)
    assert noted(ann) == before


OLD, OLDER = "2026-05", "2026-01"


def agreed(user, version, days):
    """A profile with an agreement of so many days ago."""
    services.get_profile(user)
    at = None if days is None else timezone.now() - timedelta(days=days)
    AvaturnProfile.objects.of(user).update(consent_version=version, consented_at=at)
    return version, at


@pytest.mark.parametrize(
    ("own", "visitors", "kept"),
    [
        (("", None), (VERSION, 1), "visitors"),
        ((OLD, 200), (VERSION, 1), "visitors"),
        ((OLDER, 300), (OLD, 200), "visitors"),
        ((OLD, 200), (OLDER, 300), "own"),
        ((OLD, 200), ("", None), "own"),
        ((VERSION, 20), (VERSION, 1), "own"),
        ((VERSION, 20), (OLD, 1), "own"),  # the site has gone back to a text of before
        (("", None), ("", None), "own"),
    ],
)
@pytest.mark.parametrize("still", [True, False])
def test_two_agreements_are_merged_at_log_in(ann, sandbox, configure, own, visitors, kept, still):
    guest = Guest("s" * 43)
    expected = {"own": agreed(ann, *own), "visitors": agreed(guest, *visitors)}
    if not still:
        configure(CONSENT_VERSION="")
        kept = "visitors" if own[0] == VERSION else kept  # then the newer one counts
    services.claim_guest(guest, ann)
    assert noted(ann) == expected[kept]


def test_version_and_time_go_together(ann, sandbox):
    for fields in ({"consent_version": VERSION}, {"consented_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AvaturnProfile.objects.create(user=ann, **fields)


@pytest.fixture
def db_users(transactional_db):
    def make(number):
        users = get_user_model().objects
        return [users.create_user(f"user{n}") for n in range(number)]

    return make


@EVERYWHERE
def test_agreeing_in_many_places_at_once_is_one_agreement(
    any_database, db_users, sandbox, configure, heard
):
    user = db_users(1)[0]
    for version in (VERSION, "2027-01"):
        configure(CONSENT_VERSION=version)
        heard.clear()
        at_once(6, lambda n: services.open_session(user, consent=version))  # noqa: B023
        assert noted(user) == (version, heard[0][2])
        assert len(heard) == 1
    assert sandbox.count("createUser") == 1


@EVERYWHERE
@pytest.mark.parametrize("again", [False, True])
def test_agreeing_at_the_moment_of_ones_deletion_is_an_answer(
    any_database, db_users, sandbox, heard, again
):
    """No ``IntegrityError``: REST makes a 404 of this one."""
    user = db_users(1)[0]
    if again:
        services.record_consent(user, VERSION)
        heard.clear()
    get_user_model().objects.filter(pk=user.pk).delete()
    with pytest.raises(AvaturnProfile.DoesNotExist, match="user has been deleted"):
        services.record_consent(user, VERSION)
    assert not AvaturnProfile.objects.exists()
    assert not heard
