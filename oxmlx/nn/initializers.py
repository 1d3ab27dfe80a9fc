"""Initial values, with the names and arguments of `jax.nn.initializers`.

An initializer is a function (key, shape, dtype) → array. Fan-in and fan-out are the extents of
`in_axis` and `out_axis` times those of all further axes but `batch_axis`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod, sqrt
from typing import Any, Literal, TypeAlias

from oxmlx import numpy as onp
from oxmlx import random
from oxmlx.api.boundary import boundary
from oxmlx.dtypes import DtypeLike, as_dtype, is_float
from oxmlx.errors import ArgumentError, DtypeError
from oxmlx.numpy.arguments import Array, ArrayLike, axes_of, shape_of

Initializer: TypeAlias = Callable[..., Array]
Axis: TypeAlias = "int | Sequence[int]"
FLOAT32 = as_dtype("float32")
CUT_DEVIATION = 0.87962566103423978  # of a normal distribution that is cut off at ±2


def float_dtype(who: str, dtype: DtypeLike | None, default: DtypeLike | None) -> Any:
    """The dtype of random values.

    Raises:
        DtypeError: it is not floating.
    """
    given = default if dtype is None else dtype
    chosen = FLOAT32 if given is None else as_dtype(given, who)
    if not is_float(chosen):
        raise DtypeError(
            who,
            f"random initial values need a floating dtype, got {chosen}",
            "Pass dtype=ox.float32, and convert the result.",
        )
    return chosen


def zeros(key: Any, shape: Sequence[int], dtype: DtypeLike | None = None) -> Array:
    """Zeros; the key is not used.

    >>> zeros(None, (2,))
    array([0., 0.], dtype=float32)
    """
    return onp.zeros(shape, dtype)


def ones(key: Any, shape: Sequence[int], dtype: DtypeLike | None = None) -> Array:
    """Ones; the key is not used.

    >>> ones(None, (2,))
    array([1., 1.], dtype=float32)
    """
    return onp.ones(shape, dtype)


def constant(value: ArrayLike, dtype: DtypeLike | None = None) -> Initializer:
    """Copies of a value.

    >>> constant(7.0)(None, (2,))
    array([7., 7.], dtype=float32)
    """

    @boundary
    def init(key: Any, shape: Sequence[int], dtype: DtypeLike | None = dtype) -> Array:
        return onp.full(shape, value, dtype)

    return init


def normal(stddev: float = 1e-2, dtype: DtypeLike | None = None) -> Initializer:
    """Normally distributed with mean 0.

    >>> import oxmlx as ox
    >>> normal(5.0)(ox.random.key(0), (2, 3)).shape
    (2, 3)
    """
    default = dtype

    @boundary
    def init(key: Any, shape: Sequence[int], dtype: DtypeLike | None = None) -> Array:
        chosen = float_dtype("normal", dtype, default)
        return random.normal(key, shape, chosen) * stddev

    return init


def uniform(scale: float = 1e-2, dtype: DtypeLike | None = None) -> Initializer:
    """Uniformly distributed over [0, scale).

    >>> import oxmlx as ox
    >>> bool((uniform(3.0)(ox.random.key(0), (100,)) > 2.0).any())
    True
    """
    default = dtype

    @boundary
    def init(key: Any, shape: Sequence[int], dtype: DtypeLike | None = None) -> Array:
        chosen = float_dtype("uniform", dtype, default)
        return random.uniform(key, shape, chosen) * scale

    return init


def truncated_normal(
    stddev: float = 1e-2, dtype: DtypeLike | None = None, lower: float = -2.0, upper: float = 2.0
) -> Initializer:
    """Normally distributed, cut off at `lower` and `upper` times the deviation.

    >>> import oxmlx as ox
    >>> bool((abs(truncated_normal(1.0)(ox.random.key(0), (100,))) <= 2.0).all())
    True
    """
    default = dtype

    @boundary
    def init(key: Any, shape: Sequence[int], dtype: DtypeLike | None = None) -> Array:
        chosen = float_dtype("truncated_normal", dtype, default)
        return random.truncated_normal(key, lower, upper, shape, chosen) * stddev

    return init


def fans(
    shape: tuple[int, ...], in_axis: Axis, out_axis: Axis, batch_axis: Axis
) -> tuple[float, float]:
    """(fan-in, fan-out)

    Raises:
        ArgumentError: the shape has fewer than two axes.
    """
    if len(shape) < 2:
        problem = f"fan-in and fan-out need a shape with two axes or more, got {shape}"
        raise ArgumentError("variance_scaling", problem, "Use normal or uniform.")
    sizes = [
        prod(shape[a] for a in axes_of("variance_scaling", axis, len(shape)))
        for axis in (in_axis, out_axis, batch_axis)
    ]
    others = prod(shape) / max(prod(sizes), 1)
    return sizes[0] * others, sizes[1] * others


def variance_scaling(
    scale: float,
    mode: Literal["fan_in", "fan_out", "fan_avg", "fan_geo_avg"],
    distribution: Literal["truncated_normal", "normal", "uniform"],
    in_axis: Axis = -2,
    out_axis: Axis = -1,
    batch_axis: Axis = (),
    dtype: DtypeLike | None = None,
) -> Initializer:
    """Mean 0 and variance scale / fan.

    Args:
        scale: the variance times the fan.
        mode: which fan: fan-in, fan-out, or their arithmetic or geometric mean.
        distribution: "truncated_normal" is cut off at two deviations.
        in_axis, out_axis: the axes of the inputs and the outputs.
        batch_axis: axes that count in neither fan.
        dtype: of the values, where the initializer is not given one.

    Raises:
        ArgumentError: mode or distribution is unknown, or the shape has fewer than two axes.

    >>> import oxmlx as ox
    >>> w = variance_scaling(2.0, "fan_in", "normal")(ox.random.key(0), (200, 300))
    >>> round(float(w.var()), 3)
    0.01
    """
    default, distributions = dtype, ("truncated_normal", "normal", "uniform")
    modes = ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
    if mode not in modes or distribution not in distributions:
        raise ArgumentError(
            "variance_scaling",
            f"got mode {mode!r} and distribution {distribution!r}",
            f"Modes are {', '.join(modes)}; distributions {', '.join(distributions)}.",
        )

    @boundary
    def init(key: Any, shape: Sequence[int], dtype: DtypeLike | None = None) -> Array:
        shape = shape_of("variance_scaling", shape)
        chosen = float_dtype("variance_scaling", dtype, default)
        into, out = fans(shape, in_axis, out_axis, batch_axis)
        fan = (into, out, (into + out) / 2, sqrt(into * out))[modes.index(mode)]
        deviation = sqrt(scale / max(fan, 1.0))
        if distribution == "normal":
            return random.normal(key, shape, chosen) * deviation
        if distribution == "uniform":
            return random.uniform(key, shape, chosen, -1.0) * (sqrt(3.0) * deviation)
        cut = random.truncated_normal(key, -2.0, 2.0, shape, chosen)
        return cut * (deviation / CUT_DEVIATION)

    return init


def scaled(name: str, scale: float, mode: Any, distribution: Any, words: str) -> Any:
    """A constructor of the initializers of one scaling, with the arguments that JAX gives it."""

    def make(
        in_axis: Axis = -2,
        out_axis: Axis = -1,
        batch_axis: Axis = (),
        dtype: DtypeLike | None = None,
    ) -> Initializer:
        return variance_scaling(scale, mode, distribution, in_axis, out_axis, batch_axis, dtype)

    make.__name__ = make.__qualname__ = name
    shape, _, variance = words.partition(", ")
    make.__doc__ = f"""{shape} distribution of mean 0 and variance {variance}

    Args:
        in_axis, out_axis: the axes of the inputs and the outputs.
        batch_axis: axes that count in neither fan.
        dtype: of the values, where the initializer is not given one.

    >>> import oxmlx as ox
    >>> ox.nn.initializers.{name}()(ox.random.key(0), (3, 4)).shape
    (3, 4)
    """
    return make


CUT = "truncated_normal"
glorot_uniform = scaled("glorot_uniform", 1.0, "fan_avg", "uniform", "Uniform, 1 / fan-avg.")
glorot_normal = scaled("glorot_normal", 1.0, "fan_avg", CUT, "Cut normal, 1 / fan-avg.")
lecun_uniform = scaled("lecun_uniform", 1.0, "fan_in", "uniform", "Uniform, 1 / fan-in.")
lecun_normal = scaled("lecun_normal", 1.0, "fan_in", CUT, "Cut normal, 1 / fan-in.")
he_uniform = scaled("he_uniform", 2.0, "fan_in", "uniform", "Uniform, 2 / fan-in.")
he_normal = scaled("he_normal", 2.0, "fan_in", CUT, "Cut normal, 2 / fan-in.")
xavier_uniform, xavier_normal = glorot_uniform, glorot_normal
kaiming_uniform, kaiming_normal = he_uniform, he_normal
