"""A jitted function one stage at a time, as in `jax.stages`: traced, lowered, compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from oxmlx import tree
from oxmlx.api.arguments import flatten_values
from oxmlx.api.boundary import boundary
from oxmlx.api.donation import use_up
from oxmlx.api.executable import executable
from oxmlx.api.staging import ClosedJaxpr, structs
from oxmlx.control.call import Call
from oxmlx.errors import ArgumentError, TreeError
from oxmlx.ir.array import Array
from oxmlx.ir.aval import Aval
from oxmlx.ir.cse import cse
from oxmlx.ir.dce import dce
from oxmlx.ir.device import default_device
from oxmlx.ir.node import known
from oxmlx.ir.pretty import show_jaxpr
from oxmlx.ir.trace import BASE, bind, current_trace, realise


class Entry(NamedTuple):
    """One trace of a function."""

    prim: Call
    consts: list[Any]
    out_tree: tree.PyTreeDef
    out_avals: list[Aval]
    donated: tuple[int, ...] = ()
    """Leaves of its arguments."""
    given: tuple[int, ...] = ()
    """The same as inputs of the program, before which comes what was closed over."""

    def call(self, values: Sequence[Any], donates: bool = False) -> list[Any]:
        """Run compiled code on realised operands; inside a trace, and for effects, by `bind`.

        Args:
            donates: let it use up what is donated, which nobody can read any more.
        """
        if current_trace() is not BASE or self.prim.effects:
            outs = bind(self.prim, *self.consts, *values)
            if donates:
                use_up(values, self.donated, self.prim.label)
            return outs
        if self.consts and any(type(x) is Array and x.place for x in values):
            # the arguments say where to run, and what was closed over follows them
            device, buffers = realise(self.prim, values)
            buffers = [x.buffer for x in self.consts] + buffers
        else:
            device, buffers = realise(self.prim, [*self.consts, *values])
        if donates:
            run = executable(self.prim.body, device, given=self.given)
            use_up(values, self.donated, self.prim.label)
        else:
            run = executable(self.prim.body, device)
        outs = run(buffers)
        return [
            Array(a, device, known(x if type(x) is np.ndarray else np.asarray(x)))
            for a, x in zip(self.out_avals, outs, strict=True)
        ]


class Stage:
    """What the stages share: the program, and the structure of its arguments and result."""

    def __init__(self, entry: Entry, in_tree: tree.PyTreeDef) -> None:
        self.entry, self.in_tree = entry, in_tree

    @property
    def fun_name(self) -> str:
        """The name of the function."""
        return self.entry.prim.label

    @property
    def out_tree(self) -> tree.PyTreeDef:
        """The structure of the result."""
        return self.entry.out_tree

    @property
    def in_avals(self) -> list[Aval]:
        """The types of the arguments' leaves, those of static arguments not among them."""
        return self.entry.prim.body.in_avals[len(self.entry.consts) :]

    @property
    def out_info(self) -> Any:
        """The result with ShapeDtypeStructs for arrays."""
        return structs(self.entry.prim.body, self.out_tree)

    def __repr__(self) -> str:
        ins = self.in_tree.unflatten(self.in_avals)
        return f"{type(self).__name__}({self.fun_name}: {ins} -> {self.out_info})"


class Traced(Stage):
    """A function traced for arguments of given types: `jit(f).trace(*args)`."""

    @property
    def jaxpr(self) -> ClosedJaxpr:
        """The program as it was traced."""
        return ClosedJaxpr(self.entry.prim.body, self.entry.consts)

    def lower(self) -> Lowered:
        """The next stage."""
        return Lowered(self.entry, self.in_tree)


class Lowered(Stage):
    """A traced function without what its result does not need: `jit(f).lower(*args)`."""

    def as_text(self, *, debug_info: bool = False) -> str:
        """The program that a backend is given: no dead equations, no repeated ones.

        Args:
            debug_info: end each equation with the user's file and line.
        """
        return show_jaxpr(cse(dce(self.entry.prim.body)), source=debug_info)

    def compile(self) -> Compiled:
        """The last stage: code for the default device."""
        executable(self.entry.prim.body, default_device())
        return Compiled(self.entry, self.in_tree)


class Compiled(Stage):
    """A compiled function: `jit(f).lower(*args).compile()`. It is never traced again, and static
    arguments are not passed any more. It donates nothing."""

    @boundary
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        values, in_tree = flatten_values((args, kwargs), self.fun_name)
        if in_tree != self.in_tree:
            raise TreeError(
                self.fun_name,
                f"compiled for (args, kwargs) of the structure {self.in_tree}, got {in_tree}",
                "Leave static arguments out, and pass by keyword what was passed by keyword.",
            )
        paths = tree.leaves_with_path(in_tree.unflatten(range(len(values))))
        for x, want, (path, _) in zip(values, self.in_avals, paths, strict=True):
            if x.aval.strong is not want.strong:
                raise ArgumentError(
                    self.fun_name,
                    f"(args, kwargs){tree.keystr(path)} must be {want}, got {x.aval}",
                    "Lower it for these types, or call the jitted function, which traces again.",
                )
        return self.out_tree.unflatten(self.entry.call(values))
