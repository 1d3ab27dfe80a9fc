"""Names, parameters and defaults are those of jax.numpy, but for what is written down here."""

import inspect
from typing import Any

import jax.numpy as jnp
import ml_dtypes
import pytest

import oxmlx.numpy as onp

# Parameters that only speak of JAX's compiler or of its devices.
THEIRS = {"out_sharding", "_dot_general", "args"}

# Dtypes that are none of ours, and files, which ox.io reads and writes.
MISSING = {"load", "save", "savez", "roots", "fft"}

# Where our parameters are others than theirs, and why.
OTHER = {
    "can_cast": "that of NumPy, which has no signature before its version 2.3",
    "fix": "JAX had `out` until it dropped the function",
    "fromfile": "JAX only raises",
    "fromiter": "JAX only raises",
    "ufunc": "`at` and `reduceat` cannot be replaced",
    "dtype": "a class of NumPy",
    "clip": "`arr` has no default",
    "set_printoptions": "that of NumPy, with its parameters",
    "printoptions": "that of NumPy, with its parameters",
    "unique": "`sorted` is there in newer versions of JAX only",
}

# Where older versions of JAX have other parameters.
CHANGED = {
    "0.8.0": "trim_zeros",
    "0.8.1": "corrcoef cov nanstd nanvar std var",
    "0.9.1": "argsort ravel_multi_index",
    "0.10.0": "nanpercentile nanquantile percentile quantile",
    "0.10.1": "array",
    "0.10.2": "take_along_axis",
}
SINCE = {name: version for version, some in CHANGED.items() for name in some.split()}


def names() -> list[str]:
    modules = [n for n in dir(jnp) if not n.startswith("_")]
    return [n for n in modules if not inspect.ismodule(getattr(jnp, n)) or n in ("linalg",)]


def is_foreign_dtype(name: str) -> bool:
    return hasattr(ml_dtypes, name) and name not in ("bfloat16", "finfo", "iinfo")


@pytest.mark.parametrize("name", [n for n in names() if not is_foreign_dtype(n)])
def test_a_name_is_there(name: str) -> None:
    assert hasattr(onp, name) != (name in MISSING)


def parameters(function: object) -> list[tuple[str, object, object]]:
    signature = inspect.signature(function)  # type: ignore[arg-type]
    shown = [p for p in signature.parameters.values() if p.name not in THEIRS]
    return [(p.name, p.kind, p.default) for p in shown]


def functions() -> list[Any]:
    return [
        pytest.param(n, marks=pytest.mark.jax(SINCE.get(n, "0.6.2")))
        for n in names()
        if hasattr(onp, n)
        and callable(getattr(jnp, n))
        and not isinstance(getattr(jnp, n), (type, jnp.ufunc))
        and n not in OTHER
    ]


@pytest.mark.parametrize("name", functions())
def test_parameters_are_those_of_jax(name: str) -> None:
    mine, theirs = (parameters(getattr(xp, name)) for xp in (onp, jnp))
    # positional ones in this order, then keywords in any; a default of ours may be another spelling
    assert [p[:2] for p in mine] == [p[:2] for p in theirs]
    for (_, _, ours), (_, _, default) in zip(mine, theirs, strict=True):
        same = ours is default or ours == default or (callable(ours) and callable(default))
        assert same or (ours is inspect.Parameter.empty) == (default is inspect.Parameter.empty)


def test_every_public_name_is_documented_with_an_example() -> None:
    without = [
        n
        for n in onp.__all__
        if inspect.isfunction(getattr(onp, n))
        and getattr(onp, n).__module__.startswith("oxmlx.numpy")
        and ">>>" not in (getattr(onp, n).__doc__ or "")
    ]
    assert without == ["fromfile"]


def test_all_is_what_there_is() -> None:
    assert len(set(onp.__all__)) == len(onp.__all__)
    assert all(hasattr(onp, n) for n in onp.__all__)
