"""State dicts: the arrays of a module by dotted name, as checkpoints have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from oxmlx.dtypes import as_dtype, short_name
from oxmlx.errors import StateDictError
from oxmlx.ir.value import Value
from oxmlx.nn.naming import Entry, entries
from oxmlx.nn.struct import Struct
from oxmlx.ops.convert import cast, from_numpy

SHOWN = 8
NAMES = "strict=False takes the names that fit."


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
    misfits = [
        *(
            [(f"missing {describe(e)}", NAMES) for k, e in wanted.items() if k not in values]
            * strict
        ),
        *([(f"unexpected {name}", NAMES) for name in values if name not in wanted] * strict),
        *(m for name, x in arrays.items() for m in type_misfits(wanted[name], x, convert)),
    ]
    if misfits:
        problems = list(dict.fromkeys(problem for problem, _ in misfits))
        rest = len(problems) - SHOWN
        text = "\n    ".join([*problems[:SHOWN], *([f"and {rest} more"] if rest > 0 else [])])
        raise StateDictError(
            "load_state_dict",
            f"the state dict does not fit this {type(node).__name__}:\n    {text}",
            " ".join(dict.fromkeys(advice for _, advice in misfits)),
        )
    return {name: cast(x, as_dtype(wanted[name].value.dtype)) for name, x in arrays.items()}


def type_misfits(entry: Entry, x: Value, convert: bool) -> Iterator[tuple[str, str]]:
    """What keeps an array from its place, and what to do about it."""
    shape, wanted = tuple(x.shape), tuple(entry.value.shape)
    problem = f"{describe(entry)} does not take {type_of(x)}"
    axes = transposition(shape, wanted) if shape != wanted else None
    if axes is not None:
        problem += f", but its .transpose{axes}"
        yield problem, "Transpose as said: libraries differ in the order of a weight's axes."
    elif shape != wanted:
        yield problem, "Make the model in these shapes, or leave them out and pass strict=False."
    if entry.value.dtype != x.dtype and not convert:
        yield problem, "cast=True converts dtypes."


def transposition(shape: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...] | None:
    """The order of axes in which another library keeps what we want, if its shape says so: torch
    has inputs before space, `[out, in, *space]`, and JAX's have outputs last, `[*space, in, out]`.
    """
    n = len(shape)
    for axes in ((0, *range(2, n), 1), (n - 1, *range(n - 1))) if n > 1 else ():
        if tuple(shape[a] for a in axes) == wanted:
            return axes
    return None


def as_array(x: Any) -> Value:
    """A value of a state dict as an array of its own dtype."""
    return x if isinstance(x, Value) else from_numpy(np.array(x))


def describe(entry: Entry) -> str:
    """A name and what belongs there."""
    return f"{entry.name} {type_of(entry.value)}"


def type_of(x: Any) -> str:
    """The dtype and shape of an array."""
    return f"{short_name(as_dtype(x.dtype))}[{','.join(map(str, x.shape))}]"
