"""The device `cpu`: fused kernels where there is code for them, host steps where there is none."""

from __future__ import annotations

import sys
import warnings
from functools import cache
from importlib.util import find_spec
from math import prod

import numpy as np

from oxmlx.backends.llvm import shelf
from oxmlx.backends.llvm.launch import make_launcher
from oxmlx.backends.llvm.loop import make_loop
from oxmlx.backends.llvm.render import Renderer
from oxmlx.backends.llvm.scalars import APPROXIMATE, has_register, is_native
from oxmlx.backends.llvm.sequence import join
from oxmlx.backends.llvm.target import target
from oxmlx.backends.runner import Makers, make_executable
from oxmlx.dtypes import is_float, short_name
from oxmlx.ir.evaluate import Executable
from oxmlx.ir.jaxpr import Eqn
from oxmlx.ir.kernel import INDEX, Const, Expr, Fold, Kernel, Load, Loop, Prefix, Scalar, nodes
from oxmlx.ir.plan import Over, Plan
from oxmlx.ir.primitive import Primitive

MOST_ELEMENTS = int(np.iinfo(INDEX).max)
MOST_SEEN = 1024
"""Elements of a window that a kernel goes through."""
WINDOWS = "reduce_window", "arg_window"


class Cpu:
    """Native code for the CPU of this process, by LLVM."""

    kind = "cpu"
    most_arrays = sys.maxsize
    rank = 0

    def count(self) -> int:
        return llvm_installed()

    def obstacle(self, prim: Primitive, body: Expr) -> str:
        if prim.name == "dot_general" or (prim.name == "conv_general" and is_float(body.dtype)):
            return "several elements read the same operands: a library does it better"
        if prim.name.startswith(WINDOWS) and window_size(body) > MOST_SEEN:
            return "its windows are large: it is less work axis by axis"
        return next(filter(None, map(no_code, nodes(body))), "")

    def shelf(self, eqn: Eqn) -> str:
        return shelf.name_of(eqn)

    def is_exact(self, kernel: Kernel) -> bool:
        return not any(map(rounds_its_own_way, kernel.nodes))

    @property
    def kernels_compiled(self) -> int:
        return target().kernels_compiled

    def source(self, kernel: Kernel) -> str:
        return Renderer(kernel, target().lanes).text()

    def source_in_place(self, kernel: Kernel, over: Over) -> str:
        return self.source(kernel)

    def load(self, plan: Plan) -> Executable:
        makers = Makers(
            make_launcher, library=shelf.fetch, loop=make_loop, join=join, in_place=make_launcher
        )
        return make_executable(plan, makers)


@cache
def llvm_installed() -> bool:
    """Is llvmlite there? If it is not, everything runs on the reference, and we say so once."""
    found = find_spec("llvmlite") is not None
    if not found:
        message = (
            "llvmlite is not installed: there is no device `cpu`, and programs run on `reference`, "
            "NumPy step by step. Where it has a wheel, `pip install llvmlite` makes them faster."
        )
        warnings.warn(message, RuntimeWarning, stacklevel=2)
    return found


def window_size(body: Expr) -> int:
    """How many elements the folds of an expression go through."""
    return prod(e.loop.extent.value for e in nodes(body) if isinstance(e, Fold))


def rounds_its_own_way(e: Expr) -> bool:
    """May the last bits of a node differ from NumPy's? What IEEE 754 defines has no choice."""
    if isinstance(e, Scalar):
        return is_float(e.args[0].dtype) and e.op in APPROXIMATE
    return isinstance(e, Loop) and e.rounds


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
