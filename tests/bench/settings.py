"""The tests' site on PostgreSQL alone, with a URLconf that holds the rivals, too."""

import os
from importlib.util import find_spec

from tests.databases import ADDRESSES, database
from tests.settings import *  # noqa: F403  # a settings module extends another
from tests.settings import INSTALLED_APPS as TESTED_APPS

NAME = os.environ["BENCH_DATABASE"]

RIVAL_APPS = ["djstripe"] if find_spec("djstripe") else []
INSTALLED_APPS = [*TESTED_APPS, *RIVAL_APPS, "tests.bench"]
ROOT_URLCONF = "tests.bench.urls"
DATABASES = {
    "default": {
        **database(ADDRESSES["postgres"]),
        "NAME": NAME,
        "TEST": {"NAME": NAME, "MIGRATE": False},  # dj-stripe's migrations take a minute
        "CONN_MAX_AGE": None,  # opening connections would blur what the views cost
    }
}
DATABASE_ROUTERS = []
UPSTREAM = os.environ.get("BENCH_UPSTREAM", "")
AVATURN = {
    "API_TOKEN": "bench-token",
    "WEBHOOK_SECRETS": ["a-secret-of-the-bench-5d20"],
    **({"API_URL": UPSTREAM} if UPSTREAM else {}),
}
THINKING = float(os.environ.get("BENCH_THINKING", "0"))
EDITOR = os.environ.get("BENCH_EDITOR", "https://editor.example")
if "BENCH_STATIC" in os.environ:  # collected there, under names that change with the content
    STATIC_ROOT = os.environ["BENCH_STATIC"]
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
LOGGING = {"version": 1, "root": {"level": "ERROR"}}
STRIPE_TEST_SECRET_KEY = f"sk_test_{'x' * 24}"
STRIPE_LIVE_MODE = False
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
if CACHE := os.environ.get("BENCH_CACHE", ""):
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": CACHE,
            "KEY_PREFIX": NAME,
        }
    }
