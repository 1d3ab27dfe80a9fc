"""Einstein summation: one letter an axis; axes whose letter the output lacks are summed over.

Operands are contracted pair by pair, first the pair whose product takes the least room beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from math import prod
from typing import Any, NamedTuple

from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.numpy.arguments import Array, refuse_out
from oxmlx.numpy.arithmetic import multiply
from oxmlx.numpy.diagonals import diagonal
from oxmlx.numpy.products import factors
from oxmlx.ops.axes import reduce_sum
from oxmlx.ops.dot import dot_general
from oxmlx.ops.reduction import reduce_or
from oxmlx.ops.shape import reshape, transpose

Labels = tuple[str, ...]
Path = list[tuple[int, ...]]


class Term(NamedTuple):
    """An array with a label for each axis."""

    array: Any
    labels: Labels


def einsum(
    subscripts: Any,
    /,
    *operands: Any,
    out: None = None,
    optimize: Any = "auto",
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    """The sum of products of elements, over the axes whose letters the output lacks.

    Args:
        subscripts: letters for the axes of each operand and, after "->", of the output, such as
            "ij,jk->ik"; "..." stands for axes that are broadcast. Without "->" the output has the
            letters that occur once. Or operands and lists of numbers in turns, as in NumPy.
        operands: arrays.
        out: not supported.
        optimize: `False` contracts from left to right; a path of `einsum_path` says the order.
        precision: ignored.
        preferred_element_type: the dtype to compute in.

    Raises:
        ArgumentError: the subscripts do not make sense, or do not fit the operands.
        ShapeError: axes with one letter have different extents.

    >>> import oxmlx.numpy as np
    >>> np.einsum("ij,j->i", np.array([[1, 2], [3, 4]]), np.array([10, 1]))
    array([12, 34], dtype=int32)
    """
    refuse_out("einsum", out)
    names, output, given = parse("einsum", subscripts, operands)
    arrays = factors("einsum", preferred_element_type, *given)
    terms = label("einsum", arrays, names, output)
    extents = extents_of("einsum", terms)
    terms = [squeezed(plain(t), extents) for t in terms]
    for positions in chosen_path("einsum", optimize, terms, extents, output):
        picked = [terms[k] for k in positions]
        terms = [t for k, t in enumerate(terms) if k not in positions]
        while picked:
            kept = {*output}.union(*(t.labels for t in (*terms, *picked[2:])))
            pair, picked = [summed(t, kept, picked) for t in picked[:2]], picked[2:]
            product = contract(*pair, kept) if len(pair) == 2 else pair[0]
            ...
    return product
