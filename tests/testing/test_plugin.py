"""The fixtures, as pytest finds them in the package."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

from django_avaturn import pytest_plugin

from .consumer import run

FIRST = """
    import pytest
    from django.conf import settings as django_settings
    from django_avaturn.client.network import Sockets, current
    from django_avaturn.conf import settings as app
    from django_avaturn.models import Avatar

    @pytest.fixture(autouse=True, scope="module")
    def nothing_is_left():
        before = django_settings.AVATURN, django_settings.STORAGES
        yield
        assert (django_settings.AVATURN, django_settings.STORAGES) == before
        assert isinstance(current(), Sockets)

    def test_settings_first(settings, avaturn):
        settings.AVATURN = {"ALLOW_GUESTS": True}
        assert app.ALLOW_GUESTS and app.API_URL == avaturn.origin

    def test_settings_are_back():
        assert app.API_URL == "http://127.0.0.1:9100" and not app.ALLOW_GUESTS

    def test_settings_last(avaturn, settings):
        settings.AVATURN = {"ALLOW_GUESTS": True}
        settings.MEDIA_URL = "/elsewhere/"
        assert app.ALLOW_GUESTS and app.API_URL == avaturn.origin

    def test_settings_are_back_again():
        assert app.API_URL == "http://127.0.0.1:9100" and not app.ALLOW_GUESTS

    @pytest.mark.parametrize("number", range(4))
    def test_nobody_meets_anybody(avaturn, django_user_model, number):
        ann = django_user_model.objects.create_user("ann")
        avaturn.make_avatar(ann)
        assert len(avaturn.sandbox.users) == Avatar.objects.count() == 1
"""
SECOND = """
    import pytest
    from django_avaturn import services
    from django_avaturn.models import Avatar

    def test_commits_are_real(avaturn, transactional_db, django_user_model):
        ann = django_user_model.objects.create_user("ann")
        avaturn.export(ann)
        assert "createExport" in avaturn.calls

    def test_live(avaturn_live, live_server, django_user_model):
        avaturn_live.sandbox.plain_pictures = True
        avatar = avaturn_live.export(django_user_model.objects.create_user("ann"))
        avaturn_live.settle()
        avatar = Avatar.objects.get()
        assert avatar.model.file and avatar.portrait.file
        import urllib.request
        with urllib.request.urlopen(live_server.url + avatar.model.file.url) as answer:
            assert answer.read(4) == b"glTF"
"""
WRONG = """
    from django_avaturn import services

    def test_a_fault_that_does_not_exist(avaturn):
        avaturn.fail_next("listAvatars")

    def test_a_way_out(avaturn, django_user_model):
        avaturn.configure(API_URL="https://api.avaturn.me")
        services.get_profile(django_user_model.objects.create_user("ann"))

    def test_down(avaturn, django_user_model):
        with avaturn.down():
            services.get_profile(django_user_model.objects.create_user("ann"))

    def test_after_all_this(avaturn, django_user_model):
        services.get_profile(django_user_model.objects.create_user("ann"))
"""


def test_side_by_side(tmp_path):
    files = {"test_first.py": FIRST, "test_second.py": SECOND}
    code, said = run(tmp_path, files, "-n", "2", "--dist", "loadfile")
    assert code == 0, said
    assert "10 passed" in said


def test_what_is_wrong_is_told(tmp_path):
    code, said = run(tmp_path, {"test_wrong.py": WRONG})
    assert code == 1
    assert "3 failed, 1 passed" in said
    assert "Avaturn has no operation 'listAvatars'. There are: " in said
    assert "This test was about to reach api.avaturn.me." in said
    assert "AvaturnUnavailable: POST /api/v1/users/new: Avaturn could not be reached" in said


def test_without_pytest_django_it_says_so(tmp_path):
    files = {"test_it.py": "def test_it(avaturn): ...\ndef test_live(avaturn_live): ..."}
    start = """
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "pytest_django" else find(name)
"""
    options = ("-p", "no:django", "-o", "addopts=", "-W", "ignore")
    code, said = run(tmp_path, files, *options, start=start)
    assert code == 1 and said.count(pytest_plugin.MISSING) >= 2


def test_loading_it_imports_nothing():
    program = "import sys, django_avaturn.pytest_plugin; print(*sys.modules, sep='\\n')"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = ended.stdout.decode().split()
    packages = {"django", "rest_framework", "requests", "environ"}
    assert not packages & {name.partition(".")[0] for name in loaded}
    ours = {name for name in loaded if name.startswith("django_avaturn")}
    assert ours == {"django_avaturn", "django_avaturn.pytest_plugin"}


def test_the_package_announces_it():
    [found] = [one for one in entry_points(group="pytest11") if one.name == "avaturn"]
    assert found.value == "django_avaturn.pytest_plugin"
