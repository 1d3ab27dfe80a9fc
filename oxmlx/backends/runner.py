"""Plans made ready to run: launches of a backend's kernels, host steps, and the ends of values."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from oxmlx.backends.control import make_control
from oxmlx.backends.interpreter import Interpreted
from oxmlx.errors import CompileError
from oxmlx.ir.evaluate import Executable, quiet
from oxmlx.ir.jaxpr import Atom, Eqn, Var
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.plan import (
    Block,
    Branch,
    Free,
    Group,
    Host,
    Launch,
    Library,
    Over,
    Plan,
    Repeat,
    RepeatWhile,
    Step,
    numbered,
)
from oxmlx.ir.primitive import Primitive

Env: TypeAlias = list[Any]
Action: TypeAlias = Callable[[Env], None]
Shape: TypeAlias = tuple[int, ...]
Launchable: TypeAlias = Callable[[Sequence[Any]], list[Any]]
"""A kernel made ready: from arrays to new arrays."""
Compile: TypeAlias = Callable[[Kernel, Sequence[Shape]], Launchable]
"""Makes a kernel ready that returns arrays of these shapes, whose buffers may have fewer axes."""


class Ready(NamedTuple):
    """A step made ready, and the variables that it reads and writes, and those that it may write
    over others, which die there."""

    call: Launchable
    inputs: Sequence[Atom]
    outputs: Sequence[Var]
    over: Mapping[Var, Var] = {}


Steps: TypeAlias = Sequence[Ready | Free]


def leave(*step: Any) -> None:
    """Leave a step to Python."""


def one_by_one(steps: Steps, outputs: Sequence[Atom]) -> Steps:
    """Leave steps apart."""
    return steps


class Makers(NamedTuple):
    """How a backend makes the steps of a plan ready; what it leaves, Python runs: a group launch by
    launch, a loop step by step, `impl` instead of a library, and kernels into new memory."""

    kernel: Compile
    group: Callable[[Group], Launchable | None] = leave
    library: Callable[[Eqn], Launchable | None] = leave
    loop: Callable[[Repeat | RepeatWhile], Launchable | None] = leave
    join: Callable[[Steps, Sequence[Atom]], Steps] = one_by_one
    """Makes fewer steps of them, given what they are for."""
    in_place: Callable[[Kernel, Sequence[Shape], Over], Launchable | None] = leave
    """Makes a kernel ready that may write over inputs: those that nobody but the list refers to
    with which it is called."""


def make_executable(plan: Plan, makers: Makers) -> Executable:
    """A plan as a function of its inputs."""
    run = Runner(plan, makers).run
    return quiet(run) if plan.host_steps else run


def compile_or_interpret(compile: Compile, kernel: Kernel, shapes: Sequence[Shape]) -> Launchable:
    """What runs a kernel: the interpreter, if it is over nothing, or if its text is refused."""
    if kernel.is_empty:
        return Interpreted(kernel, shapes)
    try:
        return compile(kernel, shapes)
    except CompileError as e:
        message = f"kernel {kernel.name} runs in the interpreter, which is slow: {e}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return Interpreted(kernel, shapes)


class Runner:
    """A plan made ready: variables are places in a list, steps are functions of it."""

    def __init__(self, plan: Plan, makers: Makers) -> None:
        self.makers = makers
        self.places: dict[Any, int] = {}
        self.start: Env = []
        self.inputs = len([self.place(v) for v in plan.inputs])
        self.given = [k for k, v in enumerate(plan.inputs) if v in plan.given]
        steps = [ready for step in plan.steps for ready in self.ready(step)]
        self.actions = [*map(self.action, makers.join(steps, plan.outputs))]
        self.outputs = [self.place(a) for a in plan.outputs]

    def place(self, a: Any) -> int:
        """Where a variable or a literal is kept."""
        if a not in self.places:
            self.places[a] = len(self.start)
            self.start.append(None if isinstance(a, Var) else np.asarray(a.value))
        return self.places[a]

    def ready(self, step: Step) -> list[Ready | Free]:
        """A step made ready."""
        match step:
            case Launch(kernel, inputs, outputs, over):
                shapes = [v.aval.shape for v in outputs]
                made = self.makers.in_place(kernel, shapes, numbered(step)) if over else None
                made = made or self.makers.kernel(kernel, shapes)
                return [Ready(made, inputs, outputs, over)]
            case Group(launches):
                made = self.makers.group(step)
                if made is None:
                    return [r for launch in launches for r in self.ready(launch)]
                return [Ready(made, step.inputs, step.outputs, step.over)]
            case Block() | Repeat() | RepeatWhile() | Branch():
                made = self.makers.loop(step) if isinstance(step, (Repeat, RepeatWhile)) else None
                made = made or make_control(step, lambda inner: Runner(inner, self.makers).run)
                return [Ready(made, step.inputs, step.outputs)]
            case Library(_, eqn, over):
                made = self.makers.library(eqn) or partial(call, eqn.prim)
                return [Ready(made, eqn.inputs, eqn.outputs, over)]
            case Host(eqn):
                return [Ready(partial(call, eqn.prim), eqn.inputs, eqn.outputs)]
            case Free():
                return [step]

    def action(self, step: Ready | Free) -> Action:
        """A step as a function of the values of all variables."""
        if isinstance(step, Free):
            return partial(free, [*map(self.place, step.variables)])
        ins, outs = [*map(self.place, step.inputs)], [*map(self.place, step.outputs)]
        if step.over:
            dying = [*map(self.place, step.over.values())]
            return partial(launch_over, step.call, ins, outs, dying)
        return partial(launch, step.call, ins, outs)

    def run(self, args: Sequence[Any]) -> list[Any]:
        """The outputs for these buffers; a list loses those that are given to the plan."""
        env = self.start.copy()
        env[: self.inputs] = args
        if self.given and isinstance(args, list):
            for k in self.given:
                args[k] = None
        for action in self.actions:
            action(env)
        return [env[k] for k in self.outputs]


def launch(kernel: Launchable, ins: list[int], outs: list[int], env: Env) -> None:
    """A launch."""
    results = kernel([env[k] for k in ins])
    if len(outs) == 1:
        env[outs[0]] = results[0]
        return
    for k, x in zip(outs, results, strict=True):
        env[k] = x


def launch_over(
    kernel: Launchable, ins: list[int], outs: list[int], dying: list[int], env: Env
) -> None:
    """A launch that is handed the arrays that it may write over: we let go of them."""
    inputs = [env[k] for k in ins]
    free(dying, env)
    for k, x in zip(outs, kernel(inputs), strict=True):
        env[k] = x


def call(prim: Primitive, inputs: Sequence[Any]) -> list[Any]:
    """A host step."""
    out = prim.impl(*inputs)
    return [np.asarray(x) for x in (out if prim.multiple_results else [out])]


def free(places: list[int], env: Env) -> None:
    """The end of some values."""
    for k in places:
        env[k] = None
