"""Opening the editor: what it sends, what it costs, whom it refuses."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from django_avaturn import services
from django_avaturn.client import SessionConfig
from django_avaturn.exceptions import AvaturnNotFound, AvaturnUnavailable, NeedsApi
from django_avaturn.hooks import AvaturnHooks
from django_avaturn.models import Avatar


class CreateOnly(AvaturnHooks):
    """A site that wants the creation flow, and keeps Bob out."""

    def may_open_session(self, user):
        return user.get_username() != "bob"

    def session_config(self, user):
        return SessionConfig(type="create")


@pytest.mark.parametrize("type", [None, "create_or_edit_existing", "create"])
def test_types_without_avatar(ann, sandbox, type):
    session = services.open_session(ann, type=type)
    assert session.type == (type or "create_or_edit_existing")
    assert session.url.startswith("http")


@pytest.mark.parametrize("type", [None, "edit_existing"])
def test_edit_existing(ann, sandbox, make_avatar, type):
    avatar = make_avatar(ann)
    assert services.open_session(ann, type=type, avatar_id=avatar.pk).type == "edit_existing"


def test_known_user_costs_one_call_one_query_and_no_write(
    ann, sandbox, sandbox_server, django_assert_num_queries
):
    services.get_profile(ann)
    services.open_session(ann)
    connections = sandbox_server.connections
    sandbox.calls.clear()
    with django_assert_num_queries(1) as queries:
        services.open_session(ann)
    assert queries.captured_queries[0]["sql"].startswith("SELECT")
    assert [call.operation for call in sandbox.calls] == ["createSession"]
    assert sandbox_server.connections == connections


def test_one_query_finds_out_whose_avatar_it_is(
    ann, sandbox, make_avatar, django_assert_num_queries
):
    avatar = make_avatar(ann)
    with django_assert_num_queries(1):
        services.open_session(ann, avatar_id=avatar.pk)


def test_avatar_of_somebody_else_is_refused_without_a_call(ann, bob, sandbox, make_avatar):
    theirs = make_avatar(bob)
    sandbox.calls.clear()
    for avatar_id in (theirs.pk, uuid4()):
        with pytest.raises(Avatar.DoesNotExist):
            services.open_session(ann, avatar_id=avatar_id)
    assert not sandbox.calls


@pytest.mark.parametrize("arguments", [{"type": "edit_existing"}, {"type": "delete_everything"}])
def test_arguments_that_do_not_fit_are_refused_without_a_call(ann, sandbox, arguments):
    with pytest.raises(ValueError, match=r"avatar_id|type must be"):
        services.open_session(ann, **arguments)
    assert not sandbox.calls


def test_hooks_decide(ann, bob, sandbox, configure):
    configure(HOOKS=f"{__name__}.CreateOnly")
    assert services.open_session(ann).type == "create"
    assert services.open_session(ann, type="create_or_edit_existing").type != "create"
    with pytest.raises(PermissionDenied):
        services.open_session(bob)
    assert sandbox.count("createUser") == 1


def test_inactive_user_is_refused(ann, sandbox):
    ann.is_active = False
    with pytest.raises(PermissionDenied):
        services.open_session(ann)


def test_avatar_gone_from_avaturn(ann, sandbox, make_avatar):
    avatar = make_avatar(ann)
    services.get_client().delete_avatar(avatar.profile.avaturn_id, avatar.pk)
    with pytest.raises(AvaturnNotFound):
        services.open_session(ann, avatar_id=avatar.pk)
    assert Avatar.objects.filter(pk=avatar.pk).exists()


def test_link_is_kept_nowhere(ann, sandbox, caplog):
    caplog.set_level("DEBUG")
    session = services.open_session(ann)
    assert session.url not in repr(session)
    assert session.url not in caplog.text


def test_failure_loses_nothing(ann, sandbox):
    sandbox.fail_next("createSession", status=500)
    with pytest.raises(AvaturnUnavailable):
        services.open_session(ann)
    services.open_session(ann)
    assert sandbox.count("createUser") == 1


def test_an_avatar_of_the_free_plan_is_not_the_api_s(ann, sandbox):
    """The site has moved to the plan with API since."""
    profile = services.get_profile(ann)
    avatar = Avatar.objects.create(profile=profile, avaturn_id="")
    sandbox.calls.clear()
    with pytest.raises(NeedsApi, match="only its own account"):
        services.open_session(ann, avatar_id=avatar.pk)
    assert not sandbox.calls
