"""Random programs: graphs of maps, moves, folds and contractions over squares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from oxmlx.ops.axes import broadcast, reduce_sum
from oxmlx.ops.dot import matmul
from oxmlx.ops.math import exp, sin, sqrt
from oxmlx.ops.reduction import reduce_max
from oxmlx.ops.shape import transpose

Program = Callable[..., Any]


def wide(row: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """A value of each row in the shape of `x`."""
    return broadcast(row, x.shape, axes)


def mean(x: Any, axes: tuple[int, ...]) -> Any:
    return reduce_sum(x, axes) * (1 / float(np.prod([x.shape[a] for a in axes])))


def softmax(x: Any, axes: tuple[int, ...] = (1,)) -> Any:
    e = exp(x - wide(reduce_max(x, axes), x, axes))
    return e / wide(reduce_sum(e, axes), x, axes)


UNARY: list[Program] = [
    *(sin, lambda x: x * 0.5 + 1.0, lambda x: exp(-x), lambda x: sqrt(x * x + 1.0)),
    *(lambda x: transpose(x, (1, 0)), softmax, lambda x: softmax(x, (0,))),
    lambda x: wide(reduce_sum(sin(x), (1,)), x, (1,)) * 0.1,
    lambda x: wide(reduce_max(x, (0,)), x, (0,)),
    lambda x: x - wide(mean(x, (0, 1)), x, (0, 1)),
    lambda x: wide(reduce_sum(x, (0,)), x, (1,)) * 0.1,  # rows become columns
]
BINARY: list[Program] = [
    *(lambda x, y: x + y, lambda x, y: x * sin(y), lambda x, y: matmul(x, sin(y)) * 0.25),
    lambda x, y: x * wide(reduce_sum(sin(y), (1,)), x, (1,)) * 0.1,
]


@st.composite
def graphs(draw: st.DrawFn) -> Program:
    """A function of two squares, whose results are some of its values."""
    steps = draw(st.integers(1, 9))
    picks = [
        (draw(st.sampled_from(UNARY + BINARY)), *(draw(st.integers(0, k + 1)) for _ in "ab"))
        for k in range(steps)
    ]
    outs = draw(st.sets(st.integers(2, steps + 1), min_size=1, max_size=4))

    def f(x: Any, y: Any) -> tuple[Any, ...]:
        values = [x, y]
        for g, a, b in picks:
            values.append(g(values[a]) if g in UNARY else g(values[a], values[b]))
        return tuple(values[k] for k in sorted(outs))

    return f
