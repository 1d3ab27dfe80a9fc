"""The promotion table, as the code makes it and tests/golden/promotion.md publishes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx.dtypes import promote_types, short_name

NAMES = ["bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"]
NAMES += ["bfloat16", "float16", "float32", "float64", "complex64", "complex128"]
NUMBERS = {"int": 1, "float": 1.0, "complex": 1j}

HEAD = """# Promotion

The dtype of an operation on two arrays. `int`, `float` and `complex` are Python's numbers, which
give way to an array; of two numbers, the result gives way too. NumPy's scalars count as Python's.

"""


def operand(name: str) -> Any:
    """An array of a dtype, or a Python number."""
    return NUMBERS[name] if name in NUMBERS else ox.numpy.ones((), name)


def table() -> str:
    """Row and column are the operands."""
    every = [*NAMES, *NUMBERS]
    heads = [name if name in NUMBERS else short_name(operand(name).dtype) for name in every]
    lines = [f"| | {' | '.join(heads)} |", "|---" * (len(every) + 1) + "|"]
    for head, x in zip(heads, map(operand, every), strict=True):
        sums = [short_name(jnp.add(x, operand(y)).dtype) for y in every]
        lines.append(f"| **{head}** | {' | '.join(sums)} |")
    return "\n".join(lines) + "\n"


def test_the_published_table_is_what_operations_do(golden: Callable[[str, str], None]) -> None:
    golden("promotion.md", HEAD + table())


def test_promote_types_says_the_same() -> None:
    for x in NAMES:
        for y in [*NAMES, *NUMBERS]:
            wanted = promote_types(x, type(NUMBERS[y]) if y in NUMBERS else y)
            assert (operand(x) + operand(y)).dtype == wanted
