"""Agreement with JAX in float64: values, both modes of differentiation, second order, vmap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

import oxmlx as ox
from oxmlx.dtypes import is_inexact
from oxmlx.ops.convert import from_numpy

Fn = Callable[..., Any]


def normal(rng: np.random.Generator, like: Any) -> np.ndarray:
    """Random numbers of the shape and dtype of an array."""
    shape = like.shape
    x = rng.normal(size=shape) + (1j * rng.normal(size=shape) if like.dtype.kind == "c" else 0)
    return np.asarray(x, like.dtype)


def measure(lib: Any, f: Fn, xs: Any, dxs: Any, ct: Any, batches: Any) -> dict[str, Any]:
    """What the transformations of a library (ours or JAX) make of `f`."""

    def back(*xs: Any) -> Any:
        return lib.vjp(f, *xs)[1](ct)

    out: dict[str, Any] = {
        "jvp": lib.jvp(f, xs, dxs),
        "vjp": back(*xs),
        "jvp of vjp": lib.jvp(back, xs, dxs)[1],
        "vjp of jvp": lib.vjp(lambda *xs: lib.jvp(f, xs, dxs)[1], *xs)[1](ct),
        "vmap": lib.vmap(f)(*batches),
        "vmap of vjp": lib.vmap(back)(*batches),
    }
    for k, batch in enumerate(batches):
        only = [None] * len(xs)
        only[k] = 0  # type: ignore[call-overload]
        mixed = (*xs[:k], batch, *xs[k + 1 :])
        out[f"vmap along operand {k}"] = lib.vmap(f, in_axes=tuple(only))(*mixed)
    return out


def agree(
    ours: Fn, theirs: Fn, *operands: np.ndarray, skip: Sequence[str] = (), rtol: float = 1e-10
) -> None:
    """Check that two functions of float64 or complex128 arrays, to one array, are the same under
    every transformation but those in `skip`, which JAX lacks."""
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        want = np.asarray(theirs(*operands))
        got = np.asarray(ours(*map(from_numpy, operands)))
        assert (got.shape, got.dtype) == (want.shape, want.dtype)
        close("value", got, want, rtol)
        assert all(is_inexact(x.dtype) for x in (*operands, want))
        dxs = tuple(normal(rng, x) for x in operands)
        ct = normal(rng, want)
        batches = tuple(np.stack([x, x[::-1] if x.ndim else x, x + dx], 0)
                        for x, dx in zip(operands, dxs, strict=True))  # fmt: skip
        args = operands, dxs, ct, batches
        expected = jax.jit(lambda *args: measure(jax, theirs, *args))(*args)
        arrays: Any = [
            tuple(map(from_numpy, a)) if isinstance(a, tuple) else from_numpy(a) for a in args
        ]
        for name, found in measure(ox, ours, *arrays).items():
            if name not in skip:
                a, b = jax.tree.leaves(found), jax.tree.leaves(expected[name])
                for x, y in zip(a, b, strict=True):
                    close(name, np.asarray(x), np.asarray(y), rtol)


def close(what: str, got: np.ndarray, want: np.ndarray, rtol: float = 1e-10) -> None:
    """Equal up to rounding at the scale of the whole."""
    assert got.shape == want.shape, f"{what}: {got.shape} for {want.shape}"
    scale = np.max(np.abs(want[np.isfinite(want)]), initial=1e-300)
    np.testing.assert_allclose(got, want, rtol, rtol * scale, err_msg=what)
