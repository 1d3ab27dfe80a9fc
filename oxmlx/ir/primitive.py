"""Primitives: the words of a jaxpr, each with the rules that give it its meanings."""

from __future__ import annotations

import inspect
import re
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from weakref import WeakValueDictionary

import numpy as np

from oxmlx.dtypes import short_name
from oxmlx.errors import ArgumentError, MissingRule, StaticValueError
from oxmlx.fork import TABLES, hold
from oxmlx.ir.aval import Aval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Any:
        """Tell type checkers that fields become constructor arguments; nothing at run time."""
        return lambda cls: cls


NO_NAMES: frozenset[Any] = frozenset()
Kind = Literal["move", "map", "fold", "program", "host"]


def param_key(value: Any) -> Any:
    """A key that tells params apart by type and bits: True, 1, 1.0 and -0.0 are four things."""
    t = type(value)
    if t is tuple:
        return (t, *map(param_key, value))
    if t is float:
        return (t, value.hex())
    if t is complex:
        return (t, value.real.hex(), value.imag.hex())
    if isinstance(value, np.generic):
        return (t, value.tobytes())
    hash(value)
    return (t, value)


def intern_key(value: Any) -> Any:
    """A `param_key` that does not keep functions and programs alive, but knows them by number (or
    by an `identity` of their own): they may hold the very primitive that the key is for, which then
    would never die."""
    t = type(value)
    if t is tuple:
        return (t, *map(intern_key, value))
    if callable(value) or t.__hash__ is object.__hash__:
        hash(value)
        return (t, getattr(value, "identity", id(value)))
    return param_key(value)


@dataclass_transform(frozen_default=True, eq_default=False)
class Primitive:
    """One operation, applied with these params.

    Annotated class attributes of a subclass are its params: typed, printed, hashable. An
    application is interned by class and params, so equality is identity. Array operands are
    arguments of the rules. A missing rule raises `MissingRule`.
    """

    name: ClassVar[str]
    fields: ClassVar[tuple[str, ...]] = ()

    kind: ClassVar[Kind] = "map"
    """What one output element costs: `move` nothing, `map` one scalar operation, `fold` a loop;
    `program` holds a jaxpr; `host` has no kernel and runs `impl`."""

    reuses: ClassVar[bool] = False
    """Whether several output elements read the same input element."""

    amends: ClassVar[bool] = False
    """Whether the result is the first operand, some elements of which are changed."""

    multiple_results: ClassVar[bool] = False
    """Whether rules speak of a list of outputs instead of one."""

    effect: ClassVar[str | None] = None
    """`ordered`: keeps program order, is never dropped, merged or repeated."""

    runs_user_code: ClassVar[bool] = False
    """Whether `impl` calls a function of the user's, which may wait for other threads."""

    def __init_subclass__(cls) -> None:
        own = [
            name
            for name, annotation in inspect.get_annotations(cls).items()
            if "ClassVar" not in str(annotation)
        ]
        cls.fields = (*(f for f in cls.fields if f not in own), *own)
        if "name" not in cls.__dict__:
            cls.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    def __new__(cls, *values: Any, **named: Any) -> Any:
        fields = cls.fields
        if named or len(values) != len(fields):
            values = _complete(cls, values, named)
        try:
            key = (cls, *map(intern_key, values)) if values else cls
        except TypeError:
            raise StaticValueError(*_unhashable(cls, values)) from None
        self = _table.get(key)
        if self is None:
            with _lock:
                self = _table.get(key)
                if self is None:
                    self = object.__new__(cls)
                    self.__dict__.update(zip(fields, values, strict=True))
                    _table[key] = self
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{self.name} is frozen: make another one instead of setting {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, f) for f in self.fields)

    def __repr__(self) -> str:
        shown = [f"{f}={show_param(getattr(self, f))}" for f in self.fields]
        return self.name + (f"[{' '.join(shown)}]" if shown else "")

    @property
    def axis_names(self) -> frozenset[Any]:
        """The mapped axes that this speaks of: that of a collective, those of a program's body."""
        return NO_NAMES

    @property
    def effects(self) -> bool:
        """Whether running this has an effect; a program has those of its body."""
        return self.effect is not None

    def abstract(self, *avals: Any, **_: Any) -> Any:
        """Types in, type out (a list for `multiple_results`), or a typed error that names both."""
        raise missing(self, "abstract")

    def impl(self, *arrays: Any, **_: Any) -> Any:
        """The meaning, in NumPy. Every other rule is tested against this one."""
        raise missing(self, "impl")

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """(y, dy) from (x, dx); a tangent may be `None`, a symbolic zero."""
        raise missing(self, "jvp")

    def transpose(self, ct: Any, *args: Any, **_: Any) -> Sequence[Any]:
        """Pull the cotangent back to each `Undef` argument (`None` for the others)."""
        raise missing(self, "transpose")

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        """The same operation with one more axis of `size` at `dims[k]` of operand k: (y, dim)."""
        raise missing(self, "vmap")

    def vmap_axis(self, axis: Any, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        """For programs and collectives: `vmap` over an axis with a `size` and perhaps a `name`."""
        return self.vmap(axis.size, args, dims)

    def lower(self, index: tuple[Any, ...], *operands: Any, **_: Any) -> Any:
        """`out[index]` as a scalar expression of the operands, which are functions of an index; the
        keyword `out` is the aval of the result."""
        raise missing(self, "lower")

    def partial_eval(self, trace: Any, args: Sequence[Any], unknown: Sequence[bool]) -> Any:
        """For programs: run what is known, stage the rest in `trace`; `None` stages the whole."""
        return None

    def dce(self, used: Sequence[bool]) -> Any:
        """For programs: (smaller primitive, inputs it reads, outputs it has, the used ones among
        them), or `None` to stay as it is."""
        return None

    def schedule(self, eqn: Any, plan_of: Any) -> Any:
        """For programs: the step of a plan for an equation of this primitive, made of the plans of
        its bodies; or `None` to run `impl`."""
        return None

    def inline(self) -> Any:
        """For programs: the jaxpr, of the same operands, that an equation may be replaced by when
        nothing is left to transform; or `None` to stay as it is."""
        return None


_table: WeakValueDictionary[Any, Any] = WeakValueDictionary()
_lock = RLock()  # reentrant: a finalizer of the user's may run at any allocation
hold(_lock, TABLES)


class Undef:
    """Stands for a linear argument in a transpose rule."""

    __slots__ = ("aval",)

    def __init__(self, aval: Aval) -> None:
        self.aval = aval


def missing(prim: Primitive, rule: str) -> MissingRule:
    """The error of a primitive without `rule`, which says where to write it."""
    cls = type(prim)
    return MissingRule(
        f"`{prim}`", f"has no {rule} rule", f"Define `{cls.__name__}.{rule}` in {cls.__module__}."
    )


def show_param(value: Any) -> str:
    """A param as it prints in a jaxpr."""
    if isinstance(value, np.dtype):
        return short_name(value)
    if isinstance(value, tuple):
        inner = ", ".join(map(show_param, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if callable(value) and hasattr(value, "__name__"):
        return value.__name__
    return str(value)


def _complete(cls: type[Primitive], values: tuple[Any, ...], named: dict[str, Any]) -> Any:
    given = {**dict(zip(cls.fields, values, strict=False)), **named}
    unknown = [k for k in given if k not in cls.fields]
    absent = [f for f in cls.fields if f not in given and not hasattr(cls, f)]
    if unknown or absent or len(values) > len(cls.fields):
        problem = f"takes the params {cls.fields}, got {values} and {named}"
        raise ArgumentError(cls.__name__, problem)
    return tuple(given[f] if f in given else getattr(cls, f) for f in cls.fields)


def _unhashable(cls: type[Primitive], values: tuple[Any, ...]) -> tuple[str, str, str]:
    for field, value in zip(cls.fields, values, strict=False):
        try:
            param_key(value)
        except TypeError:
            problem = f"param {field} must be hashable, got {type(value).__name__}: {value!r}"
            return cls.name, problem, "Pass arrays as operands, and sequences as tuples."
    return cls.name, "a param must be hashable", ""
