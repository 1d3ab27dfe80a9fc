"""A table of what a module is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from oxmlx.dtypes import as_dtype, short_name
from oxmlx.nn.naming import Entry, entries
from oxmlx.nn.struct import Struct

HEAD = ("name", "type", "shape", "parameters", "bytes")


def summary(node: Struct) -> str:
    """One line an array: dotted name, owner's class, type, number, bytes; then totals."""
    found = list(entries(node))
    parameters = [e for e in found if not e.is_buffer]
    rows = [HEAD, *map(row, found)]
    widths = [max(len(r[k]) for r in rows) for k in range(len(HEAD))]
    lines = [line(r, widths) for r in rows]
    rule = "-" * max(map(len, lines))
    return "\n".join(
        [
            lines[0],
            rule,
            *lines[1:],
            rule,
            f"parameters {count(parameters):,} ({size(parameters):,} bytes), "
            f"trainable {count(e for e in found if e.is_trainable):,}, "
            f"in buffers {count(e for e in found if e.is_buffer):,}",
        ]
    )


def row(e: Entry) -> tuple[str, ...]:
    """What the table says of one array."""
    note = " (buffer)" if e.is_buffer else "" if e.is_trainable else " (frozen)"
    shape = f"{short_name(as_dtype(e.value.dtype))}[{','.join(map(str, e.value.shape))}]"
    number = f"{prod(e.value.shape):,}"
    return e.name, type(e.owner).__name__ + note, shape, number, f"{size([e]):,}"


def line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Text to the left, numbers to the right."""
    texts = [
        c.ljust(w) if k < 3 else c.rjust(w)
        for k, (c, w) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(texts).rstrip()


def count(found: Iterable[Entry]) -> int:
    """The number of elements."""
    return sum(prod(e.value.shape) for e in found)


def size(found: Iterable[Entry]) -> int:
    """The number of bytes."""
    return sum(prod(e.value.shape) * as_dtype(e.value.dtype).itemsize for e in found)
