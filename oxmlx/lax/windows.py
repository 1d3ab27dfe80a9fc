"""Reductions of what a window shows at each of its places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import starmap
from typing import Any

from oxmlx.lax.arguments import ints
from oxmlx.lax.conv_dimensions import Padding, dilated_shape, pads_of
from oxmlx.lax.folding import State, folded, is_identity, pairwise_fold
from oxmlx.ops import window as windows
from oxmlx.ops.cumulative import between
from oxmlx.ops.slicing import pad
from oxmlx.ops.window import Slide

KINDS = {"add": "sum", "max": "max", "min": "min"}


def reduce_window(
    operand: Any,
    init_value: Any,
    computation: Callable[[Any, Any], Any],
    window_dimensions: Sequence[int],
    window_strides: Sequence[int] | None = None,
    padding: Padding = "VALID",
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> Any:
    """Fold what a window shows at each of its places with an associative, commutative operation.

    Args:
        operand: an array, or a pytree of arrays of one shape that are folded together.
        init_value: what each fold starts from, and what the padding consists of; of the same
            structure, numbers or arrays of rank 0.
        computation: (a, b) ↦ a ⊕ b of scalars, or of pytrees of them. `lax.add`, `lax.max` and
            `lax.min` from their identities are recognised.
        window_dimensions: the extent of the window along each axis.
        window_strides: how far it moves along each axis.
        padding: "SAME", "SAME_LOWER", "VALID", or (low, high) for each axis.
        base_dilation: the distance of the elements of the operand, padding between.
        window_dilation: the distance of the elements of the window.

    Raises:
        ShapeError, TreeError, DtypeError: as `reduce`; params that do not fit the axes.
        ArgumentError: padding that means nothing, or not one number for each axis.

    >>> import oxmlx as ox
    >>> x = ox.array([1.0, 2.0, 3.0, 4.0])
    >>> ox.lax.reduce_window(x, 0.0, ox.lax.add, (2,))
    array([3., 5., 7.], dtype=float32)
    >>> ox.lax.reduce_window(x, 1.0, ox.lax.mul, (3,), (2,), "SAME")
    array([ 6., 12.], dtype=float32)
    """
    who = "lax.reduce_window"
    xs, inits, op, treedef = folded(who, operand, init_value, computation)
    shape = xs[0].shape
    window = ints(who, "window_dimensions", window_dimensions, len(shape))
    strides, base, step = (
        (1,) * len(shape) if n is None else ints(who, name, n, len(shape))
        for name, n in (
            ("window_strides", window_strides),
            ("base_dilation", base_dilation),
            ("window_dilation", window_dilation),
        )
    )
    reach = dilated_shape(window, step)
    pads = pads_of(who, padding, dilated_shape(shape, base), reach, strides)
    kind = KINDS.get(op.monoid or "")
    if kind is not None and is_identity(inits[0], op.monoid or ""):
        out = windows.reduce_window(xs[0], kind, window, strides, pads, base, step)
        return treedef.unflatten([out])
    lows, highs = zip(*pads, strict=True) if pads else ((), ())
    slides = list(starmap(Slide, zip(shape, window, strides, lows, highs, base, step, strict=True)))
    config = [(s.low, s.high, s.base - 1) for s in slides]
    outs = [pad(x, i, config) for x, i in zip(xs, inits, strict=True)]
    for axis, s in enumerate(slides):
        outs = pairwise_fold([seen(outs, axis, s, q) for q in range(s.window)], op)
    return treedef.unflatten(op.start(inits, outs))


def seen(xs: State, axis: int, s: Slide, q: int) -> State:
    """What element q of the window shows at each place along one axis of padded arrays."""
    start = q * s.step
    stop = start + (s.places - 1) * s.stride + 1 if s.places else start
    return [between(x, axis, start, stop, s.stride) for x in xs]


def reduce_window_shape_tuple(
    operand_shape: Sequence[int],
    window_dimensions: Sequence[int],
    window_strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> tuple[int, ...]:
    """The shape of the result of `reduce_window`.

    >>> import oxmlx as ox
    >>> ox.lax.reduce_window_shape_tuple((10, 4), (3, 1), (2, 1), [(0, 0), (1, 1)])
    (4, 6)
    """
    ones = (1,) * len(operand_shape)
    lows, highs = zip(*padding, strict=True) if padding else ((), ())
    params = window_strides, lows, highs, base_dilation or ones, window_dilation or ones
    rows = zip(operand_shape, window_dimensions, *params, strict=True)
    return tuple(s.places for s in starmap(Slide, rows))
