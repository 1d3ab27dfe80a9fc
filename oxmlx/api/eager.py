"""Eager code on devices with kernels: equation by equation, or many at once with the same bits."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any
from weakref import WeakKeyDictionary

from oxmlx.api.executable import build, executable, plan_of
from oxmlx.backends.base import backend_of
from oxmlx.config import config
from oxmlx.ir.aval import Aval
from oxmlx.ir.device import Device, default_device
from oxmlx.ir.evaluate import Executable
from oxmlx.ir.jaxpr import Eqn, Jaxpr, Var
from oxmlx.ir.machine import Machine
from oxmlx.ir.plan import Free, Host, Library
from oxmlx.ir.primitive import Primitive

LARGE = 1 << 15
"""Elements from which on a kernel is worth its compilation where NumPy computes the same bits."""
MAX_PROGRAMS = 2048


class Compiler(Machine):
    """Compiles programs, and equations whose kernel has other bits than their `impl`."""

    def __init__(self) -> None:
        self.limits: dict[Any, float] = {}
        """Up to how many elements `impl` serves."""
        self.single: dict[Any, Executable] = {}
        """Compiled equations."""
        self.programs: WeakKeyDictionary[Primitive, dict[Any, Executable]] = WeakKeyDictionary()
        """Those of programs, which die with them."""

    def run(self, prim: Primitive, buffers: Sequence[Any], device: Device | None) -> Any:
        if prim.kind in ("move", "host"):
            return prim.impl(*buffers)
        place = device or default_device()
        types = tuple([(x.shape, x.dtype) for x in buffers])
        if prim.kind == "program":
            return self.program(prim, types, place)(buffers)
        if config.nan or backend_of(place).obstacle is None:
            return prim.impl(*buffers)
        limit = self.limit(prim, types, place)
        if all([x.size <= limit for x in buffers]):
            return prim.impl(*buffers)
        key = prim, place.kind, types
        run = self.single.get(key)
        if run is None:
            run = build(alone(prim, types), place, strict=True)
            remember(self.single, key, run)
        outs = run(buffers)
        return outs if prim.multiple_results else outs[0]

    def limit(self, prim: Primitive, types: Any, device: Device) -> float:
        """`impl_limit`, which is the same for all shapes, except that a fold over an axis of length
        1 has no loop."""
        alike = prim, device.kind, tuple([dtype for _, dtype in types])
        known = self.limits.get(alike)
        if known is None:
            known = self.limits.get((prim, device.kind, types))
        if known is None:
            known = impl_limit(alone(prim, types), device)
            of_all = prim.kind != "fold" or known < 0
            remember(self.limits, alike if of_all else (prim, device.kind, types), known)
        return known

    def program(self, prim: Primitive, types: Any, device: Device) -> Executable:
        """A loop, a branch or a call."""
        body = prim.inline()
        if body is not None:
            return executable(body, device)
        if config.nan or backend_of(device).obstacle is None:
            return executable(alone(prim, types), device)
        known = self.programs.setdefault(prim, {})
        key = types, device.kind, config.strict
        if key not in known:
            known[key] = executable(alone(prim, types), device)
        return known[key]

    def fused(self, jaxpr: Jaxpr, device: Device) -> Executable | None:
        if backend_of(device).obstacle is None:
            return None
        return executable(jaxpr, device, strict=True)


def alone(prim: Primitive, types: Sequence[Any]) -> Jaxpr:
    """The program of one equation."""
    inputs = [Var(Aval(shape, dtype)) for shape, dtype in types]
    out = prim.abstract(*[v.aval for v in inputs])
    outputs = tuple(map(Var, out if prim.multiple_results else [out]))
    return Jaxpr(inputs, [Eqn(prim, tuple(inputs), outputs, None)], outputs)


def impl_limit(jaxpr: Jaxpr, device: Device) -> float:
    """Up to how many elements of each operand the `impl` of an equation does what its code does."""
    backend = backend_of(device)
    plan = plan_of(jaxpr, backend, strict=True)
    if any(isinstance(step, Library) for step in plan.steps):
        return -1
    if all(isinstance(step, (Host, Free)) for step in plan.steps):
        return inf
    return LARGE if all(map(backend.is_exact, plan.kernels)) else -1


def remember(table: dict[Any, Any], key: Any, value: Any) -> None:
    """Keep a value, and the table from growing for ever."""
    if len(table) >= MAX_PROGRAMS:
        table.clear()
    table[key] = value
