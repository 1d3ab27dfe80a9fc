"""Grids and joined ranges in the syntax of slices: mgrid, ogrid, r_, c_, s_ and index_exp."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx.errors import ArgumentError
from oxmlx.numpy.arguments import Array, static_int, value
from oxmlx.numpy.grids import arange, linspace, meshgrid
from oxmlx.numpy.joining import join, stack
from oxmlx.numpy.shaping import unsqueeze
from oxmlx.ops.convert import promote_dtypes

s_ = np.s_
"""An index expression as a value: `s_[1:3, ::2]` is `(slice(1, 3), slice(None, None, 2))`."""

index_exp = np.index_exp
"""An index expression as a tuple."""


class Grid:
    """Coordinates in the syntax of slices; an imaginary step says how many."""

    def __init__(self, sparse: bool) -> None:
        self.sparse = sparse

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return span(key)
        vectors = promote_dtypes("mgrid", *[span(part) for part in key])
        grid = meshgrid(*vectors, sparse=self.sparse, indexing="ij")
        return grid if self.sparse else stack(grid)

    def __repr__(self) -> str:
        return "ogrid" if self.sparse else "mgrid"


class Joined:
    """Ranges, arrays and numbers, joined along an axis.

    A text before them says "axis,ndmin,place": the axis, the least number of axes, and where those
    of an array with fewer go; "r" and "c" make a row or a column of vectors.
    """

    def __init__(self, name: str, axis: int, ndmin: int, place: int) -> None:
        self.name, self.axis, self.ndmin, self.place = name, axis, ndmin, place

    def __getitem__(self, key: Any) -> Array:
        parts: list[Any] = list(key) if isinstance(key, tuple) else [key]
        axis, ndmin, place = self.axis, self.ndmin, self.place
        if parts and isinstance(parts[0], str):
            text = parts.pop(0)
            if text in ("r", "c"):
                axis, ndmin, place = 1, 2, -1 if text == "r" else 0
            else:
                axis, ndmin, place = self.directive(text)
        xs = [span(p) if isinstance(p, slice) else value(p, self.name) for p in parts]
        return join(self.name, [lifted(x, ndmin, place) for x in xs], axis)

    def directive(self, text: str) -> tuple[int, int, int]:
        """The numbers in a text such as "0,2,1".

        Raises:
            ArgumentError: there are none.
        """
        numbers = [self.axis, self.ndmin, self.place]
        words = text.split(",")
        if len(words) > 3 or not all(word.strip().lstrip("-").isdigit() for word in words):
            raise ArgumentError(self.name, f"{text!r} is no directive", 'One looks like "0,2,1".')
        numbers[: len(words)] = map(int, words)
        return numbers[0], numbers[1], numbers[2]

    def __repr__(self) -> str:
        return self.name


def span(part: slice) -> Any:
    """The numbers that a slice names."""
    start = 0 if part.start is None else part.start
    if isinstance(part.step, complex):
        return linspace(start, part.stop, static_int("mgrid", "step", round(abs(part.step))))
    return arange(start, part.stop, part.step)


def lifted(x: Any, ndmin: int, place: int) -> Any:
    """`x` with at least so many axes, its own starting at a place."""
    rank = max(ndmin, x.ndim, 1)
    if x.ndim == rank:
        return x
    new = rank - x.ndim
    first = place if place >= 0 else new + 1 + place
    return unsqueeze(x, tuple(k for k in range(rank) if not first <= k < first + x.ndim))


mgrid = Grid(sparse=False)
ogrid = Grid(sparse=True)
r_ = Joined("r_", 0, 1, -1)
c_ = Joined("c_", -1, 2, 0)
