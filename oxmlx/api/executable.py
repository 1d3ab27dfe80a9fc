"""Compiled programs: where the pipeline of passes meets the backends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from oxmlx.backends.base import Backend, backend_of
from oxmlx.compile.pipeline import make_plan
from oxmlx.config import config
from oxmlx.ir.device import Device
from oxmlx.ir.evaluate import Executable, body_compiler, by_steps, quiet
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.plan import Plan


def executable(jaxpr: Jaxpr, device: Device) -> Executable:
    """The program compiled for a kind of device, once.

    Raises:
        DeviceError: the device's backend is gone.
    """
    if config.nan:
        return quiet(by_steps(jaxpr))  # so that the equation can be told which made a NaN
    return jaxpr.derive(("executable", device.kind), lambda: build(jaxpr, device))


def plan_of(jaxpr: Jaxpr, device: Device) -> Plan:
    """What a device does for a program."""
    return make_plan(jaxpr, backend_of(device).obstacle)


def view(plan: Plan, backend: Backend, stage: str) -> str:
    """A plan as text, with the kernels it launches, or with their sources."""
    parts = [str(plan)]
    if stage == "kernels":
        parts += map(str, plan.kernels)
    if stage == "source":
        parts += sources(plan, backend)
    return "\n\n".join(parts)


def sources(plan: Plan, backend: Backend) -> list[str]:
    """The texts that the kernels of a plan are compiled from, each once."""
    return list(dict.fromkeys(map(backend.source, plan.kernels)))


def build(jaxpr: Jaxpr, device: Device) -> Executable:
    """Compile a program; loops and branches that run on the host have compiled bodies."""
    backend = backend_of(device)
    plan = plan_of(jaxpr, device)
    if config.show in ("plan", "kernels", "source"):
        print(view(plan, backend, config.show))
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
