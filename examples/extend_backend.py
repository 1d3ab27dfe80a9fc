"""A new backend in one file: kernels as C, compiled by the C compiler of this machine.

    python examples/extend_backend.py

A backend says what it has no code for, prints kernels, and makes them ready to run. Everything else
comes from the package: programs are traced, transformed, fused and scheduled as for any device.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx.backends.base import Backend, register
from oxmlx.backends.runner import Makers, compile_or_interpret, make_executable
from oxmlx.errors import CompileError
from oxmlx.ir.kernel import Const, Fold, Index, Kernel, Load, Scalar, Size, nodes
from oxmlx.ir.rows import outside

COMPILER = os.environ.get("CC", "cc")
TYPES = {"float32": "float", "int32": "int", "bool": "_Bool"}
SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "eq": "==", "lt": "<", "and": "&"}
OPS = {op: f"({{}} {sign} {{}})" for op, sign in SIGNS.items()}
OPS |= {f: f + "f({})" for f in ("exp", "log", "tanh", "sqrt", "sin", "cos", "erf")}
OPS |= {"neg": "(-{})", "rsqrt": "(1 / sqrtf({}))", "select": "({} ? {} : {})"}
OPS |= {"max": "({0} > {1} || {0} != {0} ? {0} : {1})"}
HEAD = """#include <math.h>
static long clamp(long i, long n) { return i < 0 ? 0 : i < n ? i : n - 1; }"""


class C(Backend):
    """The device `c`."""

    kind = "c"

    def obstacle(self, prim: Any, body: Any) -> str:
        """Why there is no code for a primitive with this element: it runs on the host."""
        return next(filter(None, map(no_code, nodes(body))), "")

    def source(self, kernel: Kernel) -> str:
        return Printer(kernel).text

    def load(self, plan: Any) -> Any:
        return make_executable(plan, Makers(partial(compile_or_interpret, compiled)))


def no_code(e: Any) -> str:
    """Why a node cannot be printed."""
    op = getattr(e, "op", getattr(e, "monoid", "add"))
    known = isinstance(e, (Const, Size, Index, Load, Scalar, Fold)) and e.dtype.name in TYPES
    traps = op == "div" and e.dtype.kind != "f"  # where oxmlx has an answer
    return "" if known and op in OPS and not traps else f"there is no C for {e}"


class Printer:
    """A kernel as a C function of its arrays."""

    def __init__(self, kernel: Kernel) -> None:
        self.arrays = {b: f"x{k}" for k, b in enumerate((*kernel.inputs, *kernel.outputs))}
        self.names: dict[Any, str] = {}
        self.lines: list[str] = []
        self.nest((), kernel.grid, lambda: [self.store(s, kernel.loops(s)) for s in kernel.stores])
        params = ", ".join(f"{TYPES[b.dtype.name]}* {x}" for b, x in self.arrays.items())
        self.text = "\n".join([HEAD, f"void kernel({params}) {{", *self.lines, "}"])

    def nest(self, values: Sequence[Any], loops: Any, body: Callable[[], Any]) -> None:
        """A block or loops; what does not vary along them is computed before."""
        for e in outside(values, frozenset(i for i in self.names if isinstance(i, Index))):
            self.name(e)
        around, self.names = self.names, self.names | {i: i.name for i in loops}
        self.lines += [f"for (int {i} = 0; {i} < {i.extent}; {i}++)" for i in loops] + ["{"]
        body()
        self.lines.append("}")
        self.names = around

    def store(self, s: Any, loops: Any) -> None:
        values = *s.index, s.value
        self.nest(values, loops, lambda: self.assign(self.element(s), self.name(s.value)))

    def assign(self, target: str, value: str) -> None:
        self.lines.append(f"{target} = {value};")

    def element(self, e: Any) -> str:
        """An element. Under an arm of a select that is not taken any will do: clamp the index."""
        at = "0"
        for i, n in zip(e.index, e.buffer.shape, strict=True):
            at = f"({at} * {n} + clamp({self.name(i)}, {n}))"
        return f"{self.arrays[e.buffer]}[{at}]"

    def name(self, e: Any) -> str:
        """The value of a node: a number, or the variable that holds it."""
        if isinstance(e, (Const, Size)):
            return number(e.value)
        if e not in self.names:
            if isinstance(e, Scalar):
                start = OPS[e.op].format(*map(self.name, e.args))
            else:
                start = number(*e.identity) if isinstance(e, Fold) else self.element(e)
            own = f"v{len(self.lines)}"
            self.assign(f"{TYPES[e.dtype.name]} {own}", start)
            if isinstance(e, Fold):
                self.nest(e.body, (e.loop,), lambda: self.accumulate(e, own))
            self.names[e] = own
        return self.names[e]

    def accumulate(self, e: Any, own: str) -> None:
        self.assign(own, OPS[e.monoid].format(own, self.name(*e.body)))


def number(x: Any) -> str:
    """A number as C has it."""
    x = +np.asarray(x).item()  # True is 1
    text = x.hex() if isinstance(x, float) and np.isfinite(x) else str(x).upper()
    return f"({text.replace('INF', 'INFINITY')})"


def compiled(kernel: Kernel, shapes: Sequence[Any]) -> Callable[[Sequence[Any]], list[Any]]:
    """A kernel made ready: from arrays to new arrays of these shapes."""
    command = [COMPILER, "-O2", "-shared", "-fPIC", "-fwrapv", "-xc", "-", "-lm", "-o"]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([*command, f"{folder}/k"], input=Printer(kernel).text, text=True)
        if done.returncode:
            raise CompileError("c", f"{COMPILER} refuses a kernel")  # the interpreter runs it
        function = ctypes.CDLL(f"{folder}/k").kernel

    def run(inputs: Sequence[Any]) -> list[Any]:
        plain = [np.ascontiguousarray(x) for x in inputs]
        outs = [np.empty(s, b.dtype) for s, b in zip(shapes, kernel.outputs, strict=True)]
        function(*[x.ctypes for x in (*plain, *outs)])
        return outs

    return run


def main(argv: Sequence[str] | None = None) -> None:
    """Fuse a layer and its gradient for the new device, and compare with the reference."""
    raw = argparse.RawDescriptionHelpFormatter
    argparse.ArgumentParser(description=__doc__, formatter_class=raw).parse_args(argv)
    register(C())
    x = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)

    def layer(x: Any) -> Any:
        return jnp.log(ox.nn.softmax(jnp.tanh(2 * x)))

    def loss(x: Any) -> Any:
        return jnp.sum(layer(x)[:, 1] ** 2)

    ox.debug.show(layer, device="c", source=True)(x)
    for name, f in {"layer": layer, "gradient": ox.grad(loss)}.items():
        got, want = (np.asarray(ox.jit(f)(ox.device_put(x, d))) for d in ("c", "reference"))
        print(f"{name}: largest difference from the reference {np.abs(got - want).max():.1e}")


if __name__ == "__main__":
    main()
