"""Which equations the `impl` serves as well as their code: where both compute the same bits."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from oxmlx.api.executable import plan_of
from oxmlx.backends.base import backend_of
from oxmlx.ir.device import Device
from oxmlx.ir.jaxpr import Jaxpr, alone
from oxmlx.ir.plan import Free, Host, Library
from oxmlx.ir.primitive import Primitive

LARGE = 1 << 15
"""Elements from which on a kernel is worth its compilation where NumPy computes the same bits."""
MOST_LIMITS = 2048


class Limits:
    """Up to how many elements of each operand the `impl` serves, for all equations so far."""

    def __init__(self) -> None:
        self.known: dict[Any, float] = {}

    def of(self, prim: Primitive, types: Sequence[Any], device: Device) -> float:
        """`impl_limit`, which is the same for all shapes, except that a fold over an axis of length
        1 has no loop, and that a library does nothing with nothing."""
        alike = prim, device.kind, tuple([dtype for _, dtype in types])
        limit = self.known.get(alike)
        if limit is None:
            limit = self.known.get((prim, device.kind, types))
        if limit is None:
            limit = impl_limit(alone(prim, types), device)
            of_all = prim.kind not in ("fold", "host") or limit < 0
            if len(self.known) >= MOST_LIMITS:
                self.known.clear()
            self.known[alike if of_all else (prim, device.kind, types)] = limit
        return limit


def impl_limit(jaxpr: Jaxpr, device: Device) -> float:
    """Up to how many elements of each operand the `impl` of an equation does what its code does."""
    backend = backend_of(device)
    plan = plan_of(jaxpr, backend, strict=True)
    if any(isinstance(step, Library) for step in plan.steps):
        return -1
    if all(isinstance(step, (Host, Free)) for step in plan.steps):
        return inf
    return LARGE if all(map(backend.is_exact, plan.kernels)) else -1
