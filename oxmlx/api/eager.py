"""Eager code on devices with kernels: equation by equation, or many at once with the same bits."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any
from weakref import WeakKeyDictionary

from oxmlx.api.exactness import Limits
from oxmlx.api.executable import build, executable
from oxmlx.backends.base import backend_of
from oxmlx.config import config
from oxmlx.ir.device import Device, default_device
from oxmlx.ir.evaluate import Executable
from oxmlx.ir.jaxpr import Jaxpr, alone
from oxmlx.ir.machine import Machine
from oxmlx.ir.primitive import Primitive

MAX_PROGRAMS = 2048


class Compiler(Machine):
    """Compiles programs, and equations whose kernel has other bits than their `impl`."""

    def __init__(self) -> None:
        self.limits = Limits()
        self.single: dict[Any, Executable] = {}
        """Compiled equations."""
        self.programs: WeakKeyDictionary[Primitive, dict[Any, Executable]] = WeakKeyDictionary()
        """Those of programs, which die with them."""

    def run(self, prim: Primitive, buffers: Sequence[Any], device: Device | None) -> Any:
        if prim.kind == "move" or prim.runs_user_code:
            return prim.impl(*buffers)
        place = device or default_device()
        types = tuple([(x.shape, x.dtype) for x in buffers])
        if prim.kind == "program":
            return self.program(prim, types, place)(buffers)
        if config.nan or backend_of(place).obstacle is None:
            return prim.impl(*buffers)
        limit = self.limits.of(prim, types, place)
        if all([x.size <= limit for x in buffers]) and (limit != inf or config.fallback == "host"):
            return prim.impl(*buffers)
        key = prim, place.kind, types
        run = self.single.get(key)
        if run is None:
            run = build(alone(prim, types), place, strict=True)
            if len(self.single) >= MAX_PROGRAMS:
                self.single.clear()
            self.single[key] = run
        outs = run(buffers)
        return outs if prim.multiple_results else outs[0]

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
