"""Compiled programs: where the pipeline of passes meets the backends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from oxmlx.backends.base import backend_of
from oxmlx.compile.pipeline import make_plan
from oxmlx.ir.device import Device
from oxmlx.ir.evaluate import Executable, body_compiler
from oxmlx.ir.jaxpr import Jaxpr


def executable(jaxpr: Jaxpr, device: Device) -> Executable:
    """The program compiled for a kind of device, once.

    Raises:
        DeviceError: the device's backend is gone.
    """
    return jaxpr.derive(("executable", device.kind), lambda: build(jaxpr, device))


def build(jaxpr: Jaxpr, device: Device) -> Executable:
    """Compile a program; loops and branches that run on the host have compiled bodies."""
    backend = backend_of(device)
    plan = make_plan(jaxpr, backend.accepts)
    run = backend.load(plan)
    if not any(eqn.prim.kind == "program" for eqn in plan.host_steps):
        return run

    def run_with_bodies(args: Sequence[Any]) -> list[Any]:
        token = body_compiler.set(partial(executable, device=device))
        try:
            return run(args)
        finally:
            body_compiler.reset(token)

    return run_with_bodies
