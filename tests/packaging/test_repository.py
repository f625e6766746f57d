"""What the repository may hold: our own files, and nothing that ties it to one place."""

import importlib.metadata
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

import django_avaturn
from hatch_build import VENDOR_DIR, VENDORED, read_pins

REPOSITORY = Path(__file__).resolve().parents[2]

# Written in pieces, so that this file does not hold what it looks for.
REGISTRY_HOSTS = [
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("npmjs", "org"),
    ("npmjs", "com"),
    ("yarnpkg", "com"),
    ("debian", "org"),
]
REGISTRY = re.compile("|".join(r"\b" + r"\.".join(host) for host in REGISTRY_HOSTS), re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.\-])/(?:" + "|".join(["ro" + "ot", "wo" + "rk"]) + r")/\w")


def repository_files() -> list[Path]:
    """Return every file that is tracked or about to be; skip where there is no checkout."""
    if not (REPOSITORY / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    paths = (REPOSITORY / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Return the places in the repository where the pattern is found."""
    found = []
    for path in repository_files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [
            f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)
        ]
    return found


def test_no_registry_is_named() -> None:
    """Where packages come from is the business of the machine that fetches them."""
    assert lines_with(REGISTRY) == []


def test_no_path_of_one_machine() -> None:
    """The repository works from any directory."""
    assert lines_with(MACHINE_PATH) == []


def test_no_code_of_others() -> None:
    """It is fetched by the build and ignored by git."""
    names = {name for item in VENDORED for name in item.files.values()}
    files = repository_files()
    assert [path for path in files if VENDOR_DIR.name in path.parts] == []
    assert [path for path in files if "node_modules" in path.parts] == []
    assert [path for path in files if path.name in names or ".min." in path.name] == []


def test_no_file_is_huge() -> None:
    """Models and pictures for tests are made by code."""
    assert [path for path in repository_files() if path.stat().st_size > 1_000_000] == []


def test_lock_file_holds_pins_and_no_addresses() -> None:
    """Each package is pinned by its digest; where it comes from is left open."""
    text = (REPOSITORY / "package-lock.json").read_text("utf-8")
    packages = json.loads(text)["packages"]
    assert "://" not in text
    for name, entry in packages.items():
        assert "resolved" not in entry
        assert not name or entry["integrity"].startswith("sha512-")


def test_package_json_pins_exactly_what_is_shipped() -> None:
    """The lock file follows package.json, so both have to name the same versions."""
    package = json.loads((REPOSITORY / "package.json").read_text("utf-8"))
    assert package["private"] is True
    pins = {name: pin["version"] for name, pin in read_pins(REPOSITORY).items()}
    assert package["dependencies"] == pins


def test_changelog_begins_with_this_version() -> None:
    """A release that nobody described is not a release."""
    text = (REPOSITORY / "CHANGELOG.rst").read_text("utf-8")
    headings = re.findall(r"^(\d\S*).*\n-+$", text, re.MULTILINE)
    assert headings[0] == django_avaturn.__version__


def test_run_time_needs_four_packages() -> None:
    """A dependency more has to be argued for, here too."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.split(r"[<>=~!\[; ]", line)[0] for line in project["dependencies"]}
    assert names == {"Django", "django-environ", "djangorestframework", "requests"}


def test_installed_package_is_this_one() -> None:
    """The tests are run against what the build made: right version, typed."""
    assert importlib.metadata.version("django-avaturn") == django_avaturn.__version__
    assert (Path(django_avaturn.__file__).parent / "py.typed").is_file()


def test_ci_gives_the_command_of_the_readme() -> None:
    """What the README promises is what is checked."""
    script = REPOSITORY / ".ci" / "run"
    if not script.exists():
        pytest.skip("not a git checkout")
    last = script.read_text("utf-8").strip().splitlines()[-1]
    assert last == "python -m pip install tox && tox"
    assert last in (REPOSITORY / "README.rst").read_text("utf-8")
