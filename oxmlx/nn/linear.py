"""Linear maps and lookup tables."""

from __future__ import annotations

from math import sqrt
from typing import Any

from oxmlx import numpy as onp
from oxmlx import random
from oxmlx.dtypes import DtypeLike, is_integer
from oxmlx.errors import DtypeError, ShapeError
from oxmlx.nn.extents import check_extents
from oxmlx.nn.module import Module
from oxmlx.numpy.arguments import Array, ArrayLike, value
from oxmlx.ops.dot import dot_general


def project(who: str, x: Any, weight: Any) -> Any:
    """y[..., o] = Σᵢ x[..., i] weight[o, i]"""
    x = value(x, who)
    if x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        problem = f"got {x.aval} for weight {weight.aval}"
        raise ShapeError(
            who, problem, f"The last axis of the input must be {weight.shape[1]} long."
        )
    return dot_general(x, weight, ((x.ndim - 1,), (1,)))


class Linear(Module):
    """y = x Wᵀ + b

    Args:
        in_features: the extent of the input's last axis.
        out_features: that of the output's.
        bias: whether there is a b.
        key: for W and b, uniform in ±1 / √in_features.
        dtype: of W and b.

    W is [out, in], as in torch and MLX.

    Raises:
        ArgumentError: an extent is negative.

    >>> import oxmlx as ox
    >>> layer = Linear(3, 2, key=ox.random.key(0))
    >>> layer, layer(ox.numpy.ones((5, 3))).shape
    (Linear(weight=f32[2,3], bias=f32[2]), (5, 2))
    """

    weight: Array
    bias: Array | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        key: Any,
        dtype: DtypeLike = "float32",
    ) -> None:
        check_extents("Linear", in_features=in_features, out_features=out_features)
        for_weight, for_bias = random.split(key)
        bound = 1 / sqrt(max(in_features, 1))
        shape = (out_features, in_features)
        self.weight = random.uniform(for_weight, shape, dtype, -bound, bound)
        self.bias = random.uniform(for_bias, shape[:1], dtype, -bound, bound) if bias else None

    def __call__(self, x: ArrayLike) -> Array:
        """x [..., in] → [..., out]"""
        y = project("Linear", x, self.weight)
        return y if self.bias is None else y + self.bias


class Embedding(Module):
    """The rows of a table.

    Args:
        num_embeddings: the number of rows.
        dims: the extent of a row.
        key: for the table, normal with variance 1 / dims.
        dtype: of the table.

    >>> import oxmlx as ox
    >>> table = Embedding(10, 4, key=ox.random.key(0))
    >>> table(ox.numpy.array([[1, 2, 1]])).shape, table.as_linear(ox.numpy.ones(4)).shape
    ((1, 3, 4), (10,))
    """

    weight: Array

    def __init__(
        self, num_embeddings: int, dims: int, *, key: Any, dtype: DtypeLike = "float32"
    ) -> None:
        check_extents("Embedding", num_embeddings=num_embeddings, dims=dims)
        table = random.normal(key, (num_embeddings, dims), dtype)
        self.weight = table * (1 / sqrt(max(dims, 1)))

    def __call__(self, indices: ArrayLike) -> Array:
        """indices [...] → [..., dims]; negative ones count from the end, those outside give NaN."""
        rows = value(indices, "Embedding")
        if not is_integer(rows.dtype):
            raise DtypeError(
                "Embedding",
                f"indices must be integers, got {rows.aval}",
                "Convert them with .astype(ox.int32).",
            )
        return onp.take(self.weight, rows, axis=0)

    def as_linear(self, x: ArrayLike) -> Array:
        """x [..., dims] → x Wᵀ [..., num_embeddings]: the tied output layer of a language model."""
        return project("Embedding.as_linear", x, self.weight)
