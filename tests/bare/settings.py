"""A site with no more of Django's own apps than the app needs: no admin, and no messages."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, MIDDLEWARE, TEMPLATES

UNNEEDED = ("django.contrib.admin", "django.contrib.messages")

INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in UNNEEDED]
MIDDLEWARE = [one for one in MIDDLEWARE if not one.startswith(UNNEEDED)]
PROCESSORS = ["django.template.context_processors.request"]
TEMPLATES = [{**TEMPLATES[0], "OPTIONS": {"context_processors": PROCESSORS}}]
ROOT_URLCONF = "tests.bare.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DATABASE_ROUTERS: list[str] = []
