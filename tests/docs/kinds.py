"""Which way each language of the pages goes. What is not in the table fails."""

from __future__ import annotations

import configparser
import io
import json
import re
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from babel.messages.pofile import read_po

from tests.docs import shell

if TYPE_CHECKING:
    from tests.docs.samples import Sample
    from tests.docs.site import Site

SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{#.*?#}", re.DOTALL)
VALUE = re.compile(r"{{.*?}}", re.DOTALL)


def python(sample: Sample, site: Site) -> None:
    """Run it, and put into force what it sets."""
    site.python(sample)


def template(sample: Sample, site: Site) -> None:
    """Render it; scripts in it are JavaScript."""
    html = site.template(sample)
    assert html.strip() or "{%" in sample.body
    scripts = [found["body"] for found in SCRIPT.finditer(sample.body) if found["body"].strip()]
    for body in scripts:
        check_script(VALUE.sub("0", TAG.sub("", body)))


def script(sample: Sample, site: Site) -> None:
    """A module, as browsers load it."""
    check_script(sample.body)


def check_script(text: str) -> None:
    """Have node read it without running it."""
    node = shutil.which("node")
    assert node, "node is needed to check the JavaScript of the pages"
    with tempfile.NamedTemporaryFile("w", suffix=".mjs", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        told = subprocess.run([node, "--check", file.name], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr


def commands(sample: Sample, site: Site) -> None:
    """See that all of it exists."""
    shell.check_script(sample.body)


def text(sample: Sample, site: Site) -> None:
    """A crontab, or sources of a Content-Security-Policy."""
    if re.fullmatch(r"('sha256-[\w+/]{43}='\s*)+", sample.body):
        return
    shell.check_crontab(sample.body)


def catalogue(sample: Sample, site: Site) -> None:
    """Translations of texts that are really ours."""
    ours = shell.ROOT / "django_avaturn/locale/en/LC_MESSAGES/django.po"
    with ours.open("rb") as file:
        known = {message.id for message in read_po(file)}
    told = {message.id for message in read_po(io.BytesIO(sample.body.encode())) if message.id}
    assert told and told <= known, told - known


def data(read: Callable[[str], object]) -> Callable[[Sample, Site], None]:
    """A file that is only to be read."""

    def check(sample: Sample, site: Site) -> None:
        assert read(sample.body) is not None

    return check


def ini(text: str) -> list[str]:
    """Sections of a configuration file; a part of one is enough."""
    file = configparser.ConfigParser(interpolation=None)
    file.read_string(text if text.lstrip().startswith("[") else f"[part]\n{text}")
    return file.sections()


def nginx(text: str) -> int:
    """Every line ends a directive, or opens or closes a block."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    assert all(line.endswith((";", "{", "}")) for line in lines), text
    assert text.count("{") == text.count("}"), text
    return len(lines)


KINDS: dict[str, Callable[[Sample, Site], None]] = {
    "css": lambda sample, site: css(sample.body),
    "given": python,
    "html+django": template,
    "ini": data(ini),
    "javascript": script,
    "json": data(json.loads),
    "nginx": data(nginx),
    "po": catalogue,
    "python": python,
    "shell": commands,
    "text": text,
    "then": python,
    "toml": data(tomllib.loads),
    "yaml": data(yaml.safe_load),
}


def css(text: str) -> None:
    """Custom properties in it are those that the package's own style sheets read."""
    assert text.count("{") == text.count("}") > 0, text
    own = Path(shell.ROOT / "django_avaturn/static/django_avaturn").glob("*.css")
    known = set(re.findall(r"--avaturn-[\w-]+", "".join(one.read_text("utf-8") for one in own)))
    assert set(re.findall(r"--avaturn-[\w-]+", text)) <= known


def way_of(sample: Sample) -> Callable[[Sample, Site], None]:
    """How to try a sample."""
    if sample.language not in KINDS:
        known = ", ".join(name for name in KINDS if name not in {"given", "then"})
        pytest.fail(f"{sample}: nobody tries this language. Known are {known}.")
    return KINDS[sample.language]
