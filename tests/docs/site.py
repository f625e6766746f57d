"""The site that a page's samples are tried in: what its reader has, and what the page changes."""

from __future__ import annotations

import ast
import copy
import importlib
import itertools
import sys
import types
from pathlib import Path
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.core import checks
from django.template import engines
from django.test import Client, RequestFactory
from django.urls import clear_url_caches, path

from django_avaturn import services
from django_avaturn.models import Avatar
from django_avaturn.sandbox import Sandbox
from tests import cards, photographs
from tests.docs.samples import ROOT, Sample

EMPTY: dict[str, Any] = {
    "DATABASES": {"default": {}},
    "LOGGING": {},
    "PERMISSIONS_POLICY": {},
    "REST_FRAMEWORK": {},
    "SECURE_CSP": {},
    "TASKS": {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}},
}
"""Settings that a site may not have yet; a sample may change them all the same."""
NAMED = (
    "CACHES",
    "INSTALLED_APPS",
    "MEDIA_ROOT",
    "MEDIA_URL",
    "MIDDLEWARE",
    "STORAGES",
    "TEMPLATES",
)
"""Settings that a page may add to."""
_numbers = itertools.count()


class Site:
    """Settings, URLs, templates, modules, a user with an avatar, and a sandbox."""

    def __init__(self, directory: Path, settings: Any, sandbox: Sandbox, text: str) -> None:
        self.directory, self.settings, self.sandbox = directory, settings, sandbox
        self.avaturn = dict(settings.AVATURN)
        self.modules: list[str] = []
        self.registered = set(admin.site._registry)
        (directory / "templates").mkdir(parents=True)
        sys.path.insert(0, str(directory))
        templates = copy.deepcopy(settings.TEMPLATES)
        templates[0]["DIRS"] = [directory / "templates"]
        settings.TEMPLATES = templates
        from tests import urls

        self.names: dict[str, Any] = {
            **copy.deepcopy(EMPTY),
            **{name: copy.deepcopy(getattr(settings, name)) for name in NAMED},
            "AVATURN": {},
            "__name__": "page",
            "BASE_DIR": directory,
            "path": path,
            "urlpatterns": [*urls.urlpatterns],
            "sandbox": sandbox,
            "settings_of_the_site": self.avaturn,
            **self._people(text),
        }

    def _people(self, text: str) -> dict[str, Any]:
        """A user, logged in, who has an avatar with files where the page speaks of one."""
        user = get_user_model().objects.create_user("ann", "ann@example.com", "secret")
        client = Client()
        client.force_login(user)
        request = RequestFactory().get("/")
        request.user, request.session = user, SessionStore()
        found = {"user": user, "client": client, "request": request}
        found.update(zip("abc", photographs.three().values(), strict=True))
        if "avatar" in text or "profile" in text:
            found["profile"] = profile = services.get_profile(user)
            found["avatar"] = self._avatar(profile)
        return found

    def _avatar(self, profile: Any) -> Avatar:
        """One that is ready, and the user's active one; its files are stored."""
        made = services.get_client().create_avatar(profile.avaturn_id)
        self.sandbox.set_status(str(made.avatar_id), "ready")
        services.sync_profile(profile)
        avatar = Avatar.objects.get(pk=made.avatar_id)
        services.activate_avatar(avatar)
        avatar.files.filter(kind="portrait").delete()
        cards.picture(avatar)
        return Avatar.objects.get(pk=avatar.pk)

    def close(self) -> None:
        """Forget the modules of the page, and what its apps have put into the admin."""
        for model in set(admin.site._registry) - self.registered:
            admin.site.unregister(model)
        sys.path.remove(str(self.directory))
        for name in self.modules:
            for known in [one for one in sys.modules if one.split(".")[0] == name.split(".")[0]]:
                del sys.modules[known]
        clear_url_caches()

    def python(self, sample: Sample) -> None:
        """Run it: as a module of its caption's name, or in the page's own names."""
        before = copy.deepcopy({name: self.names[name] for name in self.names if name.isupper()})
        routes = list(self.names["urlpatterns"])
        if sample.caption.endswith(".py") and "settings" not in sample.caption:
            self._module(sample)
        else:
            self._run(sample)
        changed = {
            name: value
            for name, value in self.names.items()
            if name.isupper() and (name not in before or before[name] != value)
        }
        self._configure(changed)
        if self.names["urlpatterns"] != routes:
            self._route()

    def _run(self, sample: Sample) -> None:
        """A sample may await, as async code and the shell do."""
        source = "\n" * (sample.line - 1) + sample.body  # so that tracebacks tell the page's lines
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(source, str(ROOT / sample.page), "exec", flags, dont_inherit=True)
        if code.co_flags & 0x80:  # inspect.CO_COROUTINE

            async def run() -> None:
                await eval(code, self.names)

            async_to_sync(run)()
        else:
            exec(code, self.names)

    def _module(self, sample: Sample) -> None:
        """What the caption names is a file: added to, where the page has shown a part before."""
        file = self.directory / sample.caption
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as target:
            target.write(sample.body)
        name = ".".join(file.relative_to(self.directory).with_suffix("").parts)
        self.modules.append(name)
        importlib.invalidate_caches()
        sys.modules.pop(name, None)
        module = importlib.import_module(name)
        shown = {key: value for key, value in vars(module).items() if not key.startswith("__")}
        self.names.update(shown)

    def _configure(self, changed: dict[str, Any]) -> None:
        """Put settings in force, but go on asking the sandbox; nothing may then be wrong."""
        changed.pop("DATABASES", None)  # they are open already
        for name, value in changed.items():
            if name == "AVATURN":
                value = self._with_sandbox(value)
            if name == "INSTALLED_APPS":
                value = list(dict.fromkeys(value))  # some are there already
            setattr(self.settings, name, copy.deepcopy(value))
        if changed:
            told = checks.run_checks(tags=["avaturn"])
            assert [one for one in told if one.level >= checks.ERROR] == []

    def _with_sandbox(self, value: dict[str, Any]) -> dict[str, Any]:
        if value.get("PROJECT_URL") and not value.get("API_TOKEN"):
            return {**value, "PROJECT_URL": f"{self.avaturn['API_URL']}/iframe"}
        return {
            **self.avaturn,
            **value,
            **{key: self.avaturn[key] for key in ("API_TOKEN", "API_URL")},
        }

    def _route(self) -> None:
        module = types.ModuleType(f"urls_of_a_page_{next(_numbers)}")
        module.urlpatterns = self.names["urlpatterns"]  # type: ignore[attr-defined]
        sys.modules[module.__name__] = module
        self.modules.append(module.__name__)
        self.settings.ROOT_URLCONF = module.__name__

    def template(self, sample: Sample) -> str:
        """Render it for the user; what a caption names can be extended and included later."""
        template = engines["django"].from_string(sample.body)
        if sample.caption:
            name = sample.caption.partition("templates/")[2]
            assert name, "a template's caption is its path, with templates/ in it"
            file = self.directory / "templates" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(sample.body, "utf-8")
            template = engines["django"].get_template(name)
        context = {name: value for name, value in self.names.items() if not name.startswith("__")}
        context.pop("request")
        if '{% extends "admin/' in sample.body:  # as the admin's own views have it
            context |= admin.site.each_context(self.names["request"])
            context["log_entries"] = LogEntry.objects.all()
        html = template.render(context, self.names["request"])
        self.names["html"] = html
        return str(html)
