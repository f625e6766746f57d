"""What is optional and not installed: everything can be imported, and says what to install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WITHOUT_PILLOW = """
import io
import sys

sys.modules["PIL"] = None  # to Python it is not installed

import django

django.setup()

from django.core.exceptions import ImproperlyConfigured

from django_avaturn.exceptions import PictureInvalid
from django_avaturn.services import opening, photos, pictures
from django_avaturn.testing import builders

assert opening.Image is None
assert not photos.available()
for call in (
    lambda: photos.check_photo(io.BytesIO(b"photo")),
    lambda: pictures.encode(io.BytesIO(b"picture")),
    lambda: builders.photo_form("male"),
):
    try:
        call()
    except (ImproperlyConfigured, PictureInvalid) as error:
        print(error)
"""


def test_without_pillow_all_can_be_imported():
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-c", WITHOUT_PILLOW]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("django-avaturn[portraits]") == 3
