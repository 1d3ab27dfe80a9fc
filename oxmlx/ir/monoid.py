"""Monoids: what a fold combines with, and from what it starts.

`combine` is written over an algebra `op(name, *operands)`: one text serves to compute (on arrays),
to print (on expressions) and to check (on dtypes).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oxmlx.dtypes import Dtype, is_bool, is_float, is_integer
from oxmlx.errors import CheckError, DtypeError
from oxmlx.ir.scalar import SCALARS

State = tuple[Any, ...]
Op = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Monoid:
    """An associative, commutative ⊕ on a state of one or more components, and its identity."""

    name: str
    identities: tuple[Callable[[Dtype], Any], ...]
    """The identity of each component, given its dtype."""
    combine: Callable[[Op, State, State], State]
    """a ⊕ b, in the algebra of the first argument."""
    rounds: bool = False
    """Whether ⊕ rounds, so that 16-bit floats are better accumulated in f32."""

    def identity(self, *dtypes: Dtype) -> tuple[NDArray[Any], ...]:
        """The state that changes nothing, as rank-0 arrays of `dtypes`."""
        return tuple(np.array(f(d), d) for f, d in zip(self.identities, dtypes, strict=True))

    def check(self, *dtypes: Dtype) -> None:
        """Raise a `CheckError` unless ⊕ takes and gives states of `dtypes`."""
        count, want = len(dtypes), len(self.identities)
        if count != want:
            raise CheckError(self.name, f"folds a state of {want} components, got {count}")
        try:
            out = self.combine(lambda name, *ds: SCALARS[name].check(*ds), dtypes, dtypes)
        except DtypeError as e:
            raise CheckError(self.name, f"cannot fold {dtypes}: {e}") from e
        if out != dtypes:
            raise CheckError(self.name, f"makes {out} of two states of {dtypes}")


def ones(dtype: Dtype) -> int:
    """All bits set."""
    return highest(dtype) if dtype.kind in "bu" else -1


def lowest(dtype: Dtype) -> Any:
    """What every other value is above."""
    return _limit(dtype, -np.inf, False)


def highest(dtype: Dtype) -> Any:
    """What every other value is below."""
    return _limit(dtype, np.inf, True)


def _limit(dtype: Dtype, infinity: float, top: bool) -> Any:
    if is_float(dtype):
        return infinity
    if is_integer(dtype):
        return np.iinfo(dtype).max if top else np.iinfo(dtype).min
    if is_bool(dtype):
        return top
    raise CheckError("fold", f"{dtype} has no order", "Fold its components instead.")


def single(name: str, identity: Callable[[Dtype], Any], rounds: bool = False) -> Monoid:
    """The monoid of a scalar operation."""
    return Monoid(name, (identity,), lambda op, a, b: (op(name, *a, *b),), rounds)


def logaddexp(op: Op, a: State, b: State) -> State:
    """log(eᵃ + eᵇ), without overflow; an infinite or NaN maximum is the answer itself."""
    low, high = op("min", *a, *b), op("max", *a, *b)
    sum_ = op("add", high, op("log1p", op("exp", op("sub", low, high))))
    return (op("select", op("is_finite", high), sum_, high),)


def first_by(beats: str) -> Callable[[Op, State, State], State]:
    """Of two (value, index) the one whose value `beats` the other's; NaN beats numbers, and ties
    go to the lower index."""

    def combine(op: Op, a: State, b: State) -> State:
        (x, i), (y, j) = a, b

        def wins(u: Any, v: Any) -> Any:
            return op("or", op(beats, u, v), op("and", op("ne", u, u), op("eq", v, v)))

        tie = op("not", wins(y, x))
        first = op("or", wins(x, y), op("and", tie, op("lt", i, j)))
        return op("select", first, x, y), op("select", first, i, j)

    return combine


MONOIDS: dict[str, Monoid] = {
    m.name: m
    for m in (
        single("add", lambda _: 0, rounds=True),
        single("mul", lambda _: 1, rounds=True),
        single("max", lowest),
        single("min", highest),
        single("and", ones),
        single("or", lambda _: 0),
        single("xor", lambda _: 0),
        Monoid("logaddexp", (lowest,), logaddexp, rounds=True),
        Monoid("argmax", (lowest, highest), first_by("gt")),
        Monoid("argmin", (highest, highest), first_by("lt")),
    )
}
