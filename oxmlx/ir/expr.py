"""Scalar expressions: one element of an output, as a function of indices.

Nodes are interned: equal expressions are one object, so equality is identity and sharing is free.
A node that exists is well typed.
"""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from oxmlx.conversion import literal_for
from oxmlx.dtypes import Dtype, is_inexact, is_integer, scalar_dtype, short_name
from oxmlx.errors import CheckError, DtypeError
from oxmlx.fork import TABLES, hold
from oxmlx.ir.monoid import MONOIDS
from oxmlx.ir.scalar import SCALARS

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Any:
        """Tell type checkers that fields become constructor arguments; nothing at run time."""
        return lambda cls: cls


INDEX: Dtype = np.dtype(np.int32)
"""The dtype of indices and extents; it may become 64-bit."""

INFIX: dict[str, tuple[str, int]] = {
    **{"eq": ("==", 1), "ne": ("!=", 1), "lt": ("<", 1), "le": ("<=", 1)},
    **{"gt": (">", 1), "ge": (">=", 1), "or": ("|", 2), "xor": ("^", 3), "and": ("&", 4)},
    **{"shift_left": ("<<", 5), "shift_right_arithmetic": (">>", 5)},
    **{"add": ("+", 6), "sub": ("-", 6), "mul": ("*", 7), "div": ("/", 7), "rem": ("%", 7)},
}
"""The scalars written between their operands, and how tightly they bind."""
PREFIX = {"neg": "-", "not": "~"}
TIGHT, PREFIX_TIGHT = 9, 8

Show = Callable[["Expr", int], str]
"""The text of a kid, in parentheses if it binds less tightly than the second argument."""


class Buffer:
    """An array argument of a kernel; identity is equality.

    Args:
        name: what the text calls it.
        shape: the length of each axis.
        dtype: of the elements.
        extents: the lengths as expressions; by default axes of equal length have the same one.
    """

    __slots__ = ("__weakref__", "dtype", "extents", "name", "shape")

    def __init__(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: Dtype,
        extents: tuple[Size, ...] | None = None,
    ) -> None:
        self.name, self.shape, self.dtype = name, shape, dtype
        self.extents = tuple(map(size, shape)) if extents is None else extents

    def __repr__(self) -> str:
        return f"{self.name}: {short_name(self.dtype)}[{','.join(map(str, self.shape))}]"


NOTHING: frozenset[Index] = frozenset()


@dataclass_transform(frozen_default=True, eq_default=False)
class Expr:
    """A scalar expression; the annotated attributes of a subclass are its fields.

    Operators are index arithmetic: Python ints become constants, and `//` and `%` are meant for
    non-negative operands. `==` is identity; `scalar("eq", a, b)` compares values.
    """

    fields: ClassVar[tuple[str, ...]] = ()
    dtype: Dtype
    free: frozenset[Index]
    """The indices it varies along."""

    def __init_subclass__(cls) -> None:
        cls.fields = (*cls.fields, *inspect.get_annotations(cls))
        cls.__match_args__ = cls.fields

    def __new__(cls, *values: Any) -> Any:
        key = (cls, *map(bits, values))
        self = _table.get(key)
        if self is None:
            self = object.__new__(cls)
            self.__dict__.update(zip(cls.fields, values, strict=True))
            dtype, free = self.infer(), self.bind()
            self.__dict__.update(dtype=dtype, free=free)
            with _lock:
                self = _table.setdefault(key, self)
        return self

    @abstractmethod
    def infer(self) -> Dtype:
        """The typing rule: the dtype, or a `CheckError` that shows the node."""

    def bind(self) -> frozenset[Index]:
        """The scoping rule: the free indices, those of the kids unless the node is a loop."""
        free = NOTHING
        for k in self.kids():
            if not k.free <= free:  # most nodes vary along what a kid does: one set serves both
                free = k.free if free <= k.free else free | k.free
        return free

    def kids(self) -> tuple[Expr, ...]:
        """The expressions it is made of."""
        return ()

    def with_kids(self, kids: Sequence[Expr]) -> Expr:
        """The same node over other kids."""
        return self

    @abstractmethod
    def text(self, show: Show) -> tuple[str, int]:
        """Its text, and how tightly that binds."""

    def __repr__(self) -> str:
        return Text({}, limit=200).of(self)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"expressions are frozen: make another one instead of setting {name}")

    def __bool__(self) -> NoReturn:
        raise CheckError(
            str(self), "has no truth value yet", 'Choose with scalar("select", condition, a, b).'
        )

    def __add__(self, other: Expr | int) -> Expr:
        return scalar("add", self, other)

    def __radd__(self, other: int) -> Expr:
        return scalar("add", other, self)

    def __sub__(self, other: Expr | int) -> Expr:
        return scalar("sub", self, other)

    def __rsub__(self, other: int) -> Expr:
        return scalar("sub", other, self)

    def __mul__(self, other: Expr | int) -> Expr:
        return scalar("mul", self, other)

    def __rmul__(self, other: int) -> Expr:
        return scalar("mul", other, self)

    def __floordiv__(self, other: Expr | int) -> Expr:
        return scalar("div", self, other)

    def __mod__(self, other: Expr | int) -> Expr:
        return scalar("rem", self, other)

    def __lt__(self, other: Expr | int) -> Expr:
        return scalar("lt", self, other)

    def __le__(self, other: Expr | int) -> Expr:
        return scalar("le", self, other)

    def __gt__(self, other: Expr | int) -> Expr:
        return scalar("gt", self, other)

    def __ge__(self, other: Expr | int) -> Expr:
        return scalar("ge", self, other)

    def __and__(self, other: Expr | int) -> Expr:
        return scalar("and", self, other)

    def __or__(self, other: Expr | int) -> Expr:
        return scalar("or", self, other)

    def __neg__(self) -> Expr:
        return scalar("neg", self)

    def __invert__(self) -> Expr:
        return scalar("not", self)


_table: WeakValueDictionary[Any, Any] = WeakValueDictionary()
_lock = RLock()
hold(_lock, TABLES)


def bits(field: Any) -> Any:
    """A key for numbers by dtype and bits: True, 1, 1.0, -0.0 and NaN are five things."""
    return (field.dtype, field.tobytes()) if isinstance(field, np.ndarray) else field


class Const(Expr):
    """A number written into the text."""

    value: NDArray[Any]

    def infer(self) -> Dtype:
        return self.value.dtype

    def text(self, show: Show) -> tuple[str, int]:
        text = str(self.value[()])
        if self.dtype in (INDEX, np.float32, np.bool_):
            return text, PREFIX_TIGHT if text.startswith("-") else TIGHT
        return f"{short_name(self.dtype)}({text})", TIGHT


class Literal(Const):
    """A number that travels in the argument block: a new value needs no new text."""


class Size(Expr):
    """The extent of an axis, in the argument block: a new shape needs no new text.

    Sizes of different names are different, though their values be equal today.
    """

    value: int
    name: str

    def infer(self) -> Dtype:
        return INDEX

    def text(self, show: Show) -> tuple[str, int]:
        return str(self.value), TIGHT


class Index(Expr):
    """A variable of the grid or of a loop: 0 ≤ index < extent."""

    name: str
    extent: Size

    def infer(self) -> Dtype:
        return INDEX

    def bind(self) -> frozenset[Index]:
        return frozenset((self,))

    def text(self, show: Show) -> tuple[str, int]:
        return self.name, TIGHT


class Load(Expr):
    """buffer[index]. The index must lie inside the buffer, unless the load is under the arm of a
    select that is not taken: then some element is read, or none."""

    buffer: Buffer
    index: tuple[Expr, ...]

    def infer(self) -> Dtype:
        rank = len(self.buffer.shape)
        if len(self.index) != rank:
            raise CheckError(str(self), f"got {len(self.index)} indices for {self.buffer}")
        for i in self.index:
            if not is_integer(i.dtype):
                raise CheckError(str(self), f"index {i} must be an integer, got {i.dtype}")
        return self.buffer.dtype

    def kids(self) -> tuple[Expr, ...]:
        return self.index

    def with_kids(self, kids: Sequence[Expr]) -> Expr:
        return Load(self.buffer, tuple(kids))

    def text(self, show: Show) -> tuple[str, int]:
        index = ", ".join(show(i, 0) for i in self.index)
        return self.buffer.name + (f"[{index}]" if index else ""), TIGHT


class Scalar(Expr):
    """op(args), an operation of `ir.scalar`; `to` is the target of a cast or bitcast."""

    op: str
    args: tuple[Expr, ...]
    to: Dtype | None

    def infer(self) -> Dtype:
        if self.op not in SCALARS:
            known = ", ".join(SCALARS)
            raise CheckError(self.op, "is no scalar operation", f"There are {known}.")
        target = () if self.to is None else (self.to,)
        try:
            return SCALARS[self.op].check(*(a.dtype for a in self.args), *target)
        except (CheckError, DtypeError) as e:
            raise CheckError(str(self), e.problem, "Cast an operand in the lower rule.") from e

    def kids(self) -> tuple[Expr, ...]:
        return self.args

    def with_kids(self, kids: Sequence[Expr]) -> Expr:
        return simplify(Scalar(self.op, tuple(kids), self.to))

    def text(self, show: Show) -> tuple[str, int]:
        if self.op in INFIX and len(self.args) == 2:
            sign, tight = INFIX[self.op]
            a, b = self.args
            return f"{show(a, tight)} {sign} {show(b, tight + 1)}", tight
        if self.op in PREFIX and len(self.args) == 1:
            return PREFIX[self.op] + show(self.args[0], PREFIX_TIGHT), PREFIX_TIGHT
        target = "" if self.to is None else short_name(self.to)
        name = self.op if self.op != "cast" else ""
        name += f"[{target}]" if name and target else target
        return f"{name}({', '.join(show(a, 0) for a in self.args)})", TIGHT


def const(value: Any, dtype: Dtype | None = None) -> Const:
    """A constant; without a dtype, of the number's own, where Python's are i32, f32, c64 and bool.

    Raises:
        DtypeError, OverflowingLiteralError: if `dtype` cannot stand for the number.

    >>> const(3), const(1.0), const(True), const(-np.inf, np.dtype(np.float16))
    (3, 1.0, True, f16(-inf))
    >>> const(1) is const(1), const(0.0) is const(-0.0)
    (True, False)
    """
    own = value.dtype if hasattr(value, "dtype") else scalar_dtype(value)[0]
    if dtype is None or dtype == own:
        return Const(np.asarray(value, own))
    return Const(literal_for(value, dtype))


def size(n: int, name: str = "") -> Size:
    """The extent `n` as a value; without a name, all extents of this number are one."""
    return Size(n, name)


def as_expr(x: Expr | int) -> Expr:
    """`x`, or the constant that a Python int or bool stands for."""
    if isinstance(x, Expr):
        return x
    if isinstance(x, (int, np.integer)):
        return const(x if isinstance(x, int) else int(x))
    problem = f"got {type(x).__name__}: {x!r:.80}"
    raise CheckError("an expression", problem, "Write const(value, dtype) for a number.")


def scalar(name: str, *args: Expr | int) -> Expr:
    """One scalar operation, typed by `ir.scalar`; what costs no bits is simplified.

    >>> i = Index("i0", size(5))
    >>> scalar("select", i < 3, i * 2 + 1, -i), (i + 0) * 1, i < i.extent
    (select(i0 < 3, i0 * 2 + 1, -i0), i0, True)
    """
    return simplify(Scalar(name, tuple(map(as_expr, args)), None))


def cast(e: Expr | int, dtype: Dtype) -> Expr:
    """`e` converted to `dtype`, as `conversion.cast` does."""
    return simplify(Scalar("cast", (as_expr(e),), dtype))


def bitcast(e: Expr | int, dtype: Dtype) -> Expr:
    """The bits of `e` read as another dtype of the same width."""
    return simplify(Scalar("bitcast", (as_expr(e),), dtype))


TRUE, FALSE, ZERO = const(True), const(False), const(0)
_absorbed_by = {"mul": "add", "and": "or", "or": "and"}  # the identity of the other swallows x
_right_unit = {"sub": "add", "div": "mul"}
_mirrored = {"gt": "lt", "le": "ge", "ge": "le", "lt": "gt"}
_of_equals = {**dict.fromkeys(("eq", "le", "ge"), TRUE), **dict.fromkeys(("ne", "lt", "gt"), FALSE)}


def simplify(e: Scalar) -> Expr:
    """An expression of the same bits, often a smaller one; arithmetic on floats is left alone."""
    values = [a.value for a in e.args if type(a) is Const]
    if len(values) == len(e.args) and not (e.to is None and is_inexact(e.dtype)):
        target = () if e.to is None else (e.to,)
        return Const(np.asarray(SCALARS[e.op].run(*values, *target)))
    match e.op, e.args:
        case "select", (condition, x, y):
            return x if condition is TRUE or x is y else y if condition is FALSE else e
        case "cast" | "bitcast", (x,):
            return x if x.dtype == e.dtype else e
        case _, (x, y) if not is_inexact(x.dtype):
            return simplify_exact(e, x, y)
        case _:
            return e


def simplify_exact(e: Scalar, x: Expr, y: Expr) -> Expr:
    """Simplify an operation on two integers or bools."""
    op = e.op
    if x is y and op in _of_equals:
        return _of_equals[op]
    if op in MONOIDS:
        unit = identity(op, e.dtype)
        if unit in (x, y):
            return y if x is unit else x
    if op in _absorbed_by:
        absorbing = identity(_absorbed_by[op], e.dtype)
        if absorbing in (x, y):
            return absorbing
    if op in _right_unit and y is identity(_right_unit[op], e.dtype):
        return x
    if type(y) is Index and op in _mirrored:
        op, x, y = _mirrored[op], y, x
    if type(x) is Index and y is x.extent:
        return {"lt": TRUE, "ge": FALSE, "rem": x, "div": ZERO}.get(op, e)
    if type(x) is Index and y is ZERO:
        return {"ge": TRUE, "lt": FALSE}.get(op, e)
    return e


@cache
def identity(monoid: str, dtype: Dtype) -> Const:
    """The identity of a monoid of one component."""
    return Const(*MONOIDS[monoid].identity(dtype))


def nodes(*roots: Expr, kids: Callable[[Expr], Iterable[Expr]] = lambda e: e.kids()) -> list[Expr]:
    """Every node of the roots once, kids first, in reading order; `kids` says where to go on."""
    seen: dict[Expr, None] = {}
    stack = [(e, False) for e in reversed(roots)]
    while stack:
        e, after_kids = stack.pop()
        if after_kids:
            seen[e] = None
        elif e not in seen:
            stack.append((e, True))
            stack += [(k, False) for k in reversed(tuple(kids(e)))]
    return list(seen)


class Text:
    """Prints expressions: by name if they have one, as an ellipsis if longer than `limit`."""

    def __init__(self, names: Mapping[Expr, str], limit: int | None = None) -> None:
        self.known = {e: (name, TIGHT) for e, name in names.items()}
        self.limit = limit

    def name(self, e: Expr, name: str) -> None:
        """Call `e` by a name from now on."""
        self.known[e] = name, TIGHT

    def of(self, e: Expr) -> str:
        """The text of `e`."""
        for n in nodes(e, kids=lambda n: () if n in self.known else n.kids()):
            self.show(n, 0)
        return self.show(e, 0)

    def show(self, e: Expr, tight: int) -> str:
        """The text of `e`, whose kids have been printed before."""
        if e not in self.known:
            text, own = e.text(self.show)
            fits = self.limit is None or len(text) <= self.limit
            self.known[e] = (text, own) if fits else ("…", TIGHT)
        text, own = self.known[e]
        return f"({text})" if own < tight else text
