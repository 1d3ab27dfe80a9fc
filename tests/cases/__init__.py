"""Cases: applications of primitives on concrete operands, over which the laws run."""

from __future__ import annotations

import importlib
import pathlib
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from oxmlx.dtypes import Dtype, finfo, is_inexact
from oxmlx.errors import DtypeError
from oxmlx.ir.aval import Aval
from oxmlx.ir.jaxpr import Jaxpr, alone
from oxmlx.ir.kernel import Kernel, kernel_of
from oxmlx.ir.primitive import Primitive

F32, F64 = np.dtype("float32"), np.dtype("float64")


class Case:
    """One application of a primitive.

    Args:
        prim: the primitive with its params.
        operands: NumPy arrays; floating ones in float64 where derivative laws should be sharp.
        differentiable: whether finite differences make sense at these operands (no kink, no tie).
        smooth: whether the second derivative exists there too.
        name: a suffix for the test id.
    """

    def __init__(
        self,
        prim: Primitive,
        *operands: Any,
        differentiable: bool = True,
        smooth: bool = True,
        name: str = "",
    ) -> None:
        self.prim = prim
        self.operands = [np.asarray(x) for x in operands]
        self.differentiable, self.smooth, self.name = differentiable, smooth, name

    def __repr__(self) -> str:
        shapes = ",".join(f"{x.dtype.name}{list(x.shape)}" for x in self.operands)
        return f"{self.prim}({shapes}){self.name}"


@cache
def every_case() -> list[Case]:
    """The cases of all files of this folder."""
    folder = pathlib.Path(__file__).parent
    families = sorted(p.stem for p in folder.glob("*.py") if p.stem[0] != "_")
    return [c for f in families for c in importlib.import_module(f"cases.{f}").CASES]


def retyped(case: Case, change: Callable[[Dtype], Dtype]) -> Case:
    """The case with operands of other types; itself, if a parameter is of the old one."""
    operands = [x.astype(change(x.dtype)) for x in case.operands]
    try:
        case.prim.abstract(*(Aval(x.shape, x.dtype) for x in operands))
    except DtypeError:
        return case
    return Case(
        case.prim,
        *operands,
        differentiable=case.differentiable,
        smooth=case.smooth,
        name=case.name,
    )


def in_single(case: Case) -> Case:
    """The case with floats for doubles, which Metal lacks."""
    return retyped(case, lambda dtype: F32 if dtype == F64 else dtype)


def avals_of(case: Case) -> list[Aval]:
    """The types of a case's operands and results."""
    operands = [Aval(x.shape, x.dtype) for x in case.operands]
    return [*operands, *outputs(case, case.prim.abstract(*operands))]


def outputs(case: Case, result: Any) -> list[Any]:
    """The results of a primitive as a list."""
    return list(result) if case.prim.multiple_results else [result]


def run(case: Case) -> list[np.ndarray]:
    """What a case means."""
    with np.errstate(all="ignore"):
        return [np.asarray(x) for x in outputs(case, case.prim.impl(*case.operands))]


def kernel_of_case(case: Case) -> Kernel:
    """The kernel of a case alone, as its lower rule has it."""
    avals = [Aval(x.shape, x.dtype) for x in case.operands]
    (out,) = outputs(case, case.prim.abstract(*avals))
    return kernel_of(case.prim.name, avals, out, case.prim.lower)


def program_of_case(case: Case) -> Jaxpr:
    """The program of a case alone."""
    return alone(case.prim, [(x.shape, x.dtype) for x in case.operands])


def same(got: Any, want: np.ndarray, ulps: float = 8) -> None:
    """Equal, up to rounding in floating dtypes; NaNs agree, and so do the signs of zeros not."""
    got = np.asarray(got)
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    if got.dtype.names:
        np.testing.assert_array_equal(got, want)
    elif is_inexact(got.dtype):
        wide = np.complex128 if got.dtype.kind == "c" else np.float64
        eps = float(finfo(got.dtype).eps)
        a, b = got.astype(wide), want.astype(wide)
        scale = np.max(np.abs(b[np.isfinite(b)]), initial=0.0)
        np.testing.assert_allclose(a, b, rtol=ulps * eps, atol=ulps * eps * scale)
    else:
        np.testing.assert_array_equal(got, want)
