"""Derivatives against finite differences and against each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from oxmlx import tree
from oxmlx.api.arguments import flatten_values
from oxmlx.api.autodiff import jvp, vjp
from oxmlx.dtypes import is_inexact
from oxmlx.errors import OxmlxError
from oxmlx.ops.convert import from_numpy


class GradientMismatch(OxmlxError, AssertionError):
    """Two ways to the same derivative disagree."""


class Closeness(NamedTuple):
    """How well differences know a derivative: their step, and how far they may be off."""

    step: float
    rtol: float
    atol: float


# Rounding costs ε / step and curvature step², so a step near ∛ε serves both. Differences are taken
# in the dtype of the arguments, not in float64: that would check another program, or none, where
# the dtype is part of the function (a carry, a cast, a rule of one's own).
CLOSENESS = {
    "bfloat16": Closeness(0.2, 0.1, 0.1),
    "float16": Closeness(0.1, 2e-2, 2e-2),
    "float32": Closeness(5e-3, 2e-3, 2e-3),
    "complex64": Closeness(5e-3, 2e-3, 2e-3),
    "float64": Closeness(1e-6, 1e-5, 1e-6),
    "complex128": Closeness(1e-6, 1e-5, 1e-6),
}


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    eps: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
) -> None:
    """Check the derivatives of a function along random directions, up to `order`.

    Args:
        f: a function of pytrees of arrays.
        args: where to check. float64 makes the check sharp, float16 and bfloat16 make it rough.
        order: 1 checks first derivatives, 2 also those of the derivative, and so on.
        modes: `fwd` compares jvp with central differences, `rev` compares vjp with jvp.
        eps: the step of the differences; by default what suits the coarsest floating dtype among
            arguments and results, 1e-6 for float64 and 5e-3 for float32.
        rtol, atol: tolerances of the comparison, relative and absolute; by default those of the
            dtype, 1e-5 and 1e-6 for float64, 2e-3 for float32, as in `jax.test_util.check_grads`.
        seed: of the random directions.

    Raises:
        GradientMismatch: with both numbers.

    >>> import oxmlx as ox
    >>> check_grads(ox.numpy.sin, [ox.numpy.ones(3)])
    """
    rng = np.random.default_rng(seed)
    if "fwd" in modes:
        check_jvp(f, args, eps, rtol, atol, rng)
    if "rev" in modes:
        check_vjp(f, args, rtol, atol, rng)
    if order > 1:
        directions = [random_like(x, rng) for x in args]

        def derivative(*xs: Any) -> Any:
            if "fwd" in modes:
                return jvp(f, tuple(xs), tuple(directions))[1]
            y, pull = vjp(f, *xs)
            return pull(random_like(y, np.random.default_rng(seed)))

        check_grads(derivative, args, order - 1, modes, eps, rtol, atol, seed + 1)


def check_jvp(
    f: Callable[..., Any],
    args: Sequence[Any],
    eps: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    rng: np.random.Generator | None = None,
) -> None:
    """jvp(f)(x, dx) = (f(x + ε dx) - f(x - ε dx)) / 2ε; arguments as for `check_grads`.

    Raises:
        GradientMismatch: with both numbers.

    >>> import oxmlx as ox
    >>> check_jvp(lambda x, y: x * ox.numpy.sin(y), [2.0, 3.0])
    """
    rng = np.random.default_rng(0) if rng is None else rng
    directions = [random_like(x, rng) for x in args]
    y, tangent = jvp(f, tuple(args), tuple(directions))
    limits = closeness(args, y, eps, rtol, atol)
    ahead = f(*[step(x, d, limits.step) for x, d in zip(args, directions, strict=True)])
    behind = f(*[step(x, d, -limits.step) for x, d in zip(args, directions, strict=True)])
    advice = f"The differences have a step of {limits.step}; in float64 the check is sharper."
    for got, plus, minus in zip(*map(numbers, (tangent, ahead, behind)), strict=True):
        if is_inexact(plus.dtype):
            want = (widened(plus) - widened(minus)) / (2 * limits.step)
            compare("jvp", widened(got), want, limits, advice)


def check_vjp(
    f: Callable[..., Any],
    args: Sequence[Any],
    rtol: float | None = None,
    atol: float | None = None,
    rng: np.random.Generator | None = None,
) -> None:
    """⟨ct, jvp(f)(x, dx)⟩ = ⟨vjp(f)(x, ct), dx⟩, as real numbers; arguments as for `check_grads`.

    Raises:
        GradientMismatch: with both numbers.

    >>> import oxmlx as ox
    >>> check_vjp(lambda x, y: x * ox.numpy.sin(y), [2.0, 3.0])
    """
    rng = np.random.default_rng(0) if rng is None else rng
    directions = [random_like(x, rng) for x in args]
    y, tangent = jvp(f, tuple(args), tuple(directions))
    ct = random_like(y, rng)
    _, pull = vjp(f, *args)
    left = inner(ct, tangent)
    right = inner(pull(ct), tuple(directions))
    compare("vjp", left, right, closeness(args, y, None, rtol, atol))


def closeness(
    args: Sequence[Any], y: Any, eps: float | None, rtol: float | None, atol: float | None
) -> Closeness:
    """What is given, and for the rest what suits the coarsest of the dtypes."""
    leaves = [x for part in (args, y) for x in flatten_values(part, "check_grads")[0]]
    known = [CLOSENESS[x.dtype.name] for x in leaves if is_inexact(x.dtype)]
    usual = max(known, default=CLOSENESS["float64"])
    given = (eps, rtol, atol)
    return Closeness(*(u if g is None else g for g, u in zip(given, usual, strict=True)))


def random_like(x: Any, rng: np.random.Generator) -> Any:
    """A random direction for a pytree; float0 zeros for integers."""

    def one(v: Any) -> Any:
        aval = v.aval
        if not is_inexact(aval.dtype):
            return np.zeros(aval.shape, [("float0", np.void, 0)])
        values = rng.normal(size=aval.shape)
        if aval.dtype.kind == "c":
            values = values + 1j * rng.normal(size=aval.shape)
        return from_numpy(np.asarray(values).astype(aval.dtype))

    leaves, treedef = flatten_values(x, "check_grads")
    return treedef.unflatten([one(v) for v in leaves])


def step(x: Any, d: Any, eps: float) -> Any:
    """x + ε d on floating leaves."""
    xs, treedef = flatten_values(x, "check_grads")
    ds = tree.leaves(d)
    return treedef.unflatten(
        [
            v + from_numpy(np.asarray(t) * np.asarray(eps, t.dtype)) if is_inexact(v.dtype) else v
            for v, t in zip(xs, ds, strict=True)
        ]
    )


def numbers(x: Any) -> list[np.ndarray]:
    """The leaves as NumPy arrays."""
    return [np.asarray(v) for v in tree.leaves(x)]


def widened(x: np.ndarray) -> np.ndarray:
    """Numbers in the widest dtype, so that comparing them adds no error of its own."""
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def inner(a: Any, b: Any) -> np.ndarray:
    """Re Σ aᵢ bᵢ over the floating leaves."""
    total = 0.0
    for x, y in zip(numbers(a), numbers(b), strict=True):
        if is_inexact(x.dtype):
            total += float(np.real(np.sum(widened(x) * widened(y))))
    return np.asarray(total)


def compare(
    what: str, got: np.ndarray, want: np.ndarray, limits: Closeness, advice: str = ""
) -> None:
    """Raise unless two arrays are close."""
    scale = limits.atol + limits.rtol * np.maximum(np.abs(want), np.abs(got))
    wrong = ~(np.abs(got - want) <= scale)
    if np.any(wrong):
        problem = f"derivatives differ: got {got[wrong][:4]}, expected {want[wrong][:4]}"
        raise GradientMismatch(what, problem, advice)
