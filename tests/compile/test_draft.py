"""How far a kernel is pulled out of its root."""

from __future__ import annotations

from typing import Any

import numpy as np

import oxmlx as ox
from oxmlx.api.executable import plan_of
from oxmlx.backends.base import backend_of
from oxmlx.compile.draft import MOST_PLACES
from oxmlx.ir.device import as_device

HALVINGS = 14


def halved(x: Any) -> Any:
    """Neighbours in pairs, again and again: an element of the end is made of all at the start."""
    for _ in range(HALVINGS):
        x = ox.numpy.sin(x[::2]) * x[1::2]
    return x


def test_a_value_is_computed_at_few_places_of_a_kernel() -> None:
    x = np.linspace(0.5, 1.5, 1 << HALVINGS, dtype=np.float32)
    jaxpr = ox.jit(halved).trace(x).jaxpr.jaxpr
    kernels = plan_of(jaxpr, backend_of(as_device("cpu")), strict=False).kernels
    assert 1 < len(kernels) < HALVINGS
    assert max(len(k.nodes) for k in kernels) < 40 * MOST_PLACES
    with ox.default_device("reference"):
        want = np.asarray(halved(ox.array(x)))
    np.testing.assert_allclose(ox.jit(halved)(ox.array(x)), want, rtol=1e-5)
