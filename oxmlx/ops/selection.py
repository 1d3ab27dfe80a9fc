"""NumPy's index expressions, read: what is static in them moves blocks, what is data is gathered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import index as as_int
from typing import Any

import numpy as np

from oxmlx.config import config
from oxmlx.dtypes import is_integer, short_name
from oxmlx.errors import (
    ArgumentError,
    AxisError,
    ConcretizationError,
    DtypeError,
    OutOfBoundsError,
)
from oxmlx.ir.aval import get_aval
from oxmlx.ir.kernel import INDEX
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.trace import bind
from oxmlx.ir.value import Value
from oxmlx.ops.axes import full
from oxmlx.ops.bounds import checked
from oxmlx.ops.convert import as_operand, broadcast_shapes
from oxmlx.ops.dynamic import DynamicUpdateSlice
from oxmlx.ops.select import select
from oxmlx.ops.shape import Reshape, broadcast_to, reshape
from oxmlx.ops.slicing import Pad, Reverse, Slice, pad, reverse, zero_of

WHO = "index"


class Block:
    """The static part of an index: a slice, then some axes backwards, then axes dropped and added."""

    def __init__(self, whole: tuple[int, ...], ranges: Sequence[range], shape: tuple[int, ...]) -> None:
        self.whole, self.shape = whole, shape
        self.backwards = tuple(a for a, r in enumerate(ranges) if r.step < 0)
        forward = [r[::-1] if r.step < 0 else r for r in ranges]
        ...
