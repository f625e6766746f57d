"""A plain site for the tests: SQLite first, PostgreSQL and MariaDB beside it."""

import os
import tempfile

import pymysql

from tests.databases import AVAILABLE

# Django asks for mysqlclient by its version number; PyMySQL needs no compiler.
pymysql.version_info = (2, 2, 7, "final", 0)
pymysql.install_as_MySQLdb()

SQLITE = f"{tempfile.gettempdir()}/avaturn-tests-{os.getpid()}.sqlite3"

SECRET_KEY = "tests only"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "tests.urls"
STATIC_URL = "/static/"
MEDIA_URL = "/media/"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_avaturn",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        # A file, as startproject has it: threads then meet real locks.
        "NAME": SQLITE,
        "TEST": {"NAME": SQLITE},
    },
    **AVAILABLE,
}
DATABASE_ROUTERS = ["tests.databases.CurrentDatabase"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AVATURN = {"API_TOKEN": "test-token-4f1d", "MAX_RETRIES": 1}
