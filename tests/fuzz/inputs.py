"""What the parsers are given, and how much of it: the same in every run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st


def tries(examples: int) -> settings:
    """A bounded number of inputs, always the same ones."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


ODD = st.sampled_from("\0\ud800\udfff\n\x7f\xa0\u2028\U0001f464 a7:;/%'\"")
ANY_TEXT = st.text(ODD, max_size=8) | st.text(st.characters(exclude_categories=()), max_size=40)
"""With NUL, half surrogate pairs and all that."""
NUMBERS = st.integers() | st.integers(-(2**80), 2**80) | st.floats()
SCALARS = st.none() | st.booleans() | NUMBERS | ANY_TEXT


def nested(leaves: st.SearchStrategy[Any], max_leaves: int = 8) -> st.SearchStrategy[Any]:
    """Arrays and objects of these."""
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
        max_leaves=max_leaves,
    )


JSON = nested(SCALARS)
"""Any value that ``json.loads`` may give."""


def objects(
    fields: Mapping[str, st.SearchStrategy[Any]], anything: st.SearchStrategy[Any] = JSON
) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of these fields, of which one is now and then something else."""
    good = st.fixed_dictionaries({}, optional=dict(fields))
    odd = st.tuples(st.sampled_from([*fields]), anything) | st.tuples(ANY_TEXT, anything)
    return st.builds(lambda told, other: told | dict(other), good, st.just([]) | st.tuples(odd))


def encoded(value: object) -> bytes:
    """As JSON, which may write half a surrogate pair as an escape."""
    return json.dumps(value).encode()


def same(one: object, other: object) -> bool:
    """Whether two values are alike, NaN and NaN too."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


UUIDS = st.uuids().map(str)
LINKS = st.sampled_from(["https://files.avaturn.me/a.glb?sig=s", "http://127.0.0.1/", "x:y"])
