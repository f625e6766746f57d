"""Everything is as it was before, whatever a test does, and whatever it sets."""

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.files.storage import storages
from django.test import override_settings

from django_avaturn import services
from django_avaturn.client.network import Sockets, current
from django_avaturn.conf import settings as app
from django_avaturn.exceptions import AvaturnUnavailable
from django_avaturn.services.connection import get_circuit
from django_avaturn.testing import Avaturn
from django_avaturn.testing.environment import ALIAS


def standing():
    """What a test changes."""
    return django_settings.AVATURN, django_settings.STORAGES, current()


@pytest.mark.parametrize("error", [None, ZeroDivisionError])
def test_all_is_restored(ann, tmp_path, settings, error):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    before = standing()
    try:
        with Avaturn() as avaturn:
            avaturn.make_avatar(ann)
            avaturn.configure(ALLOW_GUESTS=True)
            assert len(avaturn._files) == 3
            if error:
                raise error
    except ZeroDivisionError:
        pass
    assert standing() == before and isinstance(current(), Sockets)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_begin_leaves_nothing(db):
    before = standing()
    avaturn = Avaturn()
    avaturn._override = lambda values: 1 / 0
    with pytest.raises(ZeroDivisionError), avaturn:
        pass
    assert standing() == before


def test_the_sites_own_keys_are_kept(db):
    with override_settings(AVATURN={"GUEST_DAYS": 3, "API_TOKEN": "of production"}):
        with Avaturn(MAX_RETRIES=1):
            assert app.GUEST_DAYS == 3 and app.MAX_RETRIES == 1
            assert app.API_TOKEN != "of production" and app.API_URL.endswith(".avaturn.test")
        assert app.API_TOKEN == "of production"


def test_the_plan_of_the_site_is_kept(ann):
    site = override_settings(AVATURN={"PROJECT_URL": "https://mine.avaturn.dev"})
    with site, Avaturn() as avaturn:
        assert app.free_plan and f"{avaturn.origin}/iframe" == app.PROJECT_URL
        assert avaturn.make_avatar(ann).model.file


def test_a_test_may_set_what_it_likes(avaturn, ann):
    origin = app.API_URL
    with override_settings(AVATURN={"ALLOW_GUESTS": True}):
        assert app.ALLOW_GUESTS and origin == app.API_URL
        services.get_profile(ann)
        with override_settings(AVATURN={"API_TOKEN": ""}):
            assert not app.API_TOKEN and not app.ALLOW_GUESTS
        assert app.ALLOW_GUESTS
    assert not app.ALLOW_GUESTS and origin == app.API_URL
    assert avaturn.calls == ["createUser"]


def test_files_stay_when_storages_are_set_anew(avaturn, ann, settings):
    avatar = avaturn.make_avatar(ann)
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": memory}
    assert avatar.model.file.size > 1000
    with override_settings(STORAGES={"default": memory, "staticfiles": memory}):
        avatar.model.file.close()
        assert avatar.model.file.read()[:4] == b"glTF"


def test_the_storage_is_like_one_in_the_cloud(avaturn, ann):
    file = avaturn.make_avatar(ann).model.file
    storage = storages[ALIAS]
    assert file.url == f"/media/{file.name}" and storage.exists(file.name)
    with pytest.raises(NotImplementedError):
        file.path  # noqa: B018
    file.close()
    storage.delete(file.name)
    storage.delete(file.name)
    with pytest.raises(FileNotFoundError):
        file.open()


def test_one_inside_of_another(ann, bob):
    with Avaturn() as outer:
        outer.make_avatar(ann)
        with Avaturn() as inner:
            services.get_profile(bob)
            assert len(inner.sandbox.users) == 1 and inner.calls == ["createUser"]
        assert len(outer.sandbox.users) == 1 and outer.calls == []
        services.sync_profile(services.get_profile(ann))
        assert outer.calls == ["listUserAvatars"]


def test_an_outage_is_not_carried_over(ann):
    cache.clear()
    with Avaturn() as avaturn:
        avaturn.fail_next("createUser", times=9, status=500)
        for _ in range(5):
            with pytest.raises(AvaturnUnavailable):
                services.get_profile(ann)
        assert get_circuit().down_for() is not None
    assert cache._cache == {}
    with Avaturn() as avaturn:
        assert services.get_profile(ann).avaturn_id in avaturn.sandbox.users


def test_a_checkpoint_goes_back(avaturn, ann):
    avatar = avaturn.make_avatar(ann)
    files = dict(avaturn._files)
    with avaturn.checkpoint():
        avaturn.configure(ALLOW_GUESTS=True)
        avaturn.fail_next("*", status=500)
        avaturn.sandbox.fail_exports = 3
        avaturn.sandbox.state.clear()
        avaturn._files.clear()
        assert app.ALLOW_GUESTS
    assert avaturn._files == files and not app.ALLOW_GUESTS
    assert avaturn.sandbox.fail_exports == 0 and avaturn.sandbox.processing_seconds == 0
    services.sync_profile(avatar.profile)
    avatar.refresh_from_db()
    assert avatar.gone_at is None and avaturn.calls == ["listUserAvatars"]
