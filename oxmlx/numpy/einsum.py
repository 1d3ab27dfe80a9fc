"""Einstein summation: one letter an axis; axes whose letter the output lacks are summed over.

Operands are contracted pair by pair, first the pair whose product takes the least room beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from math import prod
from string import ascii_letters
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

DOTS = "..."
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
    terms, output = parse("einsum", subscripts, operands, preferred_element_type)
    extents = extents_of("einsum", terms)
    terms = [squeezed(term, extents) for term in terms]
    for positions in path_of("einsum", optimize, terms, extents, output):
        picked = [terms[k] for k in positions]
        terms = [term for k, term in enumerate(terms) if k not in positions]
        terms.append(product(picked, {*output}.union(*(term.labels for term in terms))))
    x, labels = terms[0]
    return transpose(x, tuple(labels.index(name) for name in output))


def einsum_path(subscripts: Any, /, *operands: Any, optimize: Any = "auto") -> tuple[Path, str]:
    """The order in which `einsum` contracts, and what it costs in words.

    Args:
        subscripts, operands, optimize: as in `einsum`.

    Returns:
        The positions of the operands of each product, which then leave the list and make place for
        the product at its end; and a report.

    >>> import oxmlx.numpy as np
    >>> a, b, c = np.ones((2, 50)), np.ones((50, 50)), np.ones((50, 3))
    >>> path, report = np.einsum_path("ij,jk,kl->il", a, b, c)
    >>> path
    [(0, 1), (0, 1)]
    >>> print(report)
    ij,jk->ik           5000 products
    kl,ik->li           300 products
    """
    terms, output = parse("einsum_path", subscripts, operands, None)
    extents = extents_of("einsum_path", terms)
    path = path_of("einsum_path", optimize, terms, extents, output)
    labels = [term.labels for term in terms]
    lines: list[str] = []
    for positions in path:
        picked = [labels[k] for k in positions]
        labels = [names for k, names in enumerate(labels) if k not in positions]
        kept = {*output}.union(*labels)
        every = list(dict.fromkeys(name for names in picked for name in names))
        labels.append(tuple(name for name in every if name in kept))
        step = ",".join(map("".join, picked)) + "->" + "".join(labels[-1])
        lines.append(f"{step:<19} {prod(extents[name] for name in every)} products")
    return path, "\n".join(lines)


def parse(
    who: str, subscripts: Any, operands: Sequence[Any], dtype: Any
) -> tuple[list[Term], Labels]:
    """The operands with their labels, and the labels of the output.

    Raises:
        ArgumentError: the subscripts do not make sense, or do not fit the operands.
    """
    inputs, right, given = (spelled if isinstance(subscripts, str) else numbered)(
        who, subscripts, operands
    )
    if len(inputs) != len(given) or not given:
        raise ArgumentError(
            who,
            f"got {len(given)} operands for {len(inputs)} subscripts",
            'Subscripts have one comma fewer than operands: "ij,jk->ik".',
        )
    arrays = factors(who, dtype, *given)
    hidden = [x.ndim - len(names) + 1 for x, names in zip(arrays, inputs, strict=True)]
    hidden = [n if DOTS in names else 0 for n, names in zip(hidden, inputs, strict=True)]
    terms: list[Term] = []
    for x, names, n in zip(arrays, inputs, hidden, strict=True):
        if n < 0 or len(names) + (n - 1) * (DOTS in names) != x.ndim:
            raise ArgumentError(
                who,
                f"subscripts {''.join(names)!r} do not fit {x.aval}",
                "Write one letter for each axis, or ... for the leading ones.",
            )
        terms.append(plain(who, Term(x, expanded(names, n))))
    counts = Counter(name for names in inputs for name in names if name != DOTS)
    if right is None:
        right = [DOTS, *sorted(name for name, n in counts.items() if n == 1)]
    output = expanded(right, max(hidden))
    unknown = [name for name in right if name != DOTS and name not in counts]
    if unknown or len(set(output)) != len(output):
        raise ArgumentError(
            who,
            f"output {''.join(right)!r} must name axes of the operands once",
            "Leave out the letters to sum over.",
        )
    return terms, output


def spelled(
    who: str, text: str, operands: Sequence[Any]
) -> tuple[list[Labels], Sequence[str] | None, Sequence[Any]]:
    """Labels from text such as "i...,ij->j".

    Raises:
        ArgumentError: a label is no letter.
    """

    def tokens(item: str) -> Labels:
        before, dots, after = item.partition(DOTS)
        names = (*before, *([DOTS] if dots else []), *after)
        if not all(name == DOTS or name.isalpha() for name in names):
            raise ArgumentError(who, f"{item!r} must consist of letters and at most one ellipsis")
        return names

    left, arrow, right = text.replace(" ", "").partition("->")
    return [tokens(item) for item in left.split(",")], tokens(right) if arrow else None, operands


def numbered(
    who: str, first: Any, operands: Sequence[Any]
) -> tuple[list[Labels], Sequence[str] | None, Sequence[Any]]:
    """Labels from lists of numbers that stand after the operands, that of the output last.

    Raises:
        ArgumentError: a label is no number from 0 to 51.
    """

    def tokens(item: Any) -> Labels:
        if not isinstance(item, Sequence):
            raise ArgumentError(
                who,
                f"wants lists of axes after operands, got {item!r:.80}",
                "Such as einsum(x, [0, 1], y, [1, 2], [0, 2]).",
            )
        for n in item:
            if n is not Ellipsis and not (isinstance(n, int) and 0 <= n < len(ascii_letters)):
                raise ArgumentError(who, f"an axis is a number from 0 to 51, got {n!r}")
        return tuple(DOTS if n is Ellipsis else sorted(ascii_letters)[n] for n in item)

    every = [first, *operands]
    output = tokens(every.pop()) if len(every) % 2 else None
    return [tokens(item) for item in every[1::2]], output, every[::2]


def expanded(names: Sequence[str], hidden: int) -> Labels:
    """Labels with one for each axis that an ellipsis stands for, counted from the right."""
    dots = [f"{DOTS}{k}" for k in range(hidden)][::-1]
    return tuple(label for name in names for label in (dots if name == DOTS else [name]))


def plain(who: str, term: Term) -> Term:
    """A term in which each label occurs once: of axes with one label the diagonal.

    Raises:
        ShapeError: their extents differ.
    """
    x, labels = term
    for name in [name for name, n in Counter(labels).items() for _ in range(n - 1)]:
        i, j = [k for k, other in enumerate(labels) if other == name][:2]
        if x.shape[i] != x.shape[j]:
            raise ShapeError(
                who,
                f"axes {i} and {j} of {x.aval} are both called {name!r}",
                "Axes of one name must have one extent.",
            )
        x = diagonal(x, 0, i, j)
        labels = (*(other for k, other in enumerate(labels) if k not in (i, j)), name)
    return Term(x, labels)


def extents_of(who: str, terms: Sequence[Term]) -> dict[str, int]:
    """The extent of each label; 1 gives way to others.

    Raises:
        ShapeError: two axes with one label have different extents.
    """
    extents: dict[str, int] = {}
    for x, labels in terms:
        for name, n in zip(labels, x.shape, strict=True):
            known = extents.get(name, 1)
            if n != known and 1 not in (n, known):
                problem = f"axis {name!r} has extent {n} in {x.aval}, and {known} before"
                raise ShapeError(who, problem, "Axes of one name must have one extent.")
            extents[name] = n if known == 1 else known
    return extents


def squeezed(term: Term, extents: dict[str, int]) -> Term:
    """A term without the axes of extent 1 that are longer elsewhere."""
    x, labels = term
    kept = [k for k, name in enumerate(labels) if x.shape[k] == extents[name]]
    return Term(reshape(x, tuple(x.shape[k] for k in kept)), tuple(labels[k] for k in kept))


def path_of(
    who: str, optimize: Any, terms: Sequence[Term], extents: dict[str, int], output: Labels
) -> Path:
    """The order of the products: as it is given, from left to right, or greedily.

    Raises:
        ArgumentError: it is none of these, or not a path for so many operands.
    """
    n = len(terms)
    if isinstance(optimize, Sequence) and not isinstance(optimize, str):
        path = [tuple(step) for step in optimize if step != "einsum_path"]
        left = n
        for step in path:
            if not step or any(not isinstance(k, int) or not 0 <= k < left for k in step):
                raise ArgumentError(who, f"{step} is no step of a path with {left} operands left")
            left += 1 - len(set(step))
        return path if left == 1 else [*path, tuple(range(left))]
    if optimize not in (True, False, "auto", "greedy", "optimal"):
        raise ArgumentError(who, f"optimize got {optimize!r}", "It takes a bool or a path.")
    if n == 1:
        return [(0,)]
    if optimize is False:
        return [(0, 1), *((0, k) for k in range(n - 2, 0, -1))]
    return list(greedy([set(term.labels) for term in terms], extents, set(output)))


def greedy(
    terms: list[set[str]], extents: dict[str, int], output: set[str]
) -> Iterator[tuple[int, int]]:
    """Always the pair whose product is smallest beside its factors, and cheapest among such."""

    def room(labels: set[str]) -> int:
        return prod(extents[name] for name in labels)

    def outcome(i: int, j: int) -> set[str]:
        others = output.union(*(t for k, t in enumerate(terms) if k not in (i, j)))
        return (terms[i] | terms[j]) & others

    def cost(pair: tuple[int, int]) -> tuple[int, int]:
        i, j = pair
        growth = room(outcome(i, j)) - room(terms[i]) - room(terms[j])
        return growth, room(terms[i] | terms[j])

    while len(terms) > 1:
        i, j = best = min(combinations(range(len(terms)), 2), key=cost)
        yield best
        terms = [*(t for k, t in enumerate(terms) if k not in best), outcome(i, j)]


def product(factors: Sequence[Term], kept: set[str]) -> Term:
    """The product of terms, summed over the labels that nothing else needs."""
    term, *rest = factors
    for k, other in enumerate(rest):
        term = contract(term, other, kept.union(*(t.labels for t in rest[k + 1 :])))
    return summed(term, kept)


def contract(a: Term, b: Term, kept: set[str]) -> Term:
    """The product of two terms."""
    a, b = summed(a, kept | {*b.labels}), summed(b, kept | {*a.labels})
    shared = [name for name in a.labels if name in b.labels]
    if all(name in kept for name in shared):
        return aligned_product(a, b)
    inner = [name for name in shared if name not in kept]
    batch = [name for name in shared if name in kept]

    def places(names: list[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return tuple(map(a.labels.index, names)), tuple(map(b.labels.index, names))

    x = dot_general(a.array, b.array, places(inner), places(batch))
    free = [name for t in (a, b) for name in t.labels if name not in shared]
    return Term(x, (*batch, *free))


def aligned_product(a: Term, b: Term) -> Term:
    """A product without a sum, elementwise."""
    labels = (*a.labels, *(name for name in b.labels if name not in a.labels))
    order = sorted(range(len(b.labels)), key=lambda k: labels.index(b.labels[k]))
    y = transpose(b.array, tuple(order))
    x = reshape(a.array, a.array.shape + (1,) * (len(labels) - len(a.labels)))
    sizes = dict(zip(b.labels, b.array.shape, strict=True))
    return Term(multiply(x, reshape(y, tuple(sizes.get(name, 1) for name in labels))), labels)


def summed(term: Term, kept: set[str]) -> Term:
    """A term summed over the labels that are not kept."""
    x, labels = term
    axes = tuple(k for k, name in enumerate(labels) if name not in kept)
    x = reduce_or(x, axes) if x.dtype.kind == "b" else reduce_sum(x, axes)
    return Term(x, tuple(name for name in labels if name in kept))
