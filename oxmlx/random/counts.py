"""Samples of whole numbers by rejection: Poisson, binomial, multinomial."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.control.scan import scan
from oxmlx.control.while_loop import while_loop
from oxmlx.dtypes import Dtype, is_float
from oxmlx.errors import ShapeError
from oxmlx.numpy.arguments import shape_of
from oxmlx.ops import math
from oxmlx.ops.axes import full
from oxmlx.ops.convert import as_value, cast, from_numpy, promote_dtypes
from oxmlx.ops.cumulative import cumsum
from oxmlx.ops.indexing import take
from oxmlx.ops.operators import as_float
from oxmlx.ops.prng import random_split
from oxmlx.ops.select import clamp, select
from oxmlx.ops.shape import broadcast_to, moveaxis
from oxmlx.random.arguments import (
    F32,
    float_dtype,
    integer_dtype,
    parameters,
    sample_shape,
    spread,
)
from oxmlx.random.implicit import anywhere
from oxmlx.random.keys import sampler
from oxmlx.random.uniform import unit_interval

BOOL = np.dtype(bool)

# ln k! by Stirling's formula is off by these for k = 0, ..., 9.
TAIL = (
    *(0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509),
    *(0.0166446911898211, 0.0138761288230707, 0.0118967099458917, 0.0104112652619720),
    *(0.00925546218271273, 0.00833056343336287),
)


@sampler
def poisson(key: Any, lam: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Samples with probability λᵏ exp(-λ) / k!; -1 where λ is NaN.

    Knuth's method below 10, and above it Hörmann's, "The transformed rejection method for generating
    Poisson random variables", 1993.

    Args:
        key: a key.
        lam: a float or an array, the mean λ ≥ 0; computed with in float32.
        shape: the shape of the result; that of `lam` by default.
        dtype: an integer dtype; int32 by default.

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: the dtype is not an integer one, or `lam` is wider than float32.
        ShapeError: `lam` does not broadcast to `shape`.

    >>> import oxmlx as ox
    >>> ox.random.poisson(ox.random.key(0), 3.0, (5,))
    array([2, 3, 1, 4, 2], dtype=int32)
    """
    kind = integer_dtype("random.poisson", dtype)
    size, (lam,) = parameters("random.poisson", F32, shape, lam)
    lam = broadcast_to(lam, size)
    few = (lam != lam) | (lam < 10)
    count = select(
        few, poisson_by_product(key, select(few, lam, 0)), poisson_by_rejection(key, select(few, 1e5, lam))
    )
    return cast(select(lam == 0, 0, count), kind)
