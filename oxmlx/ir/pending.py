"""Pending equations as a program: a structure that comes again and again is compiled as one."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from oxmlx.ir.aval import Aval
from oxmlx.ir.device import Device, default_device
from oxmlx.ir.evaluate import Executable
from oxmlx.ir.jaxpr import Eqn, Jaxpr, Var, intern_jaxpr
from oxmlx.ir.machine import installed
from oxmlx.ir.node import Node

FUSED_AT = 3
"""The sight of a structure at which it is compiled: code that runs once or twice is not."""
MAX_STRUCTURES, MAX_PROGRAMS = 4096, 256

log = logging.getLogger("oxmlx")
_sights: dict[Any, int] = {}
_programs: dict[Any, Executable | None] = {}


def run_fused(order: Sequence[Node]) -> bool:
    """Run pending nodes as one program, if such came before, often enough.

    Args:
        order: each after the nodes that it reads, and not referred to by the caller otherwise.

    Returns:
        Whether they have run. If not, run them one by one; an error is raised there again, by the
        equation that fails.
    """
    cone = Cone(order)
    if not cone.is_plain:
        return False
    key = cone.structure
    if key not in _programs:
        seen = _sights[key] = _sights.get(key, 0) + 1
        if seen < FUSED_AT:
            if len(_sights) > MAX_STRUCTURES:
                _sights.clear()
            return False
        if len(_programs) >= MAX_PROGRAMS:
            _programs.clear()
        _programs[key] = compiled(cone)
    run = _programs[key]
    if run is None:
        return False
    try:
        values = run([np.asarray(x) for x in cone.leaves])
    except Exception:
        return False
    for n, value in zip(cone.wanted, values, strict=True):
        order[n].value = np.asarray(value)
    for node in order:
        node.inputs = ()
    return True


def compiled(cone: Cone) -> Executable | None:
    """The program of a cone; nothing if there is none, or if it cannot be compiled."""
    try:
        return installed().fused(cone.program(), cone.place)
    except Exception as e:
        log.warning("recorded code runs operation by operation, for it was not compiled: %r", e)
        return None


class Cone:
    """Pending nodes, and what they read, numbered: those from 0 up, the others from -1 down."""

    def __init__(self, order: Sequence[Node]) -> None:
        self.order = order
        self.leaves: list[Any] = []
        self.rows: list[tuple[Any, ...]] = []
        self.device: Device | None = None
        self.is_plain = True
        """Whether this is first-order work of one device, with all it reads at hand."""
        uses = [0] * len(order)
        number: dict[int, int] = {}
        for n, node in enumerate(order):
            prim, place = node.prim, node.place
            if isinstance(prim, int) or prim.multiple_results or prim.runs_user_code:
                self.is_plain = False
                return
            if place is not None and place is not self.device:
                self.is_plain = self.device is None
                self.device = place
            row: list[Any] = [prim]
            for x in node.inputs:
                k = number.get(id(x))
                if k is None:
                    k = number[id(x)] = ~len(self.leaves)
                    self.leaves.append(x.value if type(x) is Node else x)
                if k >= 0:
                    uses[k] += 1
                row.append(k)
            self.rows.append(tuple(row))
            number[id(node)] = n
        # whoever else refers to a node wants its value: a handle, or an equation that is not here
        counts = zip(reference_counts(order), uses, strict=True)
        self.wanted = tuple([n for n, (count, k) in enumerate(counts) if count > ALONE + k])
        self.is_plain = self.is_plain and all([x is not None for x in self.leaves])

    @property
    def structure(self) -> Any:
        """What two cones share that one program serves. Numbers are operands of it."""
        types = tuple([(x.shape, x.dtype) for x in self.leaves])
        return self.place, tuple(self.rows), types, self.wanted

    @property
    def place(self) -> Device:
        """Where it runs."""
        return self.device or default_device()

    def program(self) -> Jaxpr:
        """From the leaves to the values that are wanted."""
        inputs = [Var(Aval(x.shape, x.dtype)) for x in self.leaves]
        made = [Var(node.aval) for node in self.order]
        eqns = [
            Eqn(prim, tuple([made[k] if k >= 0 else inputs[~k] for k in ins]), (v,), node.where)
            for node, (prim, *ins), v in zip(self.order, self.rows, made, strict=True)
        ]
        return intern_jaxpr(Jaxpr(inputs, eqns, [made[n] for n in self.wanted]))


def reference_counts(nodes: Sequence[Node]) -> list[int]:
    """How many references each node has."""
    return [sys.getrefcount(node) for node in nodes]


ALONE = reference_counts([Node(0, (), None)])[0]
"""References to a node that is nowhere but in such a list, as this Python counts them."""
