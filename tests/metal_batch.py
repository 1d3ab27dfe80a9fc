"""Many Metal texts compiled at once: the compiler is started once for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from oxmlx import emulate
from oxmlx.api.executable import plan_of
from oxmlx.backends.base import backend_of
from oxmlx.backends.metal.group import Together
from oxmlx.backends.metal.render import render
from oxmlx.config import config
from oxmlx.ir.device import as_device
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.plan import Group, Plan, numbered
from oxmlx.jit import Jitted


def compile_together(kernels: Iterable[Kernel]) -> None:
    """Get the executor ready for kernels, those over nothing aside."""
    if config.metal == "emulate":
        emulate.prepare([render(k) for k in kernels if not k.is_empty])


def compile_programs(jaxprs: Iterable[Jaxpr]) -> None:
    """Get the executor ready for what programs launch."""
    if config.metal == "emulate":
        backend = backend_of(as_device("metal"))
        plans = [plan_of(jaxpr, backend, config.strict) for jaxpr in jaxprs]
        emulate.prepare([text for plan in plans for text in texts(plan)])


def compile_calls(*calls: tuple[Jitted, Sequence[Any]]) -> None:
    """Get it ready for calls of jitted functions, if they are for the device metal."""
    if as_device(None).kind == "metal":
        compile_programs([f.trace(*args).entry.prim.body for f, args in calls])


def texts(plan: Plan) -> Iterator[str]:
    """The texts of a plan's launches, also of those in loops and branches."""
    for command in plan.commands:
        launches = command.rest if isinstance(command, Group) else (command,)
        full = [launch for launch in launches if not launch.kernel.is_empty]
        if len(full) > 1 and len(full) == len(launches):
            yield Together(Group(launches)).text()
        else:
            yield from (render(launch.kernel, numbered(launch)) for launch in full)
    for inner in plan.inner:
        yield from texts(inner)
