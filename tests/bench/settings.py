"""The tests' site on PostgreSQL alone, with a URLconf that holds the rivals, too."""

import os

from tests.databases import ADDRESSES, database
from tests.settings import *  # noqa: F403  # a settings module extends another
from tests.settings import INSTALLED_APPS as TESTED_APPS

NAME = os.environ["BENCH_DATABASE"]

INSTALLED_APPS = [*TESTED_APPS, "tests.bench"]
ROOT_URLCONF = "tests.bench.urls"
DATABASES = {
    "default": {
        **database(ADDRESSES["postgres"]),
        "NAME": NAME,
        "TEST": {"NAME": NAME},
        "CONN_MAX_AGE": None,  # opening connections would blur what the views cost
    }
}
DATABASE_ROUTERS = []
UPSTREAM = os.environ.get("BENCH_UPSTREAM", "")
AVATURN = {"API_TOKEN": "bench-token", **({"API_URL": UPSTREAM} if UPSTREAM else {})}
LOGGING = {"version": 1, "root": {"level": "ERROR"}}
