"""Evaluate a jaxpr on NumPy buffers, primitive by primitive: the meaning of a program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from oxmlx.config import config
from oxmlx.dtypes import is_inexact
from oxmlx.errors import EvaluationError
from oxmlx.ir.jaxpr import Jaxpr, Var
from oxmlx.ir.primitive import Primitive
from oxmlx.source import Location


class Steps:
    """A jaxpr made ready to run: variables are slots, dead values are dropped at their last use."""

    __slots__ = ("eqns", "inputs", "outputs", "slots", "steps")

    def __init__(self, jaxpr: Jaxpr) -> None:
        number: dict[Any, int] = {}
        values: list[Any] = []

        def slot(a: Any) -> int:
            if a not in number:
                number[a] = len(values)
                values.append(None if type(a) is Var else a.value)
            return number[a]

        self.inputs = len([slot(v) for v in jaxpr.inputs])
        last = {a: k for k, e in enumerate(jaxpr.eqns) for a in (*e.inputs, *e.outputs)}
        keep = {a for a in jaxpr.outputs}
        dead: list[list[int]] = [[] for _ in jaxpr.eqns]
        for a, k in last.items():
            if type(a) is Var and a not in keep:
                dead[k].append(slot(a))
        self.steps = [
            (
                eqn.prim.impl,
                tuple(map(slot, eqn.inputs)),
                tuple(map(slot, eqn.outputs))
                if eqn.prim.multiple_results
                else slot(eqn.outputs[0]),
                tuple(frees),
            )
            for eqn, frees in zip(jaxpr.eqns, dead, strict=True)
        ]
        self.outputs = tuple(map(slot, jaxpr.outputs))
        self.slots = values
        self.eqns = jaxpr.eqns

    def run(self, args: Sequence[Any]) -> list[Any]:
        """The outputs for these buffers."""
        env = self.slots.copy()
        env[: self.inputs] = args
        nan = config.nan
        for n, (impl, ins, outs, frees) in enumerate(self.steps):
            out = impl(*[env[k] for k in ins])
            if nan:
                check_nan(self.eqns[n].prim, out, self.eqns[n].where)
            if isinstance(outs, int):
                env[outs] = out
            else:
                for k, x in zip(outs, out, strict=True):
                    env[k] = x
            for k in frees:
                env[k] = None
        return [env[k] for k in self.outputs]


def check_nan(prim: Primitive, out: Any, where: Location | None) -> None:
    """Raise if an equation made a NaN: the `nan` switch.

    Raises:
        EvaluationError: with the user's line.
    """
    for x in out if prim.multiple_results else [out]:
        if is_inexact(x.dtype) and np.isnan(x).any():
            advice = "No equation before it did; look at this line first."
            raise EvaluationError(str(prim), "made a NaN", advice, where)


Executable = Callable[[Sequence[Any]], list[Any]]
"""From the buffers of a program's inputs to those of its outputs."""


def quiet(run: Executable) -> Executable:
    """The same without NumPy's warnings about overflow, division and invalid values."""

    def silenced(args: Sequence[Any]) -> list[Any]:
        with np.errstate(all="ignore"):
            return run(args)

    return silenced


def by_steps(jaxpr: Jaxpr) -> Executable:
    """The program as its steps, made ready once."""
    return jaxpr.derive("steps", lambda: Steps(jaxpr)).run


def evaluate_jaxpr(jaxpr: Jaxpr, args: Sequence[Any]) -> list[Any]:
    """The outputs of `jaxpr` for NumPy operands, by each primitive's `impl`."""
    return by_steps(jaxpr)(args)


def as_buffers(values: Sequence[Any]) -> list[np.ndarray]:
    """NumPy scalars, which reductions to rank 0 return, as arrays."""
    return [x if type(x) is np.ndarray else np.asarray(x) for x in values]
