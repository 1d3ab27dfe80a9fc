"""The device `cpu`: fused kernels where there is code for them, host steps where there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.util import find_spec
from math import prod
from typing import Any

import numpy as np

from oxmlx.backends.llvm.launch import make_launcher
from oxmlx.backends.llvm.render import Renderer
from oxmlx.backends.llvm.scalars import has_register, is_native
from oxmlx.backends.llvm.target import target
from oxmlx.dtypes import short_name
from oxmlx.ir.evaluate import Executable, quiet
from oxmlx.ir.jaxpr import Eqn, Var
from oxmlx.ir.kernel import INDEX, Const, Expr, Kernel, Load, Prefix, Scalar, nodes
from oxmlx.ir.plan import Free, Host, Launch, Plan
from oxmlx.ir.primitive import Primitive

MOST_ELEMENTS = int(np.iinfo(INDEX).max)

Env = list[Any]
Action = Callable[[Env], None]


class Cpu:
    """Native code for the CPU of this process, by LLVM."""

    kind = "cpu"

    def count(self) -> int:
        return llvm_installed()

    def obstacle(self, prim: Primitive, body: Expr) -> str:
        if prim.kind == "fold" and prim.reuses:
            return "several elements read the same operands: a library does it better"
        return next(filter(None, map(no_code, nodes(body))), "")

    def source(self, kernel: Kernel) -> str:
        return Renderer(kernel, target().lanes).text()

    def load(self, plan: Plan) -> Executable:
        run = Runner(plan).run
        return quiet(run) if plan.host_steps else run


@cache
def llvm_installed() -> bool:
    """Has this platform a wheel of llvmlite, and is it there?"""
    return find_spec("llvmlite") is not None


def no_code(e: Expr) -> str:
    """Why there is no code for a node; nothing if there is."""
    if isinstance(e, Scalar):
        dtypes = tuple(a.dtype for a in e.args)
        given = ", ".join(map(short_name, dtypes))
        return "" if is_native(e.op, dtypes, e.to) else f"there is no code for {e.op} of {given}"
    if isinstance(e, (Load, Const)) and not has_register(e.dtype):
        return f"no register holds {short_name(e.dtype)}"
    if isinstance(e, Load) and prod(e.buffer.shape) > MOST_ELEMENTS:
        return "an array has more elements than an index can count"
    return "it is a running fold" if isinstance(e, Prefix) else ""


class Runner:
    """A plan made ready: variables are places in a list, steps are functions of it."""

    def __init__(self, plan: Plan) -> None:
        self.places: dict[Any, int] = {}
        self.start: Env = []
        self.inputs = len([self.place(v) for v in plan.inputs])
        self.actions = [self.action(step) for step in plan.steps]
        self.outputs = [self.place(a) for a in plan.outputs]

    def place(self, a: Any) -> int:
        """Where a variable or a literal is kept."""
        if a not in self.places:
            self.places[a] = len(self.start)
            self.start.append(None if isinstance(a, Var) else np.asarray(a.value))
        return self.places[a]

    def action(self, step: Launch | Host | Free) -> Action:
        """A step as a function."""
        match step:
            case Launch(kernel, inputs, outputs):
                ins, outs = [*map(self.place, inputs)], [*map(self.place, outputs)]
                return partial(
                    launch, make_launcher(kernel, [v.aval.shape for v in outputs]), ins, outs
                )
            case Host(eqn):
                return self.host(eqn)
            case Free(variables):
                return partial(free, [*map(self.place, variables)])

    def host(self, eqn: Eqn) -> Action:
        ins, outs = [*map(self.place, eqn.inputs)], [*map(self.place, eqn.outputs)]
        return partial(call, eqn.prim, ins, outs)

    def run(self, args: Sequence[Any]) -> list[Any]:
        """The outputs for these buffers."""
        env = self.start.copy()
        env[: self.inputs] = args
        for action in self.actions:
            action(env)
        return [env[k] for k in self.outputs]


def launch(
    kernel: Callable[[Sequence[Any]], list[Any]], ins: list[int], outs: list[int], env: Env
) -> None:
    """A launch."""
    results = kernel([env[k] for k in ins])
    if len(outs) == 1:
        env[outs[0]] = results[0]
        return
    for k, x in zip(outs, results, strict=True):
        env[k] = x


def call(prim: Primitive, ins: list[int], outs: list[int], env: Env) -> None:
    """A host step."""
    out = prim.impl(*[env[k] for k in ins])
    results = out if prim.multiple_results else [out]
    for k, x in zip(outs, results, strict=True):
        env[k] = np.asarray(x)


def free(places: list[int], env: Env) -> None:
    """The end of some values."""
    for k in places:
        env[k] = None
