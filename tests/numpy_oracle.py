"""Calls of NumPy's functions, made on oxmlx.numpy and on jax.numpy with the same data.

A case is a call with float64, complex128, integer or bool data. Its values and gradients are
compared in 64 bits, its dtypes in 32 bits, where both libraries have the same defaults.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
import oxmlx.numpy as onp

TOLERANCE = 1e-10
FAST = {"xla_backend_optimization_level": "0", "xla_cpu_use_fusion_emitters": False}
"""Compiling takes most of the oracle's time; these options of XLA save half of it."""


class Of:
    """An argument that depends on the library: `Of(lambda xp: xp.sum)`."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make


class Case:
    """One call of a function of that name.

    Args:
        name: the function's name, such as "sum" or "linalg.norm".
        args, kwargs: its arguments, of which NumPy arrays are converted.
        grad: whether it is differentiable with respect to its float arrays here.
        jit: whether its arrays may be traced.
        vmap: whether its arrays may be mapped.
        types: whether dtypes and shapes are those of JAX.
        since: the first version of jax that has it.
    """

    def __init__(
        self,
        name: str,
        *args: Any,
        grad: bool = True,
        jit: bool = True,
        vmap: bool = True,
        types: bool = True,
        since: str = "0.6.2",
        **kwargs: Any,
    ) -> None:
        self.name, self.args, self.kwargs = name, args, kwargs
        self.jit, self.vmap, self.types, self.since = jit, vmap and jit, types, since
        self.arrays = [x for x in leaves((args, kwargs)) if isinstance(x, np.ndarray)]
        self.grad = grad and jit and any(x.dtype.kind == "f" for x in self.arrays)

    def __repr__(self) -> str:
        shown = [*map(show, self.args), *(f"{k}={show(v)}" for k, v in self.kwargs.items())]
        return f"{self.name}({','.join(shown)})"

    def function(self, xp: Any) -> Callable[..., Any]:
        """The call as a function of its arrays."""
        f = xp
        for part in self.name.split("."):
            f = getattr(f, part)

        def call(*arrays: Any) -> Any:
            given = iter(arrays)
            args, kwargs = rebuilt((self.args, self.kwargs), given, xp)
            return f(*args, **kwargs)

        return call


def show(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"{x.dtype.name}{list(x.shape)}"
    if isinstance(x, (list, tuple)):
        return f"[{','.join(map(show, x))}]"
    return "f" if callable(x) or isinstance(x, Of) else repr(x)


def leaves(x: Any) -> list[Any]:
    if isinstance(x, dict):
        return [leaf for v in x.values() for leaf in leaves(v)]
    if isinstance(x, (list, tuple)):
        return [leaf for v in x for leaf in leaves(v)]
    return [x]


def rebuilt(x: Any, arrays: Any, xp: Any) -> Any:
    if isinstance(x, dict):
        return {k: rebuilt(v, arrays, xp) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return type(x)(rebuilt(v, arrays, xp) for v in x)
    if isinstance(x, np.ndarray):
        return next(arrays)
    return x.make(xp) if isinstance(x, Of) else x


def ours(x: np.ndarray) -> Any:
    return ox.array(x, dtype=x.dtype)


def narrow(x: np.ndarray) -> np.ndarray:
    """32 bits, the default of both libraries."""
    to = {"float64": "float32", "int64": "int32", "uint64": "uint32", "complex128": "complex64"}
    return x.astype(to.get(x.dtype.name, x.dtype))


def outputs(x: Any) -> list[Any]:
    """The arrays that a function returns."""
    return [y for y in leaves(x) if hasattr(y, "dtype") or isinstance(y, (bool, int, float))]


def close(mine: Any, theirs: Any, tolerance: float = TOLERANCE, wide: bool = True) -> None:
    """Compare two results: shapes, dtypes and values.

    `wide` says that 64-bit floats went in, so that such come out. Otherwise ours are of 32 bits,
    where JAX with 64 bits computes in those.
    """
    mine, theirs = outputs(mine), outputs(theirs)
    assert len(mine) == len(theirs)
    for x, y in zip(mine, theirs, strict=True):
        x, y = np.asarray(x), np.asarray(y)
        assert x.shape == y.shape
        assert x.dtype.kind.replace("u", "i") == y.dtype.kind.replace("u", "i")
        if x.dtype.kind in "fc" and wide:
            assert x.dtype == y.dtype
        bound = tolerance if wide or x.dtype.kind not in "fc" else 3e-6
        np.testing.assert_allclose(x, y, rtol=bound, atol=bound)


def weighted(out: Any, xp: Any) -> Any:
    """A weighted sum of all floats of a result: a number to differentiate."""
    total: Any = 0.0
    for y in outputs(out):
        if xp.issubdtype(y.dtype, np.inexact):
            weights = np.cos(np.arange(y.size) + 1).reshape(y.shape)
            y = xp.real(y) * 1.0 + xp.imag(y) * 0.5 if xp.iscomplexobj(y) else y
            # what is infinite or NaN has no gradient to compare
            total = total + xp.sum(xp.where(xp.isfinite(y), y, 0) * xp.asarray(weights, y.dtype))
    return total


def is_wide(case: Case) -> bool:
    return any(x.dtype.name in ("float64", "complex128") for x in case.arrays)


def floats(case: Case) -> tuple[int, ...]:
    return tuple(k for k, x in enumerate(case.arrays) if x.dtype.kind == "f")


def jax_results(case: Case) -> tuple[Any, Any]:
    """The value and the gradients according to JAX."""
    f = case.function(jnp)
    xs = [jnp.asarray(x) for x in case.arrays]
    if not case.jit:
        return f(*xs), None

    def both(*xs: Any) -> Any:
        grads = jax.grad(lambda *ys: weighted(f(*ys), jnp), floats(case))(*xs) if case.grad else ()
        return outputs(f(*xs)), grads

    lowered = jax.jit(both).lower(*xs)
    try:
        return lowered.compile(FAST)(*xs)
    except jax.errors.JaxRuntimeError:  # another version, without these options
        return lowered.compile()(*xs)


def check_values(case: Case) -> None:
    """Values and gradients are those of JAX, in 64 bits; jit changes nothing."""
    f = case.function(onp)
    xs = [ours(x) for x in case.arrays]
    mine = f(*xs)
    with jax.enable_x64(True):
        theirs, slopes = jax_results(case)
    close(mine, theirs, wide=is_wide(case))
    if case.grad:
        close(ox.grad(lambda *ys: weighted(f(*ys), onp), floats(case))(*xs), slopes)
    if case.jit:
        close(ox.jit(lambda *ys: outputs(f(*ys)))(*xs), mine, 1e-13)


def check_types(case: Case) -> None:
    """Dtypes, shapes and weakness are those of JAX, in 32 bits."""
    xs = [narrow(x) for x in case.arrays]
    f = case.function(jnp)
    if case.jit:
        theirs = jax.eval_shape(lambda *ys: outputs(f(*ys)), *xs)
    else:
        theirs = outputs(f(*map(jnp.asarray, xs)))
    g = case.function(onp)
    if case.jit:
        mine = ox.eval_shape(lambda *ys: outputs(g(*ys)), *map(ours, xs))
    else:
        mine = outputs(g(*map(ours, xs)))
    assert list(map(describe, mine)) == list(map(describe, theirs))


def describe(x: Any) -> tuple[str, tuple[int, ...], bool]:
    return str(np.dtype(x.dtype)), x.shape, x.weak_type


def check_vmap(case: Case) -> None:
    """Mapping over a batch of two is calling twice."""
    f = case.function(onp)
    other = [np.flip(x).copy() for x in case.arrays]
    pairs = [np.stack(pair) for pair in zip(case.arrays, other, strict=True)]
    mapped = ox.vmap(lambda *ys: outputs(f(*ys)))(*map(ours, pairs))
    first, second = (outputs(f(*map(ours, xs))) for xs in (case.arrays, other))
    stacked = [np.stack([x, y]) for x, y in zip(first, second, strict=True)]
    close(mapped, stacked, 1e-12)


def laws(cases: list[Case]) -> tuple[Callable[[Case], None], ...]:
    """The three tests of a table: values, types, vmap."""

    def parametrized(check: Callable[[Case], None], some: list[Any]) -> Callable[[Case], None]:
        def test(case: Case) -> None:
            check(case)

        return pytest.mark.parametrize("case", some, ids=repr)(test)

    compared = [pytest.param(c, marks=pytest.mark.jax(c.since)) for c in cases]
    return (
        parametrized(check_values, compared),
        parametrized(check_types, [p for c, p in zip(cases, compared, strict=True) if c.types]),
        parametrized(check_vmap, [c for c in cases if c.vmap and c.arrays]),
    )


class Data:
    """Repeatable arrays: `data(3, 4)` is float64, `data(3, kind="i")` small integers, and so on."""

    def __init__(self, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)

    def __call__(self, *shape: int, kind: str = "f") -> np.ndarray:
        if kind == "f":
            return self.random.standard_normal(shape)
        if kind == "c":
            return self.random.standard_normal(shape) + 1j * self.random.standard_normal(shape)
        if kind == "b":
            return self.random.random(shape) < 0.5
        numbers = self.random.integers(0 if kind == "u" else -9, 10, shape)
        return numbers.astype({"i": np.int32, "u": np.uint8, "h": np.int16}[kind])

    def positive(self, *shape: int) -> np.ndarray:
        return self.random.random(shape) + 0.1
