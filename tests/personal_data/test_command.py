"""``manage.py avaturn_personal_data``."""

from __future__ import annotations

import io
import os
import stat
from zipfile import ZipFile

import pytest
from django.core.files.storage import FileSystemStorage, storages
from django.core.management import CommandError, call_command

from django_avaturn import services
from tests.meanwhile import meanwhile

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments, terminal=False):
    out, err = io.StringIO(), io.StringIO()
    out.isatty = lambda: terminal
    call_command("avaturn_personal_data", *arguments, stdout=out, stderr=err)
    return out.getvalue() + err.getvalue()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working directory."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def test_command_writes_a_file_for_this_account_alone(ann, dress, here):
    dress(ann)
    umask = os.umask(0)
    try:
        told = run("ann")
    finally:
        os.umask(umask)
    [path] = here.iterdir()
    assert told == f"{path.name}: avatars: 1, files: 3\n"
    assert path.name == f"avaturn-personal-data-{ann.avaturn_profile.pk}.zip"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(ZipFile(path).namelist()) == 4


def test_command_by_primary_key_with_progress(ann, dress, here):
    dress(ann)
    told = run(str(ann.pk), "--pk", "--output", "out.zip", terminal=True)
    assert "\r\033[K3 of 3 files" in told
    assert told.endswith("\r\033[Kout.zip: avatars: 1, files: 3\n")


def test_command_overwrites_only_by_force(ann, dress, here):
    dress(ann)
    (here / "out.zip").write_text("precious")
    with pytest.raises(CommandError, match="exists"):
        run("ann", "--output", "out.zip")
    assert (here / "out.zip").read_text() == "precious"
    run("ann", "--output", "out.zip", "--force")
    assert len(ZipFile(here / "out.zip").namelist()) == 4
    assert stat.S_IMODE((here / "out.zip").stat().st_mode) == 0o600


@pytest.mark.parametrize("arguments", [["zed"], ["zed", "--pk"], ["4711", "--pk"]])
def test_command_does_not_know_the_user(ann, here, arguments):
    with pytest.raises(CommandError, match=f"No user has the .* {arguments[0]!r}"):
        run(*arguments)


def test_command_says_that_there_is_nothing(ann, here):
    assert "holds nothing" in run("ann")
    assert list(here.iterdir()) == []


def test_user_who_is_erased_meanwhile(ann, dress, here):
    dress(ann)
    with (
        meanwhile(r"SELECT .*_remotedeletion\W", lambda: services.erase(ann)),
        pytest.raises(CommandError, match="erased this very moment"),
    ):
        run("ann")
    assert list(here.iterdir()) == []


def test_command_tells_of_missing_files(ann, dress, here):
    avatar = dress(ann)
    storages["default"].delete(avatar.model.file.name)
    told = run("ann", "--output", "out.zip")
    assert "files: 2" in told
    assert "Not in the storage any more: 1." in told


def test_command_leaves_nothing_half_done(ann, dress, here, monkeypatch):
    dress(ann)
    with pytest.raises(CommandError, match="could not be written"):
        run("ann", "--output", "nowhere/out.zip")

    def broken(self, name, mode="rb"):
        raise ConnectionResetError(104, "Connection reset by peer")

    (here / "out.zip").write_text("precious")
    monkeypatch.setattr(FileSystemStorage, "_open", broken)
    with pytest.raises(CommandError, match="Connection reset by peer"):
        run("ann", "--output", "out.zip", "--force")
    assert [path.name for path in here.iterdir()] == ["out.zip"]
    assert (here / "out.zip").read_text() == "precious"
