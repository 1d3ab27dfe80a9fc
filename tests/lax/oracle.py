"""jax.lax as the oracle of oxmlx.lax: the same program, given either namespace."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
from agreement import agree, close

import oxmlx as ox
from oxmlx.dtypes import is_inexact
from oxmlx.ops.convert import from_numpy

RNG = np.random.default_rng(0)


class Program(NamedTuple):
    """A function of (namespace, *arrays), and the arrays."""

    name: str
    f: Callable[..., Any]
    operands: tuple[np.ndarray, ...]
    since: str
    """The first version of jax that has it."""


def program(name: str, f: Callable[..., Any], *operands: Any, since: str = "0.6.2") -> Program:
    return Program(name, f, tuple(map(np.asarray, operands)), since)


def compared(programs: Iterable[Program]) -> list[Any]:
    """Parameters of a test against jax."""
    return [pytest.param(p, marks=pytest.mark.jax(p.since)) for p in programs]


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def same_value(p: Program) -> None:
    """Results of equal structure, shape, dtype and value."""
    with jax.enable_x64(True):
        want = p.f(jax.lax, *map(jax.numpy.asarray, p.operands))
    got = p.f(ox.lax, *map(from_numpy, p.operands))
    wanted, found = jax.tree.leaves(want), ox.tree.leaves(got)
    assert len(found) == len(wanted)
    for x, y in zip(found, map(np.asarray, wanted), strict=True):
        assert (x.dtype, x.shape) == (y.dtype, y.shape)
        if is_inexact(y.dtype):
            close(p.name, np.asarray(x), y, 1e-12)
        else:
            np.testing.assert_array_equal(x, y)


def same_derivatives(p: Program, skip: tuple[str, ...] = (), rtol: float = 1e-10) -> None:
    """The same under every transformation."""
    agree(
        lambda *xs: p.f(ox.lax, *xs),
        lambda *xs: p.f(jax.lax, *xs),
        *p.operands,
        skip=skip,
        rtol=rtol,
    )
