"""Bring the catalogues in line with the sources, and compile them: ``python -m tests.languages``.

New texts come in without a translation, and are listed; those that are gone are dropped. Each
language that is named is started anew where there is none of it.
"""

from __future__ import annotations

import sys

from hatch_build import compile_messages

from .catalogues import LANGUAGES, ROOT, from_sources, read, write


def update(language: str) -> list[str]:
    """Rewrite one catalogue; returns what lacks a translation."""
    catalog = read(language)
    catalog.update(from_sources(), no_fuzzy_matching=True)
    messages = [message for message in catalog if message.id]
    for message in messages:
        if language == "en":
            message.string = message.id
    write(catalog)
    texts = [(message.id, message.string) for message in messages]
    return [str(text) for text, translated in texts if not all(_forms(translated))]


def _forms(translated: object) -> list[object]:
    return list(translated) if isinstance(translated, tuple) else [translated]


def main(languages: list[str]) -> int:
    """Update all; tell what is missing, which makes the exit status 1."""
    missing = {language: update(language) for language in languages}
    compile_messages(ROOT)
    for language, texts in missing.items():
        for text in texts:
            print(f"{language}: {text}")
    return int(any(missing.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(LANGUAGES)))
