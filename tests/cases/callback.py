"""Cases of pure callbacks; those with effects are no laws' business."""

from __future__ import annotations

import numpy as np

from cases import Case
from oxmlx import tree
from oxmlx.control.callback import HostFunction, PureCallback
from oxmlx.ir.aval import Aval

F64 = np.dtype(np.float64)
ONE, TWO = (tree.structure((tuple(range(n)), {})) for n in (1, 2))
LEAF, PAIR = tree.structure(0), tree.structure((0, 0))


def sums(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return x + y, np.asarray(x > y)


SIN = HostFunction("sin", np.sin, ONE, LEAF)
SUMS = HostFunction("sums", sums, TWO, PAIR)
F = np.random.default_rng(5).normal(size=(4, 2, 3))

CASES: list[Case] = []
for method in ("sequential", "expand_dims", "broadcast_all"):
    for shape in ((), (3,), (2, 3), (0, 2)):
        outs = (Aval(shape, F64),)
        x = np.resize(F, shape)
        CASES.append(Case(PureCallback(SIN, outs, 0, method), x, differentiable=False))
    both = (Aval((3,), F64), Aval((3,), np.dtype(bool)))
    CASES.append(Case(PureCallback(SUMS, both, 0, method), F[0, 0], F[1, 1], differentiable=False))
rows = (Aval((3,), F64),)
CASES.append(Case(PureCallback(SIN, rows, 2, "sequential"), F, differentiable=False))
