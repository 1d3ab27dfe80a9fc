"""Compiled programs: where the pipeline of passes meets the backends."""

from __future__ import annotations

from collections.abc import Collection

from oxmlx.backends.base import Backend, backend_of
from oxmlx.compile.pipeline import make_plan
from oxmlx.config import config
from oxmlx.ir.device import Device
from oxmlx.ir.evaluate import Executable, by_steps, quiet
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.plan import Plan, numbered


def executable(
    jaxpr: Jaxpr, device: Device, strict: bool = False, given: tuple[int, ...] = ()
) -> Executable:
    """The program compiled for a kind of device, once.

    Args:
        strict: with the bits of its equations one by one, whatever the switch of that name says.
        given: inputs that the caller has done with. They are taken out of the list of buffers, and
            results may be written over those that nobody else refers to.

    Raises:
        DeviceError: the device's backend is gone.
    """
    if config.nan:
        return quiet(by_steps(jaxpr))  # so that the equation can be told which made a NaN
    strict = strict or config.strict
    key = "executable", device.kind, strict, given
    return jaxpr.derive(key, lambda: build(jaxpr, device, strict, config.show, given))


def plan_of(jaxpr: Jaxpr, backend: Backend, strict: bool, given: Collection[int] = ()) -> Plan:
    """What a backend does for a program."""
    return make_plan(jaxpr, backend.obstacle, strict, backend.most_arrays, backend.shelf, given)


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
    texts = [
        backend.source_in_place(s.kernel, numbered(s)) if s.over else backend.source(s.kernel)
        for s in plan.launches
    ]
    texts += [text for inner in plan.inner for text in sources(inner, backend)]
    return list(dict.fromkeys(texts))


def build(
    jaxpr: Jaxpr, device: Device, strict: bool, show: str = "", given: Collection[int] = ()
) -> Executable:
    """Compile a program; `show` is what to print of it."""
    backend = backend_of(device)
    plan = plan_of(jaxpr, backend, strict, given)
    if show in ("plan", "kernels", "source"):
        print(view(plan, backend, show))
    return backend.load(plan)
