"""docs/checks.rst has a section on each id, and what it says to write into the settings helps."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as plain

from django_avaturn import checks
from django_avaturn.checks.policies import MODEL_VIEWER_STYLE
from tests.checks.sites import SOUND, findings, ids

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "checks.rst").read_text("utf-8")
SECTIONS = dict(
    re.findall(r"^avaturn\.(\w+)\n~+\n(.*?)(?=\n\n[^\n]+\n[-~]+\n|\Z)", PAGE, re.M | re.S)
)
DJANGO = "django.middleware.csp.ContentSecurityPolicyMiddleware"


def test_each_id_has_a_section_and_each_section_an_id():
    code = "".join(path.read_text("utf-8") for path in Path(checks.__file__).parent.glob("*.py"))
    used = re.findall(r'id="avaturn\.(\w+)"', code)
    assert sorted(SECTIONS) == sorted(set(used))
    assert len(used) == len(set(used))
    assert all(len(text.split()) > 5 for text in SECTIONS.values())


def written(one: str) -> str:
    """The lines of a section that are for the settings."""
    [block] = re.findall(r"code-block:: python\n\n((?:   .*\n?|\n)+)", SECTIONS[one])
    return textwrap.dedent(block)


TROUBLE: dict[str, dict[str, Any]] = {
    "W006": {"MEDIA_ROOT": "", "MEDIA_URL": "", "BASE_DIR": Path("/srv")},
    "W009": {"REST_FRAMEWORK": {"DEFAULT_AUTHENTICATION_CLASSES": []}},
    "W010": {"TEMPLATES": [{**plain.TEMPLATES[0], "OPTIONS": {"context_processors": []}}]},
    "W011": {"TASKS": {}},
    "W018": {
        "MIDDLEWARE": ["django_permissions_policy.PermissionsPolicyMiddleware", *plain.MIDDLEWARE],
        "PERMISSIONS_POLICY": {"camera": []},
    },
    "I001": {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}},
}


@pytest.mark.parametrize("one", TROUBLE)
def test_what_a_section_says_helps(one: str):
    site = {**SOUND, **TROUBLE[one]}
    assert ids(**site, deploy=True) == [f"avaturn.{one}"]
    exec(written(one), site)
    better = {name: value for name, value in site.items() if name.isupper()}
    assert findings(**better, deploy=True) == []


def test_the_policy_of_both_sections_is_enough():
    site = {**SOUND, "MIDDLEWARE": [DJANGO, *plain.MIDDLEWARE]}
    exec(written("W016"), site)
    named = {name: site[name] for name in (*SOUND, "MIDDLEWARE", "SECURE_CSP")}
    assert ids(**named, deploy=True) == ["avaturn.W017"]
    exec(written("W017"), named)
    named.pop("__builtins__")
    assert findings(**named, deploy=True) == []


@pytest.mark.parametrize(
    "page", ["README.rst", "docs/checks.rst", "example_project/example/csp.py"]
)
def test_the_hash_of_the_viewer_is_the_same_everywhere(page: str):
    """And that it is the right one, the browser tests show with the example's policy."""
    assert MODEL_VIEWER_STYLE in (ROOT / page).read_text("utf-8")


def test_the_policy_of_the_example_is_enough():
    """The one that the browser tests run with."""
    namespace: dict[str, Any] = {}
    exec((ROOT / "example_project/example/csp.py").read_text("utf-8"), namespace)
    policy = namespace["policy"](["https://*.avaturn.dev"])
    site = {**SOUND, "MIDDLEWARE": [DJANGO, *plain.MIDDLEWARE], "SECURE_CSP": policy}
    assert findings(**site, deploy=True) == []
