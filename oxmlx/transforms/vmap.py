"""Vectorization: give every operation one more axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.mapped import MappedAxis as MappedAxis
from oxmlx.ir.mapped import named_axes as named_axes
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.stage import eval_jaxpr, stage_closed
from oxmlx.ir.trace import Trace, current_trace, interpret
from oxmlx.ir.value import Tracer
from oxmlx.ops.shape import batch_axis, moveaxis


class BatchTracer(Tracer):
    """A batch of values; `dim` is its mapped axis."""

    __slots__ = ("dim", "value")

    def __init__(self, trace: Trace, value: Any, dim: int) -> None:
        self.owner, self.value, self.dim = trace, value, dim
        whole = get_aval(value)
        self.aval = whole.with_shape(whole.shape[:dim] + whole.shape[dim + 1 :])


class BatchTrace(Trace):
    """Apply each primitive to whole batches."""

    __slots__ = ("axis",)

    def __init__(self, parent: Trace, axis: MappedAxis) -> None:
        super().__init__(parent)
        self.axis = axis

    def pair(self, x: Any) -> tuple[Any, int | None]:
        """The batch and its mapped axis, or the value and `None`."""
        if type(x) is BatchTracer and x.owner is self:
            return x.value, x.dim
        return x, None

    def wrap(self, value: Any, dim: int | None) -> Any:
        """A value of this trace; one without a mapped axis needs none."""
        return value if dim is None else BatchTracer(self, value, dim)

    def process(self, prim: Primitive, args: Sequence[Any]) -> Any:
        values: list[Any] = []
        dims: list[int | None] = []
        mapped = False
        for x in args:
            if type(x) is BatchTracer and x.owner is self:
                values.append(x.value)
                dims.append(x.dim)
                mapped = True
            else:
                values.append(x)
                dims.append(None)
        names = prim.axis_names
        collective = bool(names) and self.axis.name in names
        if not (mapped or collective):
            return self.parent.process(prim, values)
        with interpret(self.parent):
            if collective or prim.kind == "program":
                out, dim = prim.vmap_axis(self.axis, values, dims)
            else:
                out, dim = prim.vmap(self.axis.size, values, dims)
        if prim.multiple_results:
            return [self.wrap(*p) for p in zip(out, dim, strict=True)]
        return self.wrap(out, dim)


def vmap_flat(
    f: Callable[..., Sequence[Any]],
    args: Sequence[Any],
    dims: Sequence[int | None],
    axis: MappedAxis,
) -> tuple[list[Any], list[int | None]]:
    """Outputs and their mapped axes of a function on flat lists."""
    trace = BatchTrace(current_trace(), axis)
    with interpret(trace):
        outs = f(*(trace.wrap(*p) for p in zip(args, dims, strict=True)))
    pairs = [trace.pair(x) for x in outs]
    return [v for v, _ in pairs], [d for _, d in pairs]


def vmap_body(
    body: Jaxpr, axis: MappedAxis, mapped: Sequence[bool], forced: Sequence[bool] | None = None
) -> tuple[Jaxpr, list[bool]]:
    """The vmap of a program, mapped axes first.

    Args:
        axis: the mapped axis.
        mapped: which inputs have it.
        forced: outputs that must have it, even if they do not vary along it.

    Returns:
        The program on batches, and which outputs have a mapped axis.
    """
    key = ("vmap", axis, tuple(mapped), None if forced is None else tuple(forced))
    return body.derive(key, lambda: _vmap_body(body, axis, mapped, forced))


def _vmap_body(
    body: Jaxpr, axis: MappedAxis, mapped: Sequence[bool], forced: Sequence[bool] | None
) -> tuple[Jaxpr, list[bool]]:
    out_mapped: list[bool] = []

    def batched(*args: Any) -> list[Any]:
        dims = [0 if m else None for m in mapped]
        outs, out_dims = vmap_flat(lambda *xs: eval_jaxpr(body, xs), args, dims, axis)
        must = [False] * len(outs) if forced is None else forced
        out_mapped[:] = [d is not None or m for d, m in zip(out_dims, must, strict=True)]
        return [
            batch_axis(x, d, axis.size) if m else x
            for x, d, m in zip(outs, out_dims, out_mapped, strict=True)
        ]

    avals = body.in_avals
    batches = [batch_aval(a, axis.size) if m else a for a, m in zip(avals, mapped, strict=True)]
    return stage_closed(batched, batches), out_mapped


def batch_aval(a: Aval, size: int) -> Aval:
    """The aval of a batch, its mapped axis first."""
    return a.with_shape((size, *a.shape))


def to_front(args: Sequence[Any], dims: Sequence[int | None]) -> list[Any]:
    """Batches with their mapped axis first; other operands as they are."""
    return [x if d is None else moveaxis(x, d, 0) for x, d in zip(args, dims, strict=True)]
