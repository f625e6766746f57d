"""What these pages need beyond Sphinx: links between files, and lists that the code writes."""

from __future__ import annotations

import argparse
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from django.apps import apps
from django.core.management import load_command_class
from django.core.management.base import BaseCommand
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import django_avaturn
from django_avaturn.conf import Settings
from django_avaturn.management import commands
from django_avaturn.rest.openapi.codes import ROWS

PACKAGE = Path(django_avaturn.__file__).parent
PROPERTY = re.compile(r"var\((--avaturn-[\w-]+), *((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
COMMON = {action.dest for action in BaseCommand().create_parser("manage.py", "any")._actions}
"""Options of every command, which Django tells of."""


def link_files(app: Sphinx, doctree: nodes.document) -> None:
    """Turn links to files such as ``outages.rst``, which GitHub follows, into links to pages."""
    here = app.env.docname.rpartition("/")[0]
    for link in list(doctree.findall(nodes.reference)):
        address = link.get("refuri", "")
        if address.endswith(".rst") and "://" not in address:
            from_readme = address.startswith("docs/")
            name = address.removeprefix("docs/").removesuffix(".rst")
            target = addnodes.pending_xref(
                "",
                refdomain="std",
                reftype="doc",
                refdoc=app.env.docname,
                reftarget=f"/{here}/{name}" if here and not from_readme else f"/{name}",
                refexplicit=True,
                refwarn=True,
            )
            target += nodes.inline("", link.astext())
            link.replace_self(target)


class Generated(SphinxDirective):
    """Takes reStructuredText from a function of this module that reads it off the package."""

    write: Callable[[], Iterator[str]]

    def run(self) -> list[nodes.Node]:
        """What the function says, as nodes."""
        return self.parse_text_to_nodes("\n".join(type(self).write()), allow_section_headings=True)


def plain(text: object) -> str:
    """A text in which nothing is markup, and what is in single quotes is code."""
    parts = re.split(r"(?<!\w)'([^']*)'", str(text))
    escaped = [re.sub(r"([\\*`|_])", r"\\\1", part) for part in parts[::2]]
    code = [f"``{part}``" if part else "``''``" for part in parts[1::2]]
    return "".join(one + other for one, other in zip(escaped, [*code, ""], strict=True))


def settings_rows() -> Iterator[str]:
    """One definition for each key of ``django_avaturn.conf.Settings``."""
    for option in Settings.options():
        yield f"``{option.key}``"
        yield f"    {plain(option.help)}"
        yield ""
        yield f"    Takes {plain(option.kind.expected)}. Default: ``{default(option.default)}``."
        yield f"    In the environment: ``{option.variable}``."
        yield ""


def default(value: object) -> str:
    """A default as one writes it into the settings."""
    if isinstance(value, tuple):
        return repr([int(one) if isinstance(one, float) else one for one in value])
    return repr(value)


def error_rows() -> Iterator[str]:
    """The codes of the REST API, with what people read."""
    yield from (".. list-table::", "   :header-rows: 1", "   :widths: 12 28 60", "")
    yield from ("   * - Status", "     - Code", "     - Text, unless there is a more special one")
    for status, code, text in sorted({(status, code, str(text)) for status, code, text in ROWS}):
        yield from (f"   * - {status}", f"     - ``{code}``", f"     - {plain(text)}")


def command_rows() -> Iterator[str]:
    """The management commands, with their options."""
    for _, name, _ in pkgutil.iter_modules(commands.__path__):
        command = load_command_class("django_avaturn", name)
        yield from (f"``manage.py {name}``", f"    {plain(command.help)}", "")
        for action in command.create_parser("manage.py", name)._actions:
            if action.help and action.dest not in COMMON:
                words = ", ".join(action.option_strings) or action.dest
                value = f" {action.metavar or action.dest.upper()}" if takes_value(action) else ""
                yield from (f"    ``{words}{value}``", f"        {plain(action.help)}", "")


def takes_value(action: argparse.Action) -> bool:
    """Whether an option is followed by something."""
    return bool(action.option_strings) and action.nargs != 0


def property_rows() -> Iterator[str]:
    """The custom properties that the style sheets read, with their light and dark defaults."""
    found: dict[str, dict[str, None]] = {}
    for sheet in sorted((PACKAGE / "static" / "django_avaturn").glob("*.css")):
        for match in PROPERTY.finditer(sheet.read_text("utf-8")):
            found.setdefault(match[1], {})[match[2].strip()] = None
    for name, values in sorted(found.items()):
        yield from (f"``{name}``", f"    {' or '.join(f'``{value}``' for value in values)}", "")


def template_rows() -> Iterator[str]:
    """The templates that a site may replace."""
    folder = PACKAGE / "templates"
    for file in sorted(folder.rglob("*.html")):
        text = file.read_text("utf-8")
        blocks = ", ".join(f"``{name}``" for name in re.findall(r"{% block (\w+)", text))
        yield f"* ``{file.relative_to(folder).as_posix()}``" + (
            f", blocks {blocks}" if blocks else ""
        )


def field_rows() -> Iterator[str]:
    """The fields of the models, each with its type."""
    for model in apps.get_app_config("django_avaturn").get_models():
        yield from (f"``{model.__name__}``", "")
        for field in model._meta.concrete_fields:
            target = field.related_model
            kind = (
                f"to {target.__name__}" if isinstance(target, type) else field.get_internal_type()
            )
            told = f": {plain(field.help_text)}" if field.help_text else ""
            yield f"    * ``{field.attname}`` ({kind}){told}"
        yield ""


GENERATED = {
    "avaturn-commands": command_rows,
    "avaturn-errors": error_rows,
    "avaturn-fields": field_rows,
    "avaturn-properties": property_rows,
    "avaturn-settings": settings_rows,
    "avaturn-templates": template_rows,
}


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of it."""
    app.connect("doctree-read", link_files)
    for name, write in GENERATED.items():
        app.add_directive(name, type("Written", (Generated,), {"write": staticmethod(write)}))
    return {"parallel_read_safe": True}
