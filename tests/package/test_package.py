"""What is published: built from the sdist, accepted by those who check, and installed alone."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
RUN_TIME = ("django", "django-environ", "djangorestframework", "requests")
VERSION = re.findall(
    r'^__version__ = "(.+)"$', (ROOT / "django_avaturn/__init__.py").read_text("utf-8"), re.M
)[0]
VENDOR = "django_avaturn/static/django_avaturn/vendor/"


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a module of this Python; what it printed, which is shown where it fails."""
    arguments = [sys.executable, "-m", *map(str, command)]
    done = subprocess.run(arguments, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with the sdist, and the wheel that was built from it."""
    directory = tmp_path_factory.mktemp("dist")
    run("build", "--outdir", directory, ROOT)
    return directory


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def sdist(dist: Path) -> Path:
    (found,) = dist.glob("*.tar.gz")
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site-packages of an empty environment into which the wheel was installed."""
    home = tmp_path_factory.mktemp("empty") / "env"
    run("venv", "--without-pip", home)
    (python,) = (path for path in (home / "bin/python", home / "Scripts/python.exe")
                 if path.exists())  # fmt: skip
    run("pip", "--python", python, "install", "--quiet", wheel)
    (site,) = home.glob("**/site-packages")
    return site


def names(path: Path) -> dict[str, importlib.metadata.Distribution]:
    """What is installed there."""
    found = importlib.metadata.distributions(path=[str(path)])
    return {canonicalize_name(one.metadata["Name"]): one for one in found}


def closure(start: Iterable[str], there: dict[str, importlib.metadata.Distribution]) -> set[str]:
    """These packages and all that their metadata asks for on this machine, without extras."""
    needed: set[str] = set()
    waiting = list(start)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in needed:
            needed.add(name)
            wanted = map(Requirement, there[name].requires or ())
            waiting += [
                one.name for one in wanted if not one.marker or one.marker.evaluate({"extra": ""})
            ]
    return needed


def test_index_accepts_both(dist: Path) -> None:
    """The README renders, and nothing is missing in the metadata."""
    assert run("twine", "check", "--strict", *dist.iterdir()).count("PASSED") == 2


def test_wheel_holds_what_it_should(wheel: Path) -> None:
    """One package, no stray file, no copy, nothing but migrations that cannot be imported."""
    assert f"{wheel.name}: OK" in run("check_wheel_contents", wheel)
    with zipfile.ZipFile(wheel) as archive:
        modules = [Path(name) for name in archive.namelist() if name.endswith(".py")]
    odd = {str(path.parent) for path in modules if not path.stem.isidentifier()}
    assert odd == {"django_avaturn/migrations"}


def test_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 2_000_000


def test_version_is_that_of_the_package(wheel: Path, sdist: Path) -> None:
    assert wheel.name == f"django_avaturn-{VERSION}-py3-none-any.whl"
    assert sdist.name == f"django_avaturn-{VERSION}.tar.gz"


def test_wheel_has_templates_static_files_and_the_code_of_others(wheel: Path) -> None:
    """All that is not Python: a build may lose it without a word."""
    package = ROOT / "django_avaturn"
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.suffix in {".css", ".html", ".js", ".py", ".svg", ".typed"}
    }
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert len(wanted) > 200
    assert wanted <= held
    assert {f"{VENDOR}{name}" for name in ("avaturn-sdk.js", "model-viewer.min.js", "NOTICE.txt")
            } <= held  # fmt: skip
    assert not [name for name in held if name.startswith(("tests", "docs", "example"))]


def test_sdist_has_what_the_tests_and_docs_need(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {
        ".github/workflows/ci.yml", "CHANGELOG.rst", "CONTRIBUTING.rst", "LICENSE", "README.rst",
        "SECURITY.rst", "docs/avaturn.rst", "example_project/manage.py", "hatch_build.py",
        "package-lock.json", "pyproject.toml", "tests/settings.py", "tox.ini",
    }  # fmt: skip
    assert wanted <= held


def test_metadata_names_no_address_that_nobody_knows(wheel: Path, installed: Path) -> None:
    metadata = names(installed)["django-avaturn"].metadata
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata.get_all("Project-URL") is None
    assert "Typing :: Typed" in (metadata.get_all("Classifier") or [])


def test_installing_it_brings_four_packages_and_what_they_need(installed: Path) -> None:
    there = names(installed)
    own = {Requirement(line).name.lower() for line in there["django-avaturn"].requires or ()
           if "extra ==" not in line}  # fmt: skip
    assert own == set(RUN_TIME)
    assert set(there) == {"django-avaturn"} | closure(RUN_TIME, there)
