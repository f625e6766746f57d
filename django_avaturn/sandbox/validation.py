"""Schema checks whose complaints look like those of FastAPI with Pydantic 2."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from .messages import Request, Response, error

Loc = tuple[str | int, ...]
Problem = dict[str, object]
Check = Callable[[object, Loc], list[Problem]]

TRUE_WORDS = frozenset({"1", "true", "t", "yes", "y", "on"})
FALSE_WORDS = frozenset({"0", "false", "f", "no", "n", "off"})


class Invalid(Exception):
    """The request does not fit the schema; ``response`` is the 422 answer."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problem(s)")
        self.response: Response = error(422, problems)


def problem(kind: str, loc: Loc, message: str, given: object) -> Problem:
    """One item of ``detail``."""
    return {"type": kind, "loc": list(loc), "msg": message, "input": given}


def text(value: object, loc: Loc) -> list[Problem]:
    """Any string."""
    if isinstance(value, str):
        return []
    return [problem("string_type", loc, "Input should be a valid string", value)]


def number(value: object, loc: Loc) -> list[Problem]:
    """An integer or a float; booleans are neither."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return []
    return [problem("float_type", loc, "Input should be a valid number", value)]


def not_negative(value: object, loc: Loc) -> list[Problem]:
    """A number from 0 on."""
    wrong = number(value, loc)
    if wrong or (isinstance(value, int | float) and value >= 0):
        return wrong
    return [problem("greater_than_equal", loc, "Input should not be negative", value)]


def whole_number(value: object, loc: Loc) -> list[Problem]:
    """An integer from 0 on."""
    if isinstance(value, int) and not isinstance(value, bool):
        return not_negative(value, loc)
    return [problem("int_type", loc, "Input should be a valid integer", value)]


def flag(value: object, loc: Loc) -> list[Problem]:
    """True or false."""
    if isinstance(value, bool):
        return []
    return [problem("bool_type", loc, "Input should be a valid boolean", value)]


def uuid_text(value: object, loc: Loc) -> list[Problem]:
    """A UUID in its hyphenated form."""
    if not isinstance(value, str):
        return [problem("uuid_type", loc, "UUID input should be a string", value)]
    try:
        if str(uuid.UUID(value)) == value.lower():
            return []
    except ValueError:
        pass
    return [problem("uuid_parsing", loc, "Input should be a valid UUID", value)]


def boolean_word(value: object, loc: Loc) -> list[Problem]:
    """A word of a query that means yes or no."""
    if isinstance(value, str) and value.lower() in TRUE_WORDS | FALSE_WORDS:
        return []
    message = "Input should be a valid boolean, unable to interpret input"
    return [problem("bool_parsing", loc, message, value)]


def one_of(*choices: str | int) -> Check:
    """One of a few fixed values."""
    expected = " or ".join(map(repr, choices))

    def check(value: object, loc: Loc) -> list[Problem]:
        if value in choices and not isinstance(value, bool | float):
            return []
        return [problem("literal_error", loc, f"Input should be {expected}", value)]

    return check


def pattern(expression: str) -> Check:
    """A string that the whole of ``expression`` matches."""
    compiled = re.compile(expression)

    def check(value: object, loc: Loc) -> list[Problem]:
        wrong = text(value, loc)
        if wrong or compiled.fullmatch(str(value)):
            return wrong
        message = f"String should match pattern '^{expression}$'"
        return [problem("string_pattern_mismatch", loc, message, value)]

    return check


def nullable(check: Check) -> Check:
    """Null, or whatever ``check`` lets through."""
    return lambda value, loc: [] if value is None else check(value, loc)


def text_mapping(value: object, loc: Loc) -> list[Problem]:
    """An object whose values are strings."""
    if not isinstance(value, dict):
        return [problem("dict_type", loc, "Input should be a valid dictionary", value)]
    return [wrong for key, item in value.items() for wrong in text(item, (*loc, key))]


def record(fields: Mapping[str, Check], required: frozenset[str] = frozenset()) -> Check:
    """An object with the given fields; unknown ones are let through unread."""

    def check(value: object, loc: Loc) -> list[Problem]:
        if not isinstance(value, dict):
            message = "Input should be a valid dictionary or object to extract fields from"
            return [problem("model_attributes_type", loc, message, value)]
        problems = []
        for name, field_check in fields.items():
            if name in value:
                problems += field_check(value[name], (*loc, name))
            elif name in required:
                problems.append(problem("missing", (*loc, name), "Field required", value))
        return problems

    return check


def tagged(tag: str, variants: Mapping[str, Check]) -> Check:
    """An object whose field ``tag`` says which of the variants it is."""
    known = ", ".join(f"'{name}'" for name in variants)

    def check(value: object, loc: Loc) -> list[Problem]:
        if not isinstance(value, dict):
            return record({})(value, loc)
        if tag not in value:
            message = f"Unable to extract tag using discriminator '{tag}'"
            return [problem("union_tag_not_found", loc, message, value)]
        variant = variants.get(value[tag]) if isinstance(value[tag], str) else None
        if variant is None:
            message = f"Input tag does not match any of the expected tags: {known}"
            return [problem("union_tag_invalid", loc, message, value)]
        return variant(value, loc)

    return check


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


def json_body(request: Request, check: Check) -> dict[str, Any]:
    """The JSON object in the body.

    Raises:
        Invalid: no body, no JSON, or not what ``check`` asks for.
    """
    if not request.body:
        raise Invalid([problem("missing", ("body",), "Field required", None)])
    try:
        value = json.loads(request.body, parse_constant=_refuse_constant)
    except json.JSONDecodeError as fault:
        raise Invalid([_not_json(("body", fault.pos), fault.msg)]) from None
    except (ValueError, RecursionError):
        raise Invalid([_not_json(("body", 0), "unreadable")]) from None
    content_type = request.header("content-type").partition(";")[0].strip().lower()
    if content_type and content_type != "application/json" and not content_type.endswith("+json"):
        value = request.body.decode(errors="replace")
    require(check(value, ("body",)))
    return dict(value)  # pyright: ignore[reportArgumentType, reportCallIssue, reportReturnType]


def _not_json(loc: Loc, reason: str) -> Problem:
    return {**problem("json_invalid", loc, "JSON decode error", {}), "ctx": {"error": reason}}


def require(problems: list[Problem]) -> None:
    """Pass silently, or raise `Invalid` with the problems."""
    if problems:
        raise Invalid(problems)


def query_problems(
    request: Request, checks: Mapping[str, Check], required: frozenset[str] = frozenset()
) -> list[Problem]:
    """Problems of the query string; unknown names are ignored."""
    query = request.query
    problems = []
    for name, check in checks.items():
        if name in query:
            problems += check(query[name], ("query", name))
        elif name in required:
            problems.append(problem("missing", ("query", name), "Field required", None))
    return problems
