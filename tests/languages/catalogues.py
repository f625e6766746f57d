"""What the sources say that people read, and what the catalogues have for it."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "django_avaturn"
LOCALE = PACKAGE / "locale"

PLURALS = {
    "en": "nplurals=2; plural=n != 1",
    "de": "nplurals=2; plural=n != 1",
    "fr": "nplurals=2; plural=n > 1",
    "es": "nplurals=2; plural=n != 1",
    "pt": "nplurals=2; plural=n != 1",
    "ru": (
        "nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : "
        "n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2"
    ),
    "ja": "nplurals=1; plural=0",
    "ar": (
        "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : "
        "n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5"
    ),
}
"""How each language counts. Babel's own idea of it changes with its version."""
LANGUAGES = tuple(PLURALS)

KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADERS = ("Language:", "Plural-Forms", "n%100", "MIME-", "Content-")
"""What is kept of the header: the rest is in git, or would change with each run."""


def path_of(language: str) -> Path:
    """The catalogue that translators edit."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """The catalogue of a language; an empty one where there is no file."""
    path = path_of(language)
    if path.exists():
        with path.open("rb") as file:
            return read_po(file, locale=language, abort_invalid=True)
    return Catalog(language)


def write(catalog: Catalog) -> None:
    """Write it as translators edit it: files without line numbers, so that little changes."""
    language = str(catalog.locale)
    catalog.fuzzy, catalog.header_comment = False, ""
    catalog.mime_headers = [("Plural-Forms", PLURALS[language])]
    written = BytesIO()
    write_po(written, catalog, width=100, include_lineno=False, ignore_obsolete=True)
    header, _, rest = written.getvalue().decode().partition("\n\n")
    lines = header.splitlines()
    kept = [line for line in lines if line[:1] != '"' or line[1:].startswith(HEADERS)]
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(filter(None, kept)) + f"\n\n{rest}", "utf-8", newline="\n")


def from_sources() -> Catalog:
    """Every text of the package that is marked for translation."""
    found = Catalog()
    for path in _sources():
        name = path.relative_to(ROOT).as_posix()
        code = BytesIO(_as_python(path).encode())
        for line, message, comments, context in extract("python", code, keywords=KEYWORDS):
            found.add(message, locations=[(name, line)], auto_comments=comments, context=context)
    return found


def _sources() -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*")):
        folders = path.relative_to(PACKAGE).parts
        code = path.suffix == ".py" and "migrations" not in folders
        if code or (path.suffix == ".html" and "templates" in folders):
            yield path


def _as_python(path: Path) -> str:
    """A template as Django itself hands it to xgettext: calls, with the rest blanked out."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        return text
    # Indents would be read as blocks.
    return "\n".join(line.lstrip() for line in templatize(text).splitlines())
