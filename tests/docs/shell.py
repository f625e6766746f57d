"""Commands in the pages: that they exist, and take the options they are given.

What would install, serve or wait is not run here; the tutorial's and the quick start's tests do.
"""

from __future__ import annotations

import configparser
import re
import shlex
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution

from django.core.management import get_commands, load_command_class

from tests.docs.samples import ROOT

Words = list[str]

TOOLS = {"build", "pre-commit", "tox", "twine"}
"""What a page may tell people to install besides what the tests themselves use."""
NPX = {"openapi-typescript"}
OF_THE_SYSTEM = {
    ".",
    "cd",
    "chromium",
    "createdb",
    "export",
    "git",
    "mkdir",
    "notify-somebody",
    "source",
}
CRON = re.compile(r"^\s*(?:[\d*/,-]+\s+){5}")


def check_script(text: str) -> int:
    """Check every command of a script; return how many there were."""
    lines = text.replace("\\\n", " ").splitlines()
    commands = [words for line in lines for words in _commands(line)]
    assert commands, "there is no command in it"
    for words in commands:
        check(words)
    return len(commands)


def check_crontab(text: str) -> int:
    """Check the commands of a crontab."""
    lines = text.splitlines()
    assert all(CRON.match(line) for line in lines), "this is no line of a crontab"
    return sum(check_script(CRON.sub("", line)) for line in lines)


def _commands(line: str) -> list[Words]:
    lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found: list[Words] = [[]]
    for word in lexer:
        if word in {"&&", "||", ";", "|", "&"}:
            found.append([])
        elif found[-1] or not re.match(r"[A-Z_][A-Z0-9_]*=", word):  # NAME=value before a command
            found[-1].append(word)
    return [_without_redirection(words) for words in found if words]


def _without_redirection(words: Words) -> Words:
    ends = [n for n, word in enumerate(words) if word.startswith((">", "<"))]
    return words[: ends[0]] if ends else words


def check(words: Words) -> None:
    """Fail where a command does not exist, or not with these words."""
    name, rest = words[0], words[1:]
    assert name in COMMANDS or name in OF_THE_SYSTEM, f"tests/docs/shell.py does not know {name!r}"
    if name in COMMANDS:
        COMMANDS[name](rest)


def _python(words: Words) -> None:
    if words[:1] == ["-c"]:
        compile(words[1], "python -c", "exec")
    elif words[:1] == ["-m"]:
        module, rest = words[1], words[2:]
        if module != "venv":
            check([{"django": "django-admin"}.get(module, module), *rest])
    else:
        assert words and words[0].endswith("manage.py"), f"python {words}"
        _manage(words[1:])


def _manage(words: Words) -> None:
    get_commands.cache_clear()  # a page may have added an app
    commands = get_commands()
    name, rest = words[0], words[1:]
    assert name in commands or name == "demo", f"there is no command {name!r}"
    app = commands.get(name) or "members"
    command = load_command_class(app, name) if isinstance(app, str) else app
    parser = command.create_parser("manage.py", name)
    rest = [word.strip("<>") if word.startswith("<") else word for word in rest]
    try:
        parser.parse_args(rest)
    except (Exception, SystemExit) as error:
        raise AssertionError(f"{name} does not take {rest}: {error}") from None


def _pip(words: Words) -> None:
    assert words[0] in {"install", "uninstall"}, words
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    while "--group" in words:
        at = words.index("--group")
        assert words[at + 1] in project["dependency-groups"], f"no group {words[at + 1]}"
        words = words[:at] + words[at + 2 :]
    for word in (word for word in words[1:] if not word.startswith("-") and word != "."):
        found = re.match(r"([\w.-]+)(?:\[([\w,-]+)\])?", word)
        assert found, word
        name, wanted = found[1].lower(), set((found[2] or "").split(",")) - {""}
        if name == "django-avaturn":
            assert wanted <= project["project"]["optional-dependencies"].keys(), (
                f"no such extra: {wanted}"
            )
        elif name not in TOOLS:
            try:
                distribution(name)
            except PackageNotFoundError:
                raise AssertionError(f"the tests know no package {name!r}") from None


def _tox(words: Words) -> None:
    file = configparser.ConfigParser(interpolation=None)
    file.read(ROOT / "tox.ini", "utf-8")
    listed = file["tox"]["env_list"].split()
    known = {*listed, *(name.removeprefix("testenv:") for name in file.sections())}
    own = words[: words.index("--")] if "--" in words else words
    named = [
        name for n, word in enumerate(own) if n and own[n - 1] == "-e" for name in word.split(",")
    ]
    assert set(named) <= known, f"tox has no environment {set(named) - known}"


def _pytest(words: Words) -> None:
    paths = [word.partition("::")[0] for word in words if word.startswith("tests")]
    assert all((ROOT / path).exists() for path in paths), paths


def _npm(words: Words) -> None:
    if words[:1] == ["run"]:
        scripts = (ROOT / "package.json").read_text("utf-8")
        assert f'"{words[1]}":' in scripts, f"package.json has no script {words[1]}"


def _npx(words: Words) -> None:
    assert words[0] in NPX, f"tests/docs/shell.py does not know npx {words[0]}"


def _celery(words: Words) -> None:
    from celery.bin.celery import celery

    options = [word for word in words if word.startswith("-")]
    (name,) = (word for word in words if word in celery.commands)
    known = [*celery.params, *celery.commands[name].params]
    assert set(options) <= {flag for one in known for flag in one.opts}, options


def _anything(words: Words) -> None:
    """A linter or a server with options of its own."""


COMMANDS: dict[str, Callable[[Words], None]] = {
    "celery": _celery,
    "django-admin": _manage,
    "gunicorn": _anything,
    "manage.py": _manage,
    "mypy": _anything,
    "npm": _npm,
    "npx": _npx,
    "pip": _pip,
    "pre-commit": _anything,
    "build": _anything,
    "pytest": _pytest,
    "python": _python,
    "python3": _python,
    "ruff": _anything,
    "tox": _tox,
    "twine": _anything,
}
