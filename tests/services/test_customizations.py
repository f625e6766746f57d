"""What an avatar wears, read and written: one call to Avaturn each, and none that is in vain."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from asgiref.sync import async_to_sync

from django_avaturn import jobs, services
from django_avaturn.client import Asset, Customization
from django_avaturn.exceptions import (
    AvatarNotReady,
    AvaturnConflict,
    AvaturnGone,
    AvaturnNotFound,
    AvaturnTimeout,
    AvaturnUnavailable,
    CustomizationInvalid,
    NeedsApi,
)
from django_avaturn.hooks import AvaturnHooks
from django_avaturn.models import Avatar, AvatarFile

pytestmark = pytest.mark.django_db(transaction=True)

HOODIE = UUID("018ee7a6-7b80-7c07-a9fa-d0a07bd40001")
BOB = UUID("018ee7a6-7b80-7c07-a9fa-d0a07bd40012")
BOOTS = UUID("018ee7a6-7b80-7c07-a9fa-d0a07bd40018")
LOOK = Customization(
    assets={
        "clothing": Asset(HOODIE),
        "hair_and_headwear": Asset(BOB, "#6d4539"),
        "footwear": Asset(BOOTS),
    },
    body="body_1",
    metadata={"team": "red"},
    bone_scale={"head": 12.5},
    skin_tone_correction=-7,
)


class Uniform(AvaturnHooks):
    """A site that dresses everybody."""

    def default_customization(self, avatar):
        return LOOK


@pytest.fixture
def avatar(ann, sandbox) -> Avatar:
    """Ready, at Avaturn and here."""
    profile = services.get_profile(ann)
    avatar_id = sandbox.add_avatar(profile.avaturn_id)
    services.sync_profile(profile)
    sandbox.calls.clear()
    return Avatar.objects.select_related("profile").get(pk=avatar_id)


def remote(sandbox, avatar):
    """What Avaturn has noted."""
    return sandbox.users[avatar.avaturn_id].avatars[str(avatar.pk)].customization


def state(avatar):
    """All that a change leaves here."""
    return Avatar.objects.filter(pk=avatar.pk).values().get(), avatar.files.count()


def test_read(avatar, sandbox, django_assert_num_queries):
    with django_assert_num_queries(0):
        worn = services.get_customization(avatar)
    assert worn.as_json() == remote(sandbox, avatar)
    assert all(asset is None or isinstance(asset, Asset) for asset in worn.assets.values())
    assert [call.operation for call in sandbox.calls] == ["getCustomization"]


def test_write_replaces_all_of_it(avatar, sandbox):
    services.set_customization(avatar, LOOK)
    assert remote(sandbox, avatar) == LOOK.as_json()
    services.set_customization(avatar, Customization(assets={"clothing": Asset(HOODIE)}))
    assert remote(sandbox, avatar) == {
        "assets": {"clothing": {"id": str(HOODIE)}},
        "body": "body_0",
        "age": "adult",
        "metadata": {},
        "bone_scale": {"head": 0, "arms": 0, "chest": 0},
        "skin_tone_correction": 0,
    }


def test_one_thing_is_changed(avatar, sandbox):
    before = services.get_customization(avatar)
    services.set_customization(avatar, replace(before, skin_tone_correction=20))
    assert remote(sandbox, avatar) == {**before.as_json(), "skin_tone_correction": 20}


def test_write_leaves_a_note(avatar, sandbox):
    Avatar.objects.update(customized=False)
    before = Avatar.objects.get(pk=avatar.pk).updated_at
    services.set_customization(avatar, LOOK)
    row = Avatar.objects.get(pk=avatar.pk)
    assert (row.customized, row.body_id) == (avatar.customized, avatar.body_id) == (True, "body_1")
    assert row.updated_at == avatar.updated_at > before


def test_files_are_made_anew(avatar, sandbox):
    """The old ones stay until the new ones are there."""
    services.request_files(avatar)
    jobs.run_due(AvatarFile)
    first = Avatar.objects.get(pk=avatar.pk).model
    services.set_customization(avatar, LOOK)
    jobs.run_due(AvatarFile)
    second = Avatar.objects.get(pk=avatar.pk).model
    assert second.pk == first.pk
    assert second.version != first.version
    kinds = avatar.files.order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == [AvatarFile.Kind.MODEL, AvatarFile.Kind.PORTRAIT]


def test_what_a_write_costs(avatar, sandbox, django_assert_max_num_queries):
    services.set_customization(avatar, LOOK)
    sandbox.calls.clear()
    # begin, lock (2), avatar, model (2), unwanted portraits, portrait (2), commit; 10 are the task
    with django_assert_max_num_queries(10 + 10):
        services.set_customization(avatar, LOOK)
    assert sandbox.count("setCustomization") == 1
    assert sandbox.count("getCustomization") == sandbox.count("listUserAvatars") == 0


def test_uploaded_avatar_has_the_default_without_a_call(avatar, sandbox, configure):
    """Avaturn documents no answer for one that nobody has customised."""
    Avatar.objects.update(customized=False)
    avatar.refresh_from_db()
    configure(HOOKS=f"{__name__}.Uniform")
    assert services.get_customization(avatar) == LOOK
    assert not sandbox.calls

    services.set_customization(avatar, replace(LOOK, age="child"))
    assert services.get_customization(avatar).age == "child"
    assert sandbox.count("getCustomization") == 1


@pytest.mark.parametrize("status", ["pending", "processing", "failed", "being_dreamt_of"])
def test_avatar_that_is_not_ready(avatar, sandbox, status):
    Avatar.objects.update(status=status)
    avatar.refresh_from_db()
    before = state(avatar)
    with pytest.raises(AvatarNotReady):
        services.get_customization(avatar)
    with pytest.raises(AvatarNotReady):
        services.set_customization(avatar, LOOK)
    assert state(avatar) == before
    assert not sandbox.calls


@pytest.mark.parametrize("reason", ["unconfirmed", "free plan"])
def test_avatar_that_avaturn_cannot_be_asked_for(avatar, sandbox, configure, reason):
    if reason == "unconfirmed":
        Avatar.objects.update(avaturn_id="")
        avatar.refresh_from_db()
    else:
        configure(API_TOKEN="", PROJECT_URL="https://project.avaturn.dev")
    before = state(avatar)
    with pytest.raises(NeedsApi):
        services.get_customization(avatar)
    with pytest.raises(NeedsApi):
        services.set_customization(avatar, LOOK)
    assert state(avatar) == before
    assert not sandbox.calls


@pytest.mark.parametrize("field", ["skin_tone_correction", "bone_scale", "assets"])
def test_what_does_not_fit_costs_nothing(avatar, sandbox, field, django_assert_num_queries):
    wrong = {
        "skin_tone_correction": 51,
        "bone_scale": {"head": float("nan")},
        "assets": {"gloves": Asset(HOODIE)},
    }
    before = state(avatar)
    with django_assert_num_queries(0), pytest.raises(CustomizationInvalid) as caught:
        services.set_customization(avatar, replace(LOOK, **{field: wrong[field]}))
    assert list(caught.value.errors) == [field]
    assert state(avatar) == before
    assert not sandbox.calls


def test_asset_in_a_wrong_slot(avatar, sandbox):
    before = state(avatar), remote(sandbox, avatar)
    with pytest.raises(AvaturnConflict) as caught:
        services.set_customization(avatar, replace(LOOK, assets={"footwear": Asset(HOODIE)}))
    assert (caught.value.asset_id, caught.value.slot) == (HOODIE, "footwear")
    assert (state(avatar), remote(sandbox, avatar)) == before


def test_assets_that_are_gone(avatar, sandbox):
    lost = [uuid4(), uuid4()]
    before = state(avatar), remote(sandbox, avatar)
    assets = {
        "clothing": Asset(lost[0]),
        "footwear": Asset(BOOTS),
        "eyewear": Asset(lost[1], "#00000000"),
    }
    with pytest.raises(AvaturnGone) as caught:
        services.set_customization(avatar, replace(LOOK, assets=assets))
    assert set(caught.value.asset_ids) == set(lost)
    assert (state(avatar), remote(sandbox, avatar)) == before


def test_after_a_time_out_it_can_be_written_again(avatar, sandbox, configure):
    """Whether the first try took effect is not known."""
    configure(TIMEOUT=0.3)
    sandbox.fail_next("setCustomization", latency=1, after=True)
    with pytest.raises(AvaturnTimeout):
        services.set_customization(avatar, LOOK)
    assert not avatar.files.exists()
    configure(TIMEOUT=5)
    services.set_customization(avatar, LOOK)
    assert remote(sandbox, avatar) == LOOK.as_json()
    assert avatar.files.count() == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 500, "times": 9}, AvaturnUnavailable),
        ({"drop": True, "times": 9}, AvaturnUnavailable),
        ({"latency": 5}, AvaturnTimeout),
    ],
)
def test_avaturn_has_a_bad_day(avatar, sandbox, configure, fault, kind):
    configure(TIMEOUT=0.3, MAX_RETRIES=0)
    before = state(avatar)
    sandbox.fail_next("setCustomization", **fault)
    with pytest.raises(kind):
        services.set_customization(avatar, LOOK)
    assert state(avatar) == before


def test_avatar_deleted_at_avaturn(avatar, sandbox):
    services.get_client().delete_avatar(avatar.avaturn_id, avatar.pk)
    before = state(avatar)
    for ask in (
        lambda: services.get_customization(avatar),
        lambda: services.set_customization(avatar, LOOK),
    ):
        with pytest.raises(AvaturnNotFound):
            ask()
    assert state(avatar) == before


def test_avatar_deleted_meanwhile(avatar, sandbox, monkeypatch):
    write = services.get_client().set_customization.__func__

    def deleted_meanwhile(client, avatar_id, customization):
        write(client, avatar_id, customization)
        Avatar.objects.get(pk=avatar_id).delete()

    target = "django_avaturn.client.AvaturnClient.set_customization"
    monkeypatch.setattr(target, deleted_meanwhile)
    with pytest.raises(Avatar.DoesNotExist):
        services.set_customization(avatar, LOOK)
    assert not AvatarFile.objects.exists()


def test_async_twins(avatar, sandbox):
    async_to_sync(services.aset_customization)(avatar, LOOK)
    assert async_to_sync(services.aget_customization)(avatar).as_json() == LOOK.as_json()
