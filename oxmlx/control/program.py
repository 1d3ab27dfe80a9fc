"""What the higher-order primitives share: effects of bodies, and small surgery on jaxprs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from oxmlx import tree
from oxmlx.ir.jaxpr import Jaxpr, Var, intern_jaxpr
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.stage import avals_of, stage
from oxmlx.ir.trace import check_around
from oxmlx.ops.convert import as_value

T = TypeVar("T")


class Program(Primitive):
    """A primitive that holds jaxprs."""

    kind = "program"
    multiple_results = True

    def bodies(self) -> Iterator[Jaxpr]:
        """The programs among the params."""
        for field in self.fields:
            value = getattr(self, field)
            for body in value if isinstance(value, tuple) else (value,):
                if isinstance(body, Jaxpr):
                    yield body

    @property
    def effects(self) -> bool:
        return any(b.effects for b in self.bodies())

    @property
    def axis_names(self) -> frozenset[Any]:
        return frozenset[Any]().union(*(b.axis_names for b in self.bodies()))


def split(xs: Sequence[T], *sizes: int) -> list[list[T]]:
    """Consecutive pieces of the given lengths, and the rest."""
    out: list[list[T]] = []
    at = 0
    for n in sizes:
        out.append(list(xs[at : at + n]))
        at += n
    return [*out, list(xs[at:])]


def pick(xs: Sequence[T], mask: Sequence[bool]) -> list[T]:
    """The elements where the mask holds."""
    return [x for x, m in zip(xs, mask, strict=True) if m]


def drop(xs: Sequence[T], mask: Sequence[bool]) -> list[T]:
    """The elements where the mask does not hold."""
    return [x for x, m in zip(xs, mask, strict=True) if not m]


def merge(mask: Sequence[bool], yes: Sequence[Any], no: Sequence[Any]) -> list[Any]:
    """Interleave: the next of `yes` where the mask holds, else the next of `no`."""
    ys, ns = iter(yes), iter(no)
    return [next(ys) if m else next(ns) for m in mask]


def spread(mask: Sequence[bool], xs: Sequence[Any]) -> list[Any]:
    """The next of `xs` where the mask holds, else `None`."""
    it = iter(xs)
    return [next(it) if m else None for m in mask]


def present(xs: Sequence[Any]) -> list[Any]:
    """The elements that are not `None`."""
    return [x for x in xs if x is not None]


def rearrange(jaxpr: Jaxpr, inputs: Sequence[int], outputs: Sequence[int] | None = None) -> Jaxpr:
    """The same equations with inputs (and outputs) in another order, or fewer outputs."""

    def make() -> Jaxpr:
        outs = jaxpr.outputs if outputs is None else [jaxpr.outputs[k] for k in outputs]
        return intern_jaxpr(Jaxpr([jaxpr.inputs[k] for k in inputs], jaxpr.eqns, outs))

    return jaxpr.derive(
        ("rearrange", tuple(inputs), None if outputs is None else tuple(outputs)), make
    )


def stage_tree(
    f: Callable[..., Any], args: tuple[Any, ...], who: str
) -> tuple[Jaxpr, list[Any], tree.PyTreeDef]:
    """Trace a function of pytrees on values like `args`.

    Returns:
        The program; the outer values it uses, its leading inputs; the structure of its result.
    """
    leaves, in_tree = tree.flatten(args)
    return stage_flat(f, avals_of(leaves), in_tree, who)


def stage_flat(
    f: Callable[..., Any], avals: Sequence[Any], in_tree: tree.PyTreeDef, who: str
) -> tuple[Jaxpr, list[Any], tree.PyTreeDef]:
    """`stage_tree` for the given avals of the leaves."""
    structure: list[tree.PyTreeDef] = []

    def flat(*xs: Any) -> list[Any]:
        out, out_tree = tree.flatten(f(*in_tree.unflatten(xs)))
        structure.append(out_tree)
        return [as_value(x, who) for x in out]

    jaxpr, consts = stage(flat, avals)
    return jaxpr, consts, structure[0]


def call_on_values(f: Callable[..., Any], args: tuple[Any, ...], who: str) -> Any:
    """Call a function as it is called when it is traced: with values for leaves, and for values."""
    leaves, in_tree = tree.flatten(args)
    check_around(leaves, who)
    out = f(*in_tree.unflatten([as_value(x, who) for x in leaves]))
    return tree.map(lambda x: as_value(x, who), out)


def share_consts(
    jaxprs: Sequence[Jaxpr], consts: Sequence[Sequence[Any]]
) -> tuple[list[Jaxpr], list[Any]]:
    """Give programs one common list of leading inputs, each outer value once."""
    every = {id(x): x for cs in consts for x in cs}
    out: list[Jaxpr] = []
    for jaxpr, own in zip(jaxprs, consts, strict=True):
        mine = {id(x): v for x, v in zip(own, jaxpr.inputs, strict=False)}
        lead = [mine.get(key) or Var(x.aval) for key, x in every.items()]
        inputs = [*lead, *jaxpr.inputs[len(own) :]]
        out.append(intern_jaxpr(Jaxpr(inputs, jaxpr.eqns, jaxpr.outputs)))
    return out, list(every.values())
