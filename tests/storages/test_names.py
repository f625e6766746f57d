"""A storage that gives files names of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage

from django_avaturn import services
from django_avaturn.models import AvatarFile


class Shelves(FileSystemStorage):
    """Puts everything a level deeper."""

    def get_available_name(self, name, max_length=None):
        return super().get_available_name(f"shelf/{name}", max_length)


@pytest.mark.django_db(transaction=True)
def test_files_are_found_and_deleted_under_the_name_they_got(
    ann, sandbox, remote_avatar, settings, tmp_path, configure
):
    backend = {"BACKEND": f"{__name__}.Shelves", "OPTIONS": {"location": tmp_path / "shelves"}}
    settings.STORAGES = {**settings.STORAGES, "shelves": backend}
    configure(STORAGE="shelves")
    sandbox.at_once = True
    avatar_id = remote_avatar(services.get_profile(ann))
    sandbox.set_status(str(avatar_id), "ready")
    services.record_export(ann, avatar_id, {})
    model = AvatarFile.objects.get(kind="model")
    assert model.file.name.startswith("shelf/")
    stored = Path(model.file.path)
    assert stored.is_file()
    ann.delete()
    assert not stored.exists()
