"""Agreement with JAX: in float64 values, both modes of differentiation, second order, vmap; in
float32 values and vjps."""

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


def measure_in_single(lib: Any, f: Fn, xs: Any, ct: Any) -> dict[str, Any]:
    """The value and the vjp for operands of half the width."""
    y, back = lib.vjp(f, *xs)
    return {"float32 value": y, "float32 vjp": back(ct)}


def single(x: np.ndarray) -> np.ndarray:
    """An array as float32 or complex64."""
    return x.astype(np.complex64 if x.dtype.kind == "c" else np.float32)


def agree(
    ours: Fn, theirs: Fn, *operands: np.ndarray, skip: Sequence[str] = (), rtol: float = 1e-10
) -> None:
    """Check that two functions of float64 or complex128 arrays, to one array, are the same under
    every transformation but those in `skip`, which JAX lacks; and of float32 or complex64 arrays,
    to 1e-5, unless "float32" is skipped."""
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
        args32 = tuple(map(single, operands)), single(ct)

        @jax.jit
        def expected(args: Any, args32: Any) -> dict[str, Any]:
            wide = measure(jax, theirs, *args)
            return wide if "float32" in skip else wide | measure_in_single(jax, theirs, *args32)

        arrays, arrays32 = jax.tree.map(from_numpy, (args, args32))
        found = measure(ox, ours, *arrays)
        if "float32" not in skip:
            found |= measure_in_single(ox, ours, *arrays32)
        wanted = expected(args, args32)
        for name in found.keys() - set(skip):
            tolerance = 1e-5 if name.startswith("float32") else rtol
            for x, y in zip(
                jax.tree.leaves(found[name]), jax.tree.leaves(wanted[name]), strict=True
            ):
                close(name, np.asarray(x), np.asarray(y), tolerance)


def close(what: str, got: np.ndarray, want: np.ndarray, rtol: float = 1e-10) -> None:
    """Equal up to rounding at the scale of the whole."""
    assert got.shape == want.shape, f"{what}: {got.shape} for {want.shape}"
    scale = np.max(np.abs(want[np.isfinite(want)]), initial=1e-300)
    np.testing.assert_allclose(got, want, rtol, rtol * scale, err_msg=what)
