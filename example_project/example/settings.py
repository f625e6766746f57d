"""Settings of the example site.

Each one that differs from place to place comes from the environment or from the file
``.env`` beside ``manage.py``; ``.env.example`` lists them all.
"""

from importlib.util import find_spec
from pathlib import Path

import environ

from example.csp import policy
from example.plans import editor_origin, sandboxed

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=True)
SECRET_KEY = env.str("SECRET_KEY", **({"default": "only-for-development"} if DEBUG else {}))
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])

INSTALLED_APPS = [
    "members",
    "django_avaturn",
    "rest_framework",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

HAS_CSP = find_spec("django.middleware.csp") is not None  # Django 6.0 and later

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    *(["django.middleware.csp.ContentSecurityPolicyMiddleware"] if HAS_CSP else []),
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "example.urls"
WSGI_APPLICATION = "example.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.i18n",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "members.context_processors.avaturn",
            ],
        },
    },
]

DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}"),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LOGIN_URL = "members:log_in"
LOGIN_REDIRECT_URL = "members:profile"
LOGOUT_REDIRECT_URL = "members:home"

# The texts of this site are English; those of django_avaturn and of the admin follow the reader.
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("ar", "العربية"),
    ("de", "Deutsch"),
    ("en", "English"),
    ("es", "Español"),
    ("fr", "Français"),
    ("ja", "日本語"),
    ("pt", "Português"),
    ("ru", "Русский"),
]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"

MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media")))

# Avaturn: the real service when there is a token, or on the plan without API a project's
# address, else the sandbox. In the first two cases the app itself reads AVATURN_API_TOKEN,
# AVATURN_PROJECT_URL and its other settings from the environment.
PROJECT_URL = env.str("AVATURN_PROJECT_URL", default="")
USE_SANDBOX = not (env.str("AVATURN_API_TOKEN", default="") or PROJECT_URL)
FREE_SANDBOX = env.str("AVATURN_PLAN", default="") == "free"
SANDBOX_URL = env.str("AVATURN_SANDBOX_URL", default="http://127.0.0.1:9100")
SANDBOX_STATE = Path(env.str("SANDBOX_STATE", default=str(BASE_DIR / "sandbox.json")))

AVATURN = sandboxed(SANDBOX_URL, free=FREE_SANDBOX) if USE_SANDBOX else {}

EDITOR_ORIGINS = env.list(
    "EDITOR_ORIGINS", default=[SANDBOX_URL if USE_SANDBOX else editor_origin(PROJECT_URL)]
)
SECURE_CSP = policy(EDITOR_ORIGINS)
