"""The device `metal`: fused kernels for an Apple GPU, host steps where there is no kernel."""

from __future__ import annotations

import logging
from math import prod

from oxmlx.backends.metal import shelf
from oxmlx.backends.metal.fallback import careful
from oxmlx.backends.metal.gpu import gpu
from oxmlx.backends.metal.launch import MOST_ARRAYS, MOST_POINTS, load_group, make_launcher
from oxmlx.backends.metal.library import library
from oxmlx.backends.metal.render import render
from oxmlx.backends.metal.scalars import MEMORY, memory_type, spell
from oxmlx.backends.metal.stamp import advise, has_stamp
from oxmlx.backends.metal.sums import is_long_sum
from oxmlx.backends.runner import Makers, make_executable
from oxmlx.dtypes import is_float, short_name
from oxmlx.errors import DtypeError, MissingRule
from oxmlx.ir.evaluate import Executable
from oxmlx.ir.jaxpr import Eqn
from oxmlx.ir.kernel import Const, Expr, Kernel, Load, Loop, Prefix, Scalar, nodes
from oxmlx.ir.plan import Host, Over, Plan
from oxmlx.ir.primitive import Primitive

log = logging.getLogger("oxmlx")
_told: set[str] = set()


class Metal:
    """The GPU of a Mac, through metalcompute."""

    kind = "metal"
    most_arrays = MOST_ARRAYS

    def count(self) -> int:
        return int(library() is not None)

    @property
    def rank(self) -> int:
        return -1 if has_stamp() else 1

    def obstacle(self, prim: Primitive, body: Expr) -> str:
        if prim.kind == "fold" and prim.reuses:
            return "several elements read the same operands: it has no kernel yet"
        if is_long_sum(prim, body):
            return "few long rows: the library does it in two passes"
        return next(filter(None, map(no_code, nodes(body))), "")

    def shelf(self, eqn: Eqn) -> str:
        return shelf.name_of(eqn)

    def is_exact(self, kernel: Kernel) -> bool:
        return all(map(moves_bits, kernel.nodes))

    @property
    def kernels_compiled(self) -> int:
        return len(gpu().functions) if self.count() else 0

    def source(self, kernel: Kernel) -> str:
        return render(kernel)

    def source_in_place(self, kernel: Kernel, over: Over) -> str:
        return render(kernel, over)

    def load(self, plan: Plan) -> Executable:
        advise()
        makers = Makers(make_launcher, load_group, shelf.fetch, in_place=make_launcher)
        run = make_executable(plan, makers)
        steps = fallbacks(plan)
        for step in steps:
            tell(step)
        return careful(run, steps[0].eqn.prim, steps[0].reason) if steps else run


def moves_bits(e: Expr) -> bool:
    """Has a node the bits that NumPy gives it? Of arithmetic on floats, fast math decides."""
    of_floats = isinstance(e, (Scalar, Loop)) and any(is_float(k.dtype) for k in e.kids())
    return not of_floats or (isinstance(e, Scalar) and e.op in ("select", "bitcast"))


def no_code(e: Expr) -> str:
    """Why there is no code for a node; nothing if there is."""
    try:
        if isinstance(e, Scalar):
            spell(e, lambda *_: "x", False)
        if isinstance(e, (Load, Const, Scalar)):
            memory_type(e.dtype)
    except (MissingRule, DtypeError) as error:
        return error.problem
    if isinstance(e, Load) and prod(e.buffer.shape) > MOST_POINTS:
        return "an array has more elements than an index can count"
    return "it is a running fold" if isinstance(e, Prefix) else ""


def fallbacks(plan: Plan) -> list[Host]:
    """The steps that run on the host for want of a kernel, also those in loops and branches."""
    own = [s for s in plan.steps if isinstance(s, Host) and falls_back(s.eqn)]
    return own + [step for inner in plan.inner for step in fallbacks(inner)]


def falls_back(eqn: Eqn) -> bool:
    """Would a GPU do this, had it a kernel? Effects, loops and branches belong to the host; a move
    goes there only with the step that it serves."""
    if eqn.prim.effects or eqn.prim.kind == "program":
        return False
    known = all(short_name(a.aval.dtype) in MEMORY for a in (*eqn.inputs, *eqn.outputs))
    return eqn.prim.kind != "move" or not known


def tell(step: Host) -> None:
    """Say why a step runs on the host, once for each reason."""
    if step.reason not in _told:
        _told.add(step.reason)
        log.warning("metal: %s runs on the host: %s", step.eqn.prim.name, step.reason)
