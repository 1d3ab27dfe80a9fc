"""Callbacks: Python functions of NumPy arrays, as equations of a program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from oxmlx import tree
from oxmlx.control.callables import check_callable
from oxmlx.conversion import canonical
from oxmlx.dtypes import as_dtype
from oxmlx.errors import (
    ArgumentError,
    DtypeError,
    GradientError,
    MissingRule,
    ShapeError,
    TreeError,
)
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.trace import BASE, bind, interpret
from oxmlx.ops.convert import NUMBERS, as_value, literal
from oxmlx.ops.shape import batch_axis, moveaxis, reshape
from oxmlx.source import current_location

VMAP_METHODS = ("sequential", "sequential_unrolled", "expand_dims", "broadcast_all")


@dataclass(frozen=True)
class HostFunction:
    """A Python function of pytrees, on flat lists of NumPy arrays.

    Args:
        who: what its errors are called.
        fun: called with read-only arrays, in eager mode whatever is being traced.
        in_tree: the structure of (args, kwargs).
        out_tree: the structure of the result.
    """

    who: str
    fun: Callable[..., Any]
    in_tree: tree.PyTreeDef
    out_tree: tree.PyTreeDef

    @property
    def identity(self) -> Any:
        """What equal host functions share; it does not keep the function alive."""
        return self.who, id(self.fun), self.in_tree, self.out_tree

    @property
    def __name__(self) -> str:
        return getattr(self.fun, "__name__", type(self.fun).__name__)

    def __call__(self, values: Sequence[np.ndarray], outs: Sequence[Aval]) -> list[np.ndarray]:
        """The results, of the types `outs`."""
        args, kwargs = self.in_tree.unflatten([read_only(x) for x in values])
        with interpret(BASE):
            result = self.fun(*args, **kwargs)
        leaves, structure = tree.flatten(result)
        if structure != self.out_tree:
            problem = f"the callback was to return {self.out_tree}, it returned {structure}"
            raise TreeError(
                self.who, problem, "Return what result_shape_dtypes says, or change that."
            )
        return [self.checked(x, a) for x, a in zip(leaves, outs, strict=True)]

    def checked(self, x: Any, aval: Aval) -> np.ndarray:
        """A result as an array of the type it was said to have."""
        if isinstance(x, NUMBERS):
            value = np.asarray(literal(x, aval.dtype, self.who))
        else:
            value = np.asarray(x)
            value = value if value.dtype == aval.dtype else canonical(value, who=self.who)
        got = Aval(value.shape, value.dtype)
        problem = f"the callback was to return {aval}, it returned {got}"
        if got.shape != aval.shape:
            raise ShapeError(
                self.who, problem, "Return what result_shape_dtypes says, or change that."
            )
        if got.dtype != aval.dtype:
            raise DtypeError(self.who, problem, "Convert the result with .astype.")
        return value


class Callback(Primitive):
    """outs = fun(args); with a `batch`, outs[i] = fun(args[i]) for the index i of as many leading
    axes, one after another in row-major order"""

    fun: HostFunction
    outs: tuple[Aval, ...]
    batch: int = 0
    kind, multiple_results, runs_user_code = "host", True, True

    def abstract(self, *avals: Aval) -> list[Aval]:
        lead = avals[0].shape[: self.batch] if self.batch else ()
        return [a.with_shape(lead + a.shape) for a in self.outs]

    def impl(self, *args: Any) -> list[np.ndarray]:
        lead = np.shape(args[0])[: self.batch] if self.batch else ()
        outs = [np.empty(lead + a.shape, a.dtype) for a in self.outs]
        for index in np.ndindex(lead):
            results = self.fun([np.asarray(x)[(*index, ...)] for x in args], self.outs)
            for out, result in zip(outs, results, strict=True):
                out[index] = result
        return outs

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        raise GradientError(
            self.name,
            f"the derivative of a Python function is not known, here of {self.fun.__name__}",
            "Give it one with ox.custom_jvp or ox.custom_vjp, or pass ox.lax.stop_gradient(x).",
            where=current_location(),
        )

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        batches = [batch_axis(x, d, size) for x, d in zip(args, dims, strict=True)]
        return bind(self.with_batch(), *batches), [0] * len(self.outs)

    def with_batch(self) -> Callback:
        """The same callback, for one more leading axis."""
        params: dict[str, Any] = {f: getattr(self, f) for f in self.fields}
        params["batch"] = self.batch + 1
        return type(self)(**params)


class PureCallback(Callback):
    """outs = fun(args), for a function without effects"""

    vmap_method: str | None = None

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        if self.vmap_method is None:
            raise MissingRule(
                self.name,
                f"nobody said how to map {self.fun.__name__} over an axis",
                f"Pass vmap_method=, one of {', '.join(map(repr, VMAP_METHODS))}.",
                where=current_location(),
            )
        if self.vmap_method.startswith("sequential"):
            return super().vmap(size, args, dims)
        values: list[Any] = []
        for x, d in zip(args, dims, strict=True):
            if d is not None:
                values.append(moveaxis(x, d, 0))
            elif self.vmap_method == "expand_dims":
                values.append(reshape(x, (1, *get_aval(x).shape)))
            else:
                values.append(batch_axis(x, None, size))
        outs = tuple(a.with_shape((size, *a.shape)) for a in self.outs)
        prim = PureCallback(self.fun, outs, vmap_method=self.vmap_method)
        return bind(prim, *values), [0] * len(outs)


class IOCallback(Callback):
    """outs = fun(args), for a function with effects: it runs once, in its place"""

    name, effect = "io_callback", "ordered"


class DebugCallback(Callback):
    """() = fun(args), for a look at the args: differentiation lets the primal values pass by"""

    effect = "ordered"

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return bind(self, *primals), []


def read_only(x: np.ndarray) -> np.ndarray:
    """A view that cannot be written to."""
    view = x.view()
    view.flags.writeable = False
    return view


def host_call(
    who: str, callback: Any, results: Any, args: Any, kwargs: Any
) -> tuple[HostFunction, tuple[Aval, ...], list[Any]]:
    """A callback, its result types and its operands, made of what a user passes.

    Raises:
        ArgumentError: the callback cannot be called, or a result has no shape and dtype.
    """
    check_callable(who, callback)
    leaves, in_tree = tree.flatten((args, kwargs))
    types, out_tree = tree.flatten(results)
    outs: list[Aval] = []
    for t in types:
        if not (hasattr(t, "shape") and hasattr(t, "dtype")):
            problem = f"result_shape_dtypes must hold arrays or their types, got {t!r:.80}"
            raise ArgumentError(who, problem, "Use ox.ShapeDtypeStruct(shape, dtype).")
        outs.append(Aval(tuple(t.shape), as_dtype(t.dtype, who)))
    fun = HostFunction(who, callback, in_tree, out_tree)
    return fun, tuple(outs), [as_value(x, who) for x in leaves]


def pure_callback(
    callback: Callable[..., Any],
    result_shape_dtypes: Any,
    *args: Any,
    vmap_method: str | None = None,
    **kwargs: Any,
) -> Any:
    """Call a Python function without effects, from eager code or from inside of a transformation.

    A program may call it more often than is written, or not at all if nothing needs its result.

    Args:
        callback: a function of pytrees of read-only NumPy arrays; it returns arrays or numbers.
        result_shape_dtypes: a pytree of `ShapeDtypeStruct` (or arrays), the types of the results.
        args, kwargs: pytrees of arrays.
        vmap_method: what `vmap` does. "sequential" calls it for one element after another;
            "expand_dims" once for all, with a leading axis that has extent 1 where an argument is
            not mapped; "broadcast_all" likewise, with every argument repeated to the full extent.

    Raises:
        ArgumentError: an argument is not understood.
        TreeError, ShapeError, DtypeError: the result has another type; raised when it runs.
        GradientError: it is differentiated. Give it a rule with `custom_jvp`.
        MissingRule: it is vmapped without a `vmap_method`.

    >>> import oxmlx as ox
    >>> import numpy as np
    >>> def sort(x):
    ...     return ox.pure_callback(np.sort, x, x, vmap_method="expand_dims")
    >>> ox.jit(ox.vmap(sort))(ox.numpy.array([[3, 1, 2], [0, 5, 4]]))
    array([[1, 2, 3],
           [0, 4, 5]], dtype=int32)
    """
    if vmap_method not in (None, *VMAP_METHODS):
        problem = f"vmap_method must be one of {VMAP_METHODS} or None, got {vmap_method!r}"
        raise ArgumentError("pure_callback", problem)
    call = host_call("pure_callback", callback, result_shape_dtypes, args, kwargs)
    fun, outs, values = call
    return fun.out_tree.unflatten(bind(PureCallback(fun, outs, 0, vmap_method), *values))


def io_callback(
    callback: Callable[..., Any],
    result_shape_dtypes: Any,
    *args: Any,
    ordered: bool = False,
    **kwargs: Any,
) -> Any:
    """Call a Python function that has effects: exactly once, where it stands in the program.

    Under `vmap` it is called for one element after another, in row-major order of nested maps.

    Args:
        callback: a function of pytrees of read-only NumPy arrays; it returns arrays or numbers.
        result_shape_dtypes: a pytree of `ShapeDtypeStruct` (or arrays), the types of the results.
        args, kwargs: pytrees of arrays.
        ordered: accepted for JAX programs; effects keep the order of the program in any case.

    Raises:
        ArgumentError: an argument is not understood.
        TreeError, ShapeError, DtypeError: the result has another type; raised when it runs.
        GradientError: it is differentiated.

    >>> import oxmlx as ox
    >>> seen = []
    >>> def step(total, x):
    ...     ox.io_callback(lambda x: seen.append(x.item()), None, x)
    ...     return total + x, None
    >>> ox.lax.scan(step, 0, ox.numpy.arange(3))[0], seen
    (array(3, dtype=int32), [0, 1, 2])
    """
    call = host_call("io_callback", callback, result_shape_dtypes, args, kwargs)
    fun, outs, values = call
    return fun.out_tree.unflatten(bind(IOCallback(fun, outs), *values))


def effects_barrier() -> None:
    """Wait until all effects have happened: they always have, since they run where they stand.

    >>> import oxmlx as ox
    >>> ox.effects_barrier()
    """
