"""The translations in what is built: compiled in the wheel, editable in the sdist."""

from __future__ import annotations

import gettext
import tarfile
import zipfile
from pathlib import Path

import pytest
from babel.messages.pofile import PoFileError
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

import hatch_build
from hatch_build import VENDOR_DIR, compile_messages

REPOSITORY = Path(hatch_build.__file__).parent
SOURCES = sorted(REPOSITORY.glob("django_avaturn/locale/*/LC_MESSAGES/django.po"))
NAMES = {path.relative_to(REPOSITORY).as_posix() for path in SOURCES}
COMPILED = {name.replace(".po", ".mo") for name in NAMES}

CATALOGUE = """\
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8"

msgid "Retry"
msgstr "Erneut versuchen"
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A project directory with one catalogue, not compiled yet."""
    path = tmp_path / "django_avaturn" / "locale" / "de" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(CATALOGUE, "utf-8")
    return path


def test_wheel_has_the_compiled_catalogues_alone(tmp_path: Path) -> None:
    """Git ignores them, and so would hatchling."""
    assert len(NAMES) == 8
    wheel = next(
        WheelBuilder(str(REPOSITORY)).build(directory=str(tmp_path), versions=["standard"])
    )
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name for name in names if name.endswith(".mo")} == COMPILED
    assert {name for name in names if name.endswith(".po")} == set()
    assert f"{VENDOR_DIR.as_posix()}/avaturn-sdk.js" in names


def test_sdist_has_the_catalogues_and_what_compiles_them(tmp_path: Path) -> None:
    """A wheel can be built from it again."""
    sdist = next(
        SdistBuilder(str(REPOSITORY)).build(directory=str(tmp_path), versions=["standard"])
    )
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert NAMES | COMPILED | {"hatch_build.py", "pyproject.toml"} <= names


def test_compiling(source: Path, tmp_path: Path) -> None:
    """A text that is changed afterwards is compiled again; nothing else is touched."""
    compile_messages(tmp_path)
    compiled = source.with_suffix(".mo")
    first = compiled.read_bytes()
    with compiled.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Retry") == "Erneut versuchen"
    source.write_text(CATALOGUE.replace("Erneut versuchen", "Nochmal"), "utf-8")
    compile_messages(tmp_path)
    assert compiled.read_bytes() != first


def test_a_broken_catalogue_ends_the_build(source: Path, tmp_path: Path) -> None:
    """Rather than a wheel that lacks a language without a word."""
    source.write_text(f"{CATALOGUE}\n<<<<<<< left over from a merge\n", "utf-8")
    with pytest.raises(PoFileError, match="misformatted keyword on 6"):
        compile_messages(tmp_path)
    assert not source.with_suffix(".mo").exists()
