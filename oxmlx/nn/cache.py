"""A cache of keys and values of past positions, for generating text."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx import numpy as onp
from oxmlx.dtypes import DtypeLike
from oxmlx.errors import ShapeError
from oxmlx.ir.array import Array as Concrete
from oxmlx.nn.struct import Struct
from oxmlx.numpy.arguments import Array, ArrayLike, value
from oxmlx.ops.convert import cast
from oxmlx.ops.dynamic import dynamic_update_slice
from oxmlx.ops.elementwise import add
from oxmlx.ops.logic import le


class KVCache(Struct):
    """Keys and values of the positions so far, in arrays of fixed capacity: a pytree.

    Args:
        batch, heads: the leading extents.
        capacity: how many positions there is room for.
        features: the extent of a key, and of a value.
        dtype: of keys and values.

    >>> import oxmlx as ox
    >>> cache = KVCache(1, 2, 8, 4)
    >>> cache = cache.update(ox.numpy.ones((1, 2, 3, 4)), ox.numpy.ones((1, 2, 3, 4)))
    >>> cache.offset, cache.keys.shape
    (array(3, dtype=int32), (1, 2, 8, 4))
    """

    keys: Array
    values: Array
    offset: Array

    def __init__(
        self,
        batch: int,
        heads: int,
        capacity: int,
        features: int,
        dtype: DtypeLike = "float32",
    ) -> None:
        self.keys = onp.zeros((batch, heads, capacity, features), dtype)
        self.values = onp.zeros((batch, heads, capacity, features), dtype)
        self.offset = onp.zeros((), "int32")

    @property
    def capacity(self) -> int:
        """How many positions there is room for."""
        return self.keys.shape[2]

    def update(self, keys: ArrayLike, values: ArrayLike) -> KVCache:
        """The cache with the keys and values [B, H, T, D] of the next T positions.

        Raises:
            ShapeError: they do not fit, or there is no room. Under a transformation, where `offset`
                is not known, entries without room are written as NaN, so that it cannot go unseen.
        """
        k, v = value(keys, "KVCache.update"), value(values, "KVCache.update")
        batch, heads, capacity, _ = self.keys.shape
        for old, new in ((self.keys, k), (self.values, v)):
            if new.ndim != 4 or new.shape[:2] != (batch, heads) or new.shape[3] != old.shape[3]:
                raise ShapeError(
                    "KVCache.update",
                    f"got {new.aval} for a cache of {old.aval}",
                    "Keys and values must be [batch, heads, time, features] as the cache was made.",
                )
        after = add(self.offset, k.shape[2])
        if type(after) is Concrete and int(after) > capacity:
            problem = f"got {k.shape[2]} positions after {int(self.offset)} of {capacity}"
            raise ShapeError("KVCache.update", problem, "Make a cache with more capacity.")
        fits = le(after, capacity)

        def write(old: Any, new: Any) -> Any:
            new = onp.where(fits, cast(new, old.dtype), np.nan)
            return dynamic_update_slice(old, new, (0, 0, self.offset, 0))

        return self.replace(keys=write(self.keys, k), values=write(self.values, v), offset=after)

    def mask(self, queries: int) -> Array:
        """Which positions each of the last `queries` sees: bools [queries, capacity]."""
        last = add(self.offset, onp.arange(-queries, 0, dtype="int32"))
        return le(onp.arange(self.capacity, dtype="int32"), onp.expand_dims(last, 1))
