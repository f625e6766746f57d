"""What the site tells browsers to refuse. Told with ``--deploy``, since it differs from a laptop.

A view may have a policy of its own, which no check can see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import InvalidStorageError, storages
from django.templatetags.static import static
from django.urls import get_resolver

from ..conf import settings
from ..decorators import MARK
from .csp import SELF, Need, Policy, admits, enforced, source_of
from .environment import SDK_FILE
from .middleware import installed
from .settings import LOOPBACK

ANY_PROJECT = "https://*.avaturn.dev"
MODEL_VIEWER_STYLE = "'sha256-PXtZZkJMMyc18o/DN1ZEFOJ2qEGq95IQbVaJFMOXOb0='"
"""Of the style sheet in the shadow root of model-viewer; changes with its version."""

OWN_POLICY = "Views with a policy of their own are not looked at."


def check_policies(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """W016 and W017 Content-Security-Policy, W018 Permissions-Policy, W019 Cross-Origin-Opener."""
    try:
        content = [message for policy in enforced() for message in _content(policy)]
        return [*content, *_camera(), *_popups()]
    except (ImproperlyConfigured, InvalidStorageError):
        return []  # told by check_settings


def editor_source() -> str:
    """Where the editor's frame comes from, as policies write it."""
    sandbox = settings.API_URL if urlsplit(settings.API_URL).hostname in LOOPBACK else ""
    address = settings.PROJECT_URL or sandbox
    return source_of(address) if address else ANY_PROJECT


def _content(policy: Policy) -> list[CheckMessage]:
    editor = policy.missing(_editor_needs())
    viewer = policy.changed(editor).missing(_viewer_needs())
    found: list[CheckMessage] = []
    if editor:
        found.append(
            Warning(
                "The Content-Security-Policy blocks the avatar editor "
                f"({', '.join(editor)}): pages would show an error in its place.",
                hint=f"Let in what it needs. {OWN_POLICY}{policy.lines(editor)}",
                id="avaturn.W016",
            )
        )
    if viewer:
        found.append(
            Warning(
                "The Content-Security-Policy blocks parts of the 3D viewer, or avatars' files "
                f"({', '.join(viewer)}): models and portraits would be missing, also those that "
                "browsers take where there is no webhook.",
                hint=f"Let in what they need. {OWN_POLICY}{policy.lines(viewer)}",
                id="avaturn.W017",
            )
        )
    return found


def _editor_needs() -> list[Need]:
    own = _static_source()
    return [
        Need("frame-src", editor_source()),
        *(Need("script-src-elem", one) for one in dict.fromkeys([own, _sdk_source(own)])),
        Need("style-src-elem", own),
        Need("connect-src", SELF),
    ]


def _viewer_needs() -> list[Need]:
    files = _file_source()
    return [
        Need("script-src", "'wasm-unsafe-eval'"),
        Need("style-src-elem", MODEL_VIEWER_STYLE),
        Need("connect-src", "blob:"),
        *(Need(kind, one) for one in files for kind in ("connect-src", "img-src")),
    ]


def _static_source() -> str:
    try:
        address = static(SDK_FILE)
    except ValueError:  # hashed names, and collectstatic has not been run here
        address = django_settings.STATIC_URL or ""
    return source_of(address)


def _sdk_source(own: str) -> str:
    return source_of(settings.SDK_URL) if settings.SDK_URL else own


def _file_source() -> list[str]:
    """Where the storage serves its files; nothing where it does not say."""
    try:
        return [source_of(storages[settings.STORAGE].url("avaturn/model.glb"))]
    except InvalidStorageError:
        raise
    except Exception:  # a storage without addresses, or one that has to sign them and cannot
        return []


def _camera() -> list[CheckMessage]:
    policy = getattr(django_settings, "PERMISSIONS_POLICY", None) or {}
    camera = policy.get("camera")
    if camera is None or not installed("django_permissions_policy.PermissionsPolicyMiddleware"):
        return []
    allowed = [camera] if isinstance(camera, str) else [one for one in camera if one != "none"]
    editor = editor_source()
    needed = ["self", editor] if editor != SELF else ["self"]
    missing = [one for one in needed if not any(_delegates(source, one) for source in allowed)]
    if not missing:
        return []
    written = ", ".join(f'"{one}"' for one in dict.fromkeys([*allowed, *missing]) if one != "none")
    return [
        Warning(
            "The Permissions-Policy keeps the camera from the avatar editor, or from the page "
            "itself: nobody could take photos of themselves.",
            hint="A frame gets the camera only where the page has it, too. Allow both:\n"
            f'    PERMISSIONS_POLICY["camera"] = [{written}]',
            id="avaturn.W018",
        )
    ]


def _delegates(source: str, origin: str) -> bool:
    named = origin != "self" and source != "self" and admits(source, origin)
    return source in ("*", origin) or named


def _popups() -> list[CheckMessage]:
    policy = django_settings.SECURE_CROSS_ORIGIN_OPENER_POLICY
    sent = policy == "same-origin" and installed("django.middleware.security.SecurityMiddleware")
    if not (sent and settings.free_plan) or any(_marked(get_resolver().url_patterns)):
        return []
    return [
        Warning(
            "The Cross-Origin-Opener-Policy cuts off the window in which people sign in to "
            "Avaturn: on its plan without API nobody could use the editor.",
            hint="Put the decorator django_avaturn.decorators.allow_popups on the views whose "
            "pages have the editor in them, or allow it everywhere:\n"
            '    SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin-allow-popups"',
            id="avaturn.W019",
        )
    ]


def _marked(patterns: Any) -> Iterator[bool]:
    """Whether views have the decorator; of the site's own, since the app's page has it anyway."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            if pattern.app_name != "avaturn":
                yield from _marked(pattern.url_patterns)
        else:
            yield hasattr(pattern.callback, MARK)
