"""What is written: the arrays of a pytree by name, as NumPy arrays with one of our dtypes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oxmlx.dtypes import as_dtype, float0
from oxmlx.errors import ArgumentError, DtypeError
from oxmlx.io.naming import tree_to_names
from oxmlx.ir.value import Value


def tree_to_buffers(arrays: Any, who: str) -> dict[str, np.ndarray]:
    """The leaves of a pytree of arrays by dotted name, computed if they are pending.

    Raises:
        ArgumentError: a leaf is no array.
        DtypeError: a NumPy array has a dtype that oxmlx has not.
    """
    return {name: leaf_to_buffer(name, x, who) for name, x in tree_to_names(arrays).items()}


def leaf_to_buffer(name: str, leaf: Any, who: str) -> np.ndarray:
    """The elements of an array of oxmlx or NumPy; nothing is converted."""
    if isinstance(leaf, Value):
        return leaf.concrete("a file")
    if not isinstance(leaf, np.ndarray | np.generic) or isinstance(leaf, np.ma.MaskedArray):
        problem = f"leaf {name!r:.80} is {type(leaf).__name__}, wanted an array"
        raise ArgumentError(who, problem, "ox.io.save_state keeps Python's numbers, too.")
    dtype = as_dtype(leaf.dtype, f"{who}: leaf {name!r:.80}")
    if dtype == float0:
        problem = f"leaf {name!r:.80} is float0, the tangent of an integer, which has no bytes"
        raise DtypeError(who, problem, "Leave it out.")
    return np.asarray(leaf)


def check_texts(metadata: Mapping[str, str] | None, who: str) -> Mapping[str, str]:
    """The metadata of a file, which are texts by name.

    Raises:
        ArgumentError: a key or a value is something else, or has a lone surrogate.
    """
    for key, value in (metadata or {}).items():
        check_text(key, "a key of metadata", who)
        check_text(value, f"metadata[{key!r:.80}]", who)
    return metadata or {}


def check_text(found: Any, what: str, who: str) -> None:
    """A text that UTF-8 can spell."""
    if not isinstance(found, str):
        raise ArgumentError(
            who, f"{what} is {found!r:.80}, wanted a text", "Use str or json.dumps."
        )
    try:
        found.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(
            who,
            f"{what} is {found!r:.80}, which is not Unicode",
            'Remove the lone surrogates: text.encode("utf-8", "replace").decode().',
        ) from error
