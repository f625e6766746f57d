"""What is optional and not installed: everything else works, and says what to install."""

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
WITHOUT_ADMIN = """
import django

django.setup()

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from django_avaturn.models import Avatar
from django_avaturn.sandbox import Sandbox, SandboxServer

call_command("check")
call_command("migrate", verbosity=0)
browser = Client()
browser.force_login(get_user_model().objects.create_user("ann"))
with SandboxServer(Sandbox(tokens=[settings.AVATURN["API_TOKEN"]])) as server:
    settings.AVATURN = {**settings.AVATURN, "API_URL": server.url}
    print(browser.post("/avatar/sessions/").status_code)
    (user,) = server.sandbox.users
    avatar = server.sandbox.add_avatar(user)
    print(browser.post(f"/avatar/avatars/{avatar}/exports/").status_code)
    print(browser.get("/avatar/").text.count("<avaturn-editor"))
    print(browser.post("/avatar/", {"avatar": avatar, "action": "delete"}).status_code)
    print(Avatar.objects.count())
call_command("avaturn_status")
"""


def run(code: str, settings: str) -> str:
    """What it printed, in a Python of its own that takes no warning lightly."""
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_without_pillow_all_can_be_imported():
    assert run(WITHOUT_PILLOW, "tests.settings").count("django-avaturn[portraits]") == 3


def test_without_admin_and_messages_all_else_works():
    """Django imports every tag library there is, that of the admin's pages included."""
    told = run(WITHOUT_ADMIN, "tests.bare.settings")
    assert "\n201\n201\n2\n302\n0\n" in f"\n{told}", told
