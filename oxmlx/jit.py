"""`jit`: trace once for each type of arguments, compile, run. Both wings meet here."""

from __future__ import annotations

import functools
import inspect
import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from threading import RLock
from typing import Any

import numpy as np

from oxmlx import tree
from oxmlx.api.boundary import boundary
from oxmlx.api.donation import donated_leaves
from oxmlx.api.eager import Compiler
from oxmlx.api.naming import BY_PLACE, argument_name
from oxmlx.api.retracing import Signature, explain
from oxmlx.api.stages import Entry, Lowered, Traced
from oxmlx.api.staging import as_aval_leaf
from oxmlx.config import config
from oxmlx.control.call import Call
from oxmlx.control.callables import check_callable
from oxmlx.control.program import stage_flat
from oxmlx.errors import ArgumentError, StaticValueError
from oxmlx.ir.array import Array
from oxmlx.ir.aval import Aval
from oxmlx.ir.machine import install
from oxmlx.ir.primitive import param_key
from oxmlx.ir.trace import BASE, current_trace
from oxmlx.ir.value import Tracer, Value
from oxmlx.ops.convert import as_value
from oxmlx.source import current_location
from oxmlx.transforms.vmap import named_axes

MAX_ENTRIES = 4096
log = logging.getLogger("oxmlx")


class Jitted:
    """A function that is traced once for each type of its arguments, and then run compiled."""

    def __init__(
        self,
        fun: Callable[..., Any],
        static_argnums: Sequence[int],
        static_argnames: Sequence[str],
        donate_argnums: Sequence[int],
        donate_argnames: Sequence[str],
    ) -> None:
        functools.update_wrapper(self, fun)
        self.fun = fun
        self.label: str = getattr(fun, "__name__", type(fun).__name__)
        self.static_nums, self.static_names = chosen("static", fun, static_argnums, static_argnames)
        self.donate_nums, self.donate_names = chosen("donate", fun, donate_argnums, donate_argnames)
        both = {*self.static_nums} & {*self.donate_nums} or self.static_names & self.donate_names
        if both:
            raise ArgumentError(
                f"jit({self.label})",
                f"arguments {sorted(both, key=str)} are static and donated",
                "A static argument is no array: it has no memory to give.",
            )
        self.cache: OrderedDict[Signature, Entry] = OrderedDict()
        self.arrays_only: dict[tuple[Any, ...], Entry] = {}
        """The same for arguments that are all arrays, without a look at their structure."""
        self.donates = bool(self.donate_nums or self.donate_names)
        self.is_plain = not (self.static_nums or self.static_names)
        self.lock = RLock()
        self.traces = 0
        """How often the function was traced."""

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __repr__(self) -> str:
        return f"jit({self.fun!r})"

    @boundary
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not config.jit:
            return self.fun(*args, **kwargs)
        key = config.check, *[x.aval if type(x) is Array else None for x in args]
        entry = None if kwargs or current_trace() is not BASE else self.arrays_only.get(key)
        if entry is not None:
            return entry.out_tree.unflatten(entry.call(args, self.donates))
        moving, static, call = self.take_static(args, kwargs)
        leaves, in_tree = tree.flatten(moving)
        try:
            values = [x if type(x) is Array else as_value(x, self.label) for x in leaves]
        except ArgumentError as e:
            raise self.refuse(moving, e) from None
        entry = self.entry(call, in_tree, tuple([x.aval for x in values]), static)
        is_base = current_trace() is BASE
        outs = entry.call(values, self.donates and is_base)
        if self.is_plain and not kwargs and None not in key and is_base:
            self.arrays_only[key] = entry
        return entry.out_tree.unflatten(outs)

    @boundary
    def trace(self, *args: Any, **kwargs: Any) -> Traced:
        """The program for arguments of these types.

        Args:
            args, kwargs: as for a call; arrays and numbers may be ShapeDtypeStructs.

        >>> import oxmlx as ox
        >>> f = ox.jit(lambda x: 2 * ox.numpy.sin(x))
        >>> f.trace(ox.ShapeDtypeStruct((3,), "float32")).jaxpr
        { lambda ; a:f32[3]. let
            b:f32[3] = sin a
            c:f32[3] = mul 2.0:f32[] b
          in (c,) }
        """
        moving, static, call = self.take_static(args, kwargs)
        leaves, in_tree = tree.flatten(moving)
        avals = tuple([as_aval_leaf(x, self.label) for x in leaves])
        return Traced(self.entry(call, in_tree, avals, static), in_tree)

    @boundary
    def lower(self, *args: Any, **kwargs: Any) -> Lowered:
        """`trace`, and the stage after it.

        >>> import oxmlx as ox
        >>> lowered = ox.jit(lambda x: x * x + x * x).lower(1.0)
        >>> print(lowered.as_text())
        { lambda ; a:f32[]. let
            b:f32[] = mul a a
            c:f32[] = add b b
          in (c,) }
        >>> lowered.compile()(2.0)
        array(8., dtype=float32)
        """
        return self.trace(*args, **kwargs).lower()

    def entry(
        self,
        call: Callable[..., Any],
        in_tree: tree.PyTreeDef,
        avals: tuple[Aval, ...],
        static: Any,
    ) -> Entry:
        """The trace for arguments of these types: an earlier one, or a new one."""
        trace = current_trace()
        around = config.check, () if trace is BASE else tuple(named_axes(trace).items())
        signature = Signature(in_tree, avals, static, around)
        with self.lock:
            entry = self.cache.get(signature)
            if entry is not None:
                self.cache.move_to_end(signature)
        return self.stage(call, signature) if entry is None else entry

    def stage(self, call: Callable[..., Any], signature: Signature) -> Entry:
        """Trace for a new signature; keep the program unless it reads outer tracers."""
        with self.lock:
            known = [*self.cache] if config.explain_retraces else []
        if known:
            log.warning("%s", explain(self.label, self.fun, self.static_nums, known, signature))
        self.traces += 1
        in_tree = signature.tree

        def f(args: Any, kwargs: Any) -> Any:
            return call(*args, **kwargs)

        jaxpr, consts, out_tree = stage_flat(f, signature.avals, in_tree, self.label)
        if config.show == "jaxpr":
            print(jaxpr)
        donated: tuple[int, ...] = ()
        if self.donates:
            fixed = {int(n[1:]) for n, _ in signature.static if n[0] == "#"}
            donated = donated_leaves(in_tree, self.donate_nums, self.donate_names, fixed)
        given = tuple([len(consts) + k for k in donated])
        entry = Entry(Call(self.label, jaxpr), consts, out_tree, jaxpr.out_avals, donated, given)
        if not any(isinstance(c, Tracer) for c in consts):
            with self.lock:
                self.cache[signature] = entry
                if len(self.cache) > MAX_ENTRIES:
                    self.cache.popitem(last=False)
                    self.arrays_only.clear()
        return entry

    def take_static(self, args: Any, kwargs: Any) -> Any:
        """Split off the static arguments: ((args, kwargs), key, function of the others)."""
        if not (self.static_nums or self.static_names):
            return (args, kwargs), (), self.fun
        fixed = {k % len(args): args[k] for k in self.static_nums if -len(args) <= k < len(args)}
        named = {n: v for n, v in kwargs.items() if n in self.static_names}
        key = tuple(
            (n, static_key(self.label, n, v))
            for n, v in sorted([*map_names(fixed), *named.items()])
        )
        moving = tuple(x for k, x in enumerate(args) if k not in fixed)
        others = {n: v for n, v in kwargs.items() if n not in named}
        n_args = len(args)

        def call(*xs: Any, **kw: Any) -> Any:
            it = iter(xs)
            every = (fixed[k] if k in fixed else next(it) for k in range(n_args))
            return self.fun(*every, **named, **kw)

        return (moving, others), key, call

    def refuse(self, moving: Any, error: ArgumentError) -> ArgumentError:
        """The error for arguments of which one is neither an array nor a number, by its name."""
        allowed = (Value, np.ndarray, np.number, np.bool_, bool, int, float, complex)
        for path, x in tree.leaves_with_path(moving):
            if not (isinstance(x, allowed) or hasattr(x, "__array__")):
                name = argument_name(self.fun, self.static_nums, path)
                return ArgumentError(
                    self.label,
                    f"argument {name} must be an array or a number, "
                    f"got {type(x).__name__}: {x!r:.80}",
                    "If the trace depends on its value, name it in static_argnames.",
                )
        return error

    def clear_cache(self) -> None:
        """Forget every trace."""
        with self.lock:
            self.cache.clear()
            self.arrays_only.clear()


def chosen(
    what: str, fun: Callable[..., Any], nums: Sequence[int], names: Sequence[str]
) -> tuple[tuple[int, ...], set[str]]:
    """Arguments that are singled out by position or by name: where they are if they are passed by
    position, and what they are called if by keyword.

    Raises:
        ArgumentError: the function has no such argument.
    """
    if not (nums or names):
        return (), set()
    try:
        parameters = inspect.signature(fun).parameters.values()
    except (TypeError, ValueError):  # a function of C, which Python knows nothing of
        return tuple(nums), set(names)
    kinds = {p.kind for p in parameters}
    by_place = [p.name for p in parameters if p.kind in BY_PLACE]
    by_name = {p.name for p in parameters if p.kind in BY_NAME}
    absent: list[Any] = []
    if inspect.Parameter.VAR_POSITIONAL not in kinds:
        absent += [k for k in nums if not -len(by_place) <= k < len(by_place)]
        nums = [k % len(by_place) for k in nums if k not in absent]
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        absent += [n for n in names if n not in by_name]
    if absent:
        raise ArgumentError(
            f"jit of {getattr(fun, '__name__', fun)}",
            f"{what} arguments must be among {[p.name for p in parameters]}, got {absent}",
            "Name parameters of the function; positions count from 0.",
        )
    places = {*nums, *(k for k, n in enumerate(by_place) if n in names)}
    return tuple(places), {*names, *(by_place[k] for k in nums if 0 <= k < len(by_place))}


BY_NAME = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY


def map_names(fixed: dict[int, Any]) -> Iterable[tuple[str, Any]]:
    """Static arguments given by position, with names for the key."""
    return ((f"#{k}", v) for k, v in fixed.items())


def static_key(label: str, name: str, value: Any) -> Hashable:
    """A static argument by value and type.

    Raises:
        StaticValueError: it is not hashable, or is a traced value.
    """
    if isinstance(value, Tracer):
        raise StaticValueError(
            label,
            f"static argument {name} is a traced value",
            "Static arguments must be known when the function is traced: pass a Python value.",
            where=current_location(),
        )
    try:
        return param_key(value)
    except TypeError:
        raise StaticValueError(
            label,
            f"static argument {name} must be hashable, got {type(value).__name__}",
            "Pass arrays as ordinary arguments, and lists as tuples.",
            where=current_location(),
        ) from None


def as_tuple(x: Any) -> tuple[Any, ...]:
    """One number or name, or a sequence of them."""
    if x is None:
        return ()
    return (x,) if isinstance(x, (int, str)) else tuple(x)


def jit(
    fun: Callable[..., Any] | None = None,
    *,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Iterable[str] | None = None,
    donate_argnums: int | Sequence[int] | None = None,
    donate_argnames: str | Iterable[str] | None = None,
) -> Any:
    """Compile a pure function: traced once for each type of its arguments, then run as one program.

    Args:
        fun: a function of pytrees of arrays; without it, `jit(...)` is a decorator.
        static_argnums, static_argnames: hashable arguments that the trace may depend on by value.
        donate_argnums, donate_argnames: arguments that the program may use up: their memory serves
            results, if nobody else can read it. Reading a donated array afterwards raises
            `DonatedError`, also if the program has failed while it ran. Nothing is donated inside
            another trace, nor where the switch `jit` is off.

    Raises:
        ArgumentError: the function has no such argument, or one is static and donated.
        StaticValueError: a static argument is not hashable.

    >>> import oxmlx as ox
    >>> f = ox.jit(lambda x, n: x**n, static_argnums=1)
    >>> f(3.0, 2), f(4.0, 2), f.traces
    (array(9., dtype=float32), array(16., dtype=float32), 1)

    A step that is given its weights writes the new ones where they lay, here c over a:

    >>> w, g = ox.numpy.ones(3), ox.numpy.arange(3.0)
    >>> step = ox.jit(lambda w, g: w - 0.5 * g, donate_argnums=0)
    >>> ox.debug.show(step, device="cpu")(w, g)
    { lambda ; a:f32[3] b:f32[3]. let │ plan (a b) given a
        c:f32[3] = mul 0.5:f32[] b    │   c/a = launch mul_sub a b
        d:f32[3] = sub a c            │   free a b
      in (d,) }                       │   -> (c)
    <BLANKLINE>
    kernel mul_sub(a: f32[n0], b: f32[n0]) -> (d: f32[n0])
      grid i0 < n0
        d[i0] = a[i0] - 0.5 * b[i0]
    >>> w = step(w, g)
    """
    if fun is None:
        return functools.partial(
            jit,
            static_argnums=static_argnums,
            static_argnames=static_argnames,
            donate_argnums=donate_argnums,
            donate_argnames=donate_argnames,
        )
    check_callable("jit", fun)
    options = (
        as_tuple(static_argnums),
        as_tuple(static_argnames),
        as_tuple(donate_argnums),
        as_tuple(donate_argnames),
    )
    return Jitted(fun, *options)


install(Compiler())
