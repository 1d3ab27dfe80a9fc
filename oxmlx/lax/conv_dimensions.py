"""What convolutions are told about: which axis is which, how to pad, what shape comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from oxmlx.dtypes import is_inexact, is_integer
from oxmlx.errors import ArgumentError, DtypeError
from oxmlx.ir.aval import Aval
from oxmlx.lax.arguments import check, ints
from oxmlx.ops.window import Slide, dilated

Ints: TypeAlias = "tuple[int, ...]"
Padding: TypeAlias = "str | Sequence[tuple[int, int]]"
Specs: TypeAlias = "tuple[str, str, str]"

PAIRS = ("N", "C"), ("O", "I"), ("N", "C")
ONE_RANK = (
    "The input has axes for batch, features and space, the kernel for output features, input "
    "features and as much space: x[None] makes a batch of one."
)
NAMES = "dimension_numbers[0]", "dimension_numbers[1]", "dimension_numbers[2]"


class ConvDimensionNumbers(NamedTuple):
    """The axes of a convolution: of the input (batch, features, spatial…), of the kernel (output
    features, input features, spatial…), of the result (batch, features, spatial…)."""

    lhs_spec: Sequence[int]
    rhs_spec: Sequence[int]
    out_spec: Sequence[int]


def conv_dimension_numbers(
    lhs_shape: Sequence[int], rhs_shape: Sequence[int], dimension_numbers: Any
) -> ConvDimensionNumbers:
    """The axes that dimension numbers of any form speak of.

    Args:
        lhs_shape: of the input.
        rhs_shape: of the kernel, of the same rank.
        dimension_numbers: `None` for axes in the order of `ConvDimensionNumbers`; three strings
            such as ("NHWC", "HWIO", "NHWC"); or a `ConvDimensionNumbers`.

    Raises:
        ShapeError: the ranks differ.
        ArgumentError: something else, or strings that do not name each axis once.

    >>> import oxmlx as ox
    >>> ox.lax.conv_dimension_numbers((8, 32, 3), (5, 3, 16), ("NHC", "HIO", "NHC"))
    ConvDimensionNumbers(lhs_spec=(0, 2, 1), rhs_spec=(2, 1, 0), out_spec=(0, 2, 1))
    """
    who = "lax.conv_dimension_numbers"
    return axes_of_operands(who, lhs_shape, rhs_shape, dimension_numbers)


def axes_of_operands(
    who: str, lhs_shape: Sequence[int], rhs_shape: Sequence[int], dimension_numbers: Any
) -> ConvDimensionNumbers:
    """`conv_dimension_numbers` for a convolution, which refuses in its own name."""
    rank = len(lhs_shape)
    problem = f"input and kernel must have one rank, got shapes {lhs_shape} and {rhs_shape}"
    check(who, [(rank == len(rhs_shape), problem)], ONE_RANK)
    if dimension_numbers is None:
        every = tuple(range(rank))
        return ConvDimensionNumbers(every, every, every)
    if isinstance(dimension_numbers, ConvDimensionNumbers):
        specs = [ints(who, n, s, rank) for n, s in zip(NAMES, dimension_numbers, strict=True)]
        orders = [sorted(s) == list(range(rank)) for s in specs]
    else:
        specs = list(conv_general_permutations(dimension_numbers))
        orders = [len(s) == rank for s in specs]
    if not all(orders):
        problem = f"got {dimension_numbers} for arrays of rank {rank}"
        raise ArgumentError(who, problem, "Wanted each axis of each of the three once.")
    return ConvDimensionNumbers(*specs)


def conv_general_permutations(dimension_numbers: Specs) -> tuple[Ints, Ints, Ints]:
    """The axes that three strings name: "N" and "C", "O" and "I", "N" and "C" first, then the
    spatial ones in the order of the second string.

    Raises:
        ArgumentError: they are no such strings.

    >>> import oxmlx as ox
    >>> ox.lax.conv_general_permutations(("NHWC", "HWIO", "NHWC"))
    ((0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2))
    """
    given: Any = dimension_numbers
    if not names_axes(given):
        raise ArgumentError(
            "lax.conv_general_permutations",
            f"got {dimension_numbers!r}",
            'Wanted three strings such as ("NHWC", "HWIO", "NHWC"): N and C, O and I, N and C '
            "once, and the same spatial letters in each.",
        )
    order = [c for c in given[1] if c not in "OI"]
    lhs, rhs, out = (
        tuple(s.index(c) for c in (*pair, *order)) for s, pair in zip(given, PAIRS, strict=True)
    )
    return lhs, rhs, out


def names_axes(given: Any) -> bool:
    """Whether these are three strings that name each axis once."""
    if not (isinstance(given, (tuple, list)) and len(given) == 3):
        return False
    if not all(isinstance(s, str) and len(set(s)) == len(s) for s in given):
        return False
    spatial = [set(s) - set(pair) for s, pair in zip(given, PAIRS, strict=True)]
    return all(
        set(pair) <= set(s) and rest == spatial[0]
        for s, pair, rest in zip(given, PAIRS, spatial, strict=True)
    )


def padtype_to_pads(
    in_shape: Sequence[int],
    window_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: str,
) -> list[tuple[int, int]]:
    """How much padding a word stands for, before and after each axis.

    Args:
        in_shape: the extents that windows slide over.
        window_shape: the extents of the window.
        window_strides: how far it moves.
        padding: "VALID", none; "SAME", so much that there are ⌈extent / stride⌉ places, the odd one
            after; "SAME_LOWER", the odd one before.

    Raises:
        ArgumentError: another word, or a stride below 1.

    >>> import oxmlx as ox
    >>> ox.lax.padtype_to_pads((10, 10), (4, 3), (1, 2), "SAME")
    [(1, 2), (0, 1)]
    """
    word = padding.upper() if isinstance(padding, str) else padding
    if word == "VALID":
        return [(0, 0)] * len(in_shape)
    if word not in ("SAME", "SAME_LOWER"):
        problem = f"padding got {padding!r}"
        raise ArgumentError("lax.padtype_to_pads", problem, "It takes SAME, SAME_LOWER or VALID.")
    if any(stride < 1 for stride in window_strides):
        problem = f"strides must be at least 1, got {(*window_strides,)}"
        raise ArgumentError(
            "lax.padtype_to_pads", problem, "A stride of 1 moves to the next place."
        )
    pads: list[tuple[int, int]] = []
    for n, window, stride in zip(in_shape, window_shape, window_strides, strict=True):
        total = max((-(-n // stride) - 1) * stride + window - n, 0)
        less, more = total // 2, total - total // 2
        pads.append((less, more) if word == "SAME" else (more, less))
    return pads


def pads_of(
    who: str,
    padding: Any,
    in_shape: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
) -> tuple[tuple[int, int], ...]:
    """Padding of either form as a pair for each axis.

    Raises:
        ArgumentError: not a pair for each axis.
    """
    if isinstance(padding, str):
        return tuple(padtype_to_pads(in_shape, window, strides, padding))
    pairs: Any = tuple(ints(who, "padding", pair, 2) for pair in padding)
    if len(pairs) != len(in_shape):
        problem = f"padding must hold {len(in_shape)} pairs, got {pairs}"
        raise ArgumentError(who, problem)
    return pairs


def conv_transpose_pads(window: int, stride: int, padding: Any) -> tuple[int, int]:
    """The padding of the transpose of a convolution along one axis."""
    if isinstance(padding, str):
        word = padding.upper()
        total = window + stride - 2
        if word == "SAME":
            low = window - 1 if stride > window - 1 else -(-total // 2)
            return low, total - low
        if word == "VALID":
            return window - 1, total + max(window - stride, 0) - (window - 1)
        problem = f"padding got {padding!r}"
        raise ArgumentError("lax.conv_transpose", problem, "It takes SAME, VALID or pairs.")
    low, high = padding
    return window - 1 - low, window - 1 - high


def conv_shape_tuple(
    lhs_shape: Sequence[int],
    rhs_shape: Sequence[int],
    strides: Sequence[int],
    pads: Padding,
    batch_group_count: int = 1,
) -> Ints:
    """The shape of a convolution of (batch, features, spatial…) with (out, in, spatial…).

    >>> import oxmlx as ox
    >>> ox.lax.conv_shape_tuple((8, 3, 32), (16, 3, 5), (2,), "SAME")
    (8, 16, 16)
    """
    who = "lax.conv_shape_tuple"
    pairs = pads_of(who, pads, lhs_shape[2:], rhs_shape[2:], strides)
    places = [
        Slide(n, window, stride, low, high, 1, 1).places
        for n, window, stride, (low, high) in zip(
            lhs_shape[2:], rhs_shape[2:], strides, pairs, strict=True
        )
    ]
    return (lhs_shape[0] // batch_group_count, rhs_shape[0], *places)


def conv_general_shape_tuple(
    lhs_shape: Sequence[int],
    rhs_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
    dimension_numbers: Specs,
) -> Ints:
    """The shape of a convolution whose axes three strings name.

    >>> import oxmlx as ox
    >>> numbers = ("NHC", "HIO", "NHC")
    >>> ox.lax.conv_general_shape_tuple((8, 32, 3), (5, 3, 16), (1,), "VALID", numbers)
    (8, 28, 16)
    """
    lhs, rhs, out = conv_general_permutations(dimension_numbers)
    shape = conv_shape_tuple(
        [lhs_shape[a] for a in lhs], [rhs_shape[a] for a in rhs], window_strides, padding
    )
    return placed(shape, out)


def conv_transpose_shape_tuple(
    lhs_shape: Sequence[int],
    rhs_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
    dimension_numbers: Specs,
) -> Ints:
    """The shape of the transpose of a convolution whose axes three strings name.

    >>> import oxmlx as ox
    >>> numbers = ("NHC", "HIO", "NHC")
    >>> ox.lax.conv_transpose_shape_tuple((8, 16, 3), (5, 3, 4), (2,), "SAME", numbers)
    (8, 32, 4)
    """
    lhs, rhs, out = conv_general_permutations(dimension_numbers)
    sizes, kernel = [lhs_shape[a] for a in lhs], [rhs_shape[a] for a in rhs]
    pairs: Any = padding
    if isinstance(padding, str):
        pairs = [
            conv_transpose_pads(window, stride, padding)
            for window, stride in zip(kernel[2:], window_strides, strict=True)
        ]
    places = [
        Slide(n, window, 1, low, high, stride, 1).places
        for n, window, stride, (low, high) in zip(
            sizes[2:], kernel[2:], window_strides, pairs, strict=True
        )
    ]
    return placed((sizes[0], kernel[0], *places), out)


def placed(shape: Sequence[int], axes: Sequence[int]) -> Ints:
    """A shape whose extent k is at `axes[k]`."""
    return tuple(n for _, n in sorted(zip(axes, shape, strict=True), key=lambda pair: pair[0]))


def dilated_shape(shape: Sequence[int], steps: Sequence[int]) -> Ints:
    """Extents of elements that lie some steps apart."""
    return tuple(dilated(n, step) for n, step in zip(shape, steps, strict=True))


def layout(spec: Sequence[int], names: str) -> str:
    """The axes in order, by letters: those of `names` first in `spec`, then the spatial ones.

    >>> layout((0, 3, 1, 2), "NC"), layout((2, 1, 0), "OI"), layout((0, 1, 2, 3, 4), "NC")
    ('NHWC', 'HIO', 'NCHWD')
    """
    spatial = "HWD" if len(spec) <= 5 else "0123456789"
    letters = dict(zip(spec, names + spatial, strict=False))
    return "".join(letters[axis] for axis in range(len(spec)))


def check_operands(
    who: str, x: Aval, w: Aval, numbers: ConvDimensionNumbers, given: Any, groups: Sequence[int]
) -> None:
    """Refuse operands whose features or groups do not fit, in the layout that the user gave.

    Args:
        who: what errors call the function.
        x, w: the types of the operands, as the user passed them.
        numbers: which of their axes is which.
        given: the same as the user said it.
        groups: those of the features, and those of the batch.

    Raises:
        DtypeError: operands that are no numbers.
        ShapeError: features or groups that do not fit.
    """
    features, batches = groups
    letters = layout(numbers.lhs_spec, "NC"), layout(numbers.rhs_spec, "OI")
    left, right = given[:2] if names_axes(given) else letters
    shown = f"lhs {x} in layout {left} and rhs {w} in layout {right}"
    if not (is_inexact(x.dtype) or is_integer(x.dtype)):
        raise DtypeError(who, f"wants numbers, got {shown}", "Convert them with .astype first.")
    (batch, channels), (out, inputs) = numbers.lhs_spec[:2], numbers.rhs_spec[:2]
    problem = f"got feature_group_count={features} and batch_group_count={batches}"
    fits = min(groups) == 1
    check(who, [(fits, problem)], "One of the two must be 1, the other at least 1.")
    n, m = x.shape[channels], w.shape[inputs]
    problem = f"got {shown}: {n} features (C) against {m} (I) in {features} groups"
    advice = "C must be I times the number of groups; dimension_numbers= says which axis is which."
    check(who, [(n == m * features, problem)], advice)
    count = features * batches
    uneven = f"got {shown}, which do not fall into {count} groups of equal size"
    fits = x.shape[batch] % batches == 0 and w.shape[out] % count == 0
    advice = "O must be a multiple of the number of groups, and N of batch_group_count."
    check(who, [(fits, uneven)], advice)
