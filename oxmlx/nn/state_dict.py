"""State dicts: the arrays of a module by dotted name, as checkpoints have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oxmlx.dtypes import as_dtype, short_name
from oxmlx.errors import StateDictError
from oxmlx.ir.value import Value
from oxmlx.nn.naming import Entry, entries
from oxmlx.nn.struct import Struct
from oxmlx.ops.convert import cast, from_numpy

SHOWN = 8


def state_dict(node: Struct) -> dict[str, Any]:
    """Parameters and persistent buffers by dotted name."""
    return {e.name: e.value for e in entries(node) if e.is_persistent}


def checked_state(
    node: Struct, values: Mapping[str, Any], strict: bool, convert: bool
) -> dict[str, Any]:
    """The arrays of a state dict that belong to `node`, as its fields want them.

    Raises:
        StateDictError: names, shapes or dtypes do not match; all of them are listed.
    """
    wanted = {e.name: e for e in entries(node) if e.is_persistent}
    arrays = {name: as_array(values[name]) for name in wanted if name in values}
    problems = [
        *([f"missing {describe(e)}" for name, e in wanted.items() if name not in values] * strict),
        *([f"unexpected {name}" for name in values if name not in wanted] * strict),
    ]
    for name, x in arrays.items():
        have, want = wanted[name].value, x
        if tuple(have.shape) != tuple(want.shape) or (have.dtype != want.dtype and not convert):
            problems.append(f"{describe(wanted[name])} does not take {type_of(x)}")
    if problems:
        rest = len(problems) - SHOWN
        text = "\n    ".join([*problems[:SHOWN], *([f"and {rest} more"] if rest > 0 else [])])
        raise StateDictError(
            "load_state_dict",
            f"the state dict does not fit this {type(node).__name__}:\n    {text}",
            "strict=False takes the names that fit; cast=True converts dtypes.",
        )
    return {name: cast(x, as_dtype(wanted[name].value.dtype)) for name, x in arrays.items()}


def as_array(x: Any) -> Value:
    """A value of a state dict as an array of its own dtype."""
    return x if isinstance(x, Value) else from_numpy(np.array(x))


def describe(entry: Entry) -> str:
    """A name and what belongs there."""
    return f"{entry.name} {type_of(entry.value)}"


def type_of(x: Any) -> str:
    """The dtype and shape of an array."""
    return f"{short_name(as_dtype(x.dtype))}[{','.join(map(str, x.shape))}]"
