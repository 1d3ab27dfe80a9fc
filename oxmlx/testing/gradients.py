"""Derivatives against finite differences and against each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from oxmlx import tree
from oxmlx.api.arguments import flatten_values
from oxmlx.api.autodiff import jvp, vjp
from oxmlx.dtypes import is_inexact
from oxmlx.errors import OxmlxError
from oxmlx.ops.convert import from_numpy


class GradientMismatch(OxmlxError, AssertionError):
    """Two ways to the same derivative disagree."""


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    eps: float = 1e-6,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    seed: int = 0,
) -> None:
    """Check the derivatives of a function along random directions, up to `order`.

    Args:
        f: a function of pytrees of arrays; float64 arguments make the check sharp.
        args: where to check.
        order: 1 checks first derivatives, 2 also those of the derivative, and so on.
        modes: `fwd` compares jvp with central differences, `rev` compares vjp with jvp.
        eps: the step of the differences.
        rtol, atol: tolerances of the comparison.
        seed: of the random directions.

    Raises:
        GradientMismatch: with both numbers.

    >>> import numpy as np
    >>> import oxmlx as ox
    >>> check_grads(lambda x: x**3, [ox.array(np.array([1.0, 2.0]), dtype="float64")])
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
    eps: float = 1e-6,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    rng: np.random.Generator | None = None,
) -> None:
    """jvp(f)(x, dx) = (f(x + ε dx) - f(x - ε dx)) / 2ε.

    Raises:
        GradientMismatch: with both numbers.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    directions = [random_like(x, rng) for x in args]
    _, tangent = jvp(f, tuple(args), tuple(directions))
    ahead = f(*[step(x, d, eps) for x, d in zip(args, directions, strict=True)])
    behind = f(*[step(x, d, -eps) for x, d in zip(args, directions, strict=True)])
    for got, plus, minus in zip(*map(numbers, (tangent, ahead, behind)), strict=True):
        if plus.dtype.kind in "fc":
            compare("jvp", got, (plus - minus) / (2 * eps), rtol, atol)


def check_vjp(
    f: Callable[..., Any],
    args: Sequence[Any],
    rtol: float = 1e-8,
    atol: float = 1e-8,
    rng: np.random.Generator | None = None,
) -> None:
    """⟨ct, jvp(f)(x, dx)⟩ = ⟨vjp(f)(x, ct), dx⟩, as real numbers.

    Raises:
        GradientMismatch: with both numbers.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    directions = [random_like(x, rng) for x in args]
    y, tangent = jvp(f, tuple(args), tuple(directions))
    ct = random_like(y, rng)
    _, pull = vjp(f, *args)
    left = inner(ct, tangent)
    right = inner(pull(ct), tuple(directions))
    compare("vjp", left, right, rtol, atol)


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


def inner(a: Any, b: Any) -> np.ndarray:
    """Re Σ aᵢ bᵢ over the floating leaves."""
    total = 0.0
    for x, y in zip(numbers(a), numbers(b), strict=True):
        if x.dtype.kind in "fc":
            total += float(np.real(np.sum(x * y)))
    return np.asarray(total)


def compare(what: str, got: np.ndarray, want: np.ndarray, rtol: float, atol: float) -> None:
    """Raise unless two arrays are close."""
    scale = atol + rtol * np.maximum(np.abs(want), np.abs(got))
    wrong = ~(np.abs(got - want) <= scale)
    if np.any(wrong):
        raise GradientMismatch(
            what, f"derivatives differ: got {got[wrong][:4]}, expected {want[wrong][:4]}"
        )
