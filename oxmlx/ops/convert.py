"""From the user's objects to operands: numbers, NumPy arrays, and the dtype they agree on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from oxmlx import conversion, dtypes
from oxmlx.dtypes import promote, scalar_dtype, short_name
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.ir.array import Array
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.device import Device, as_device, default_device
from oxmlx.ir.kernel import Expr, Operand
from oxmlx.ir.kernel import bitcast as bitcast_expr
from oxmlx.ir.kernel import cast as cast_expr
from oxmlx.ir.node import known
from oxmlx.ir.primitive import Primitive, Undef
from oxmlx.ir.trace import bind
from oxmlx.ir.value import Value

NUMBERS = (bool, int, float, complex)
SHOWN = 80  # characters of a value in the text of an error


class Cast(Primitive):
    """out[i] = x[i], converted: float to integer saturates, to bool is x ≠ 0, complex drops the
    imaginary part."""

    dtype: np.dtype[Any]
    weak: bool = False

    def abstract(self, x: Aval) -> Aval:
        if dtypes.is_key(x.dtype) or dtypes.is_key(self.dtype):
            problem = f"got {x}, which cannot become {short_name(self.dtype)}"
            raise DtypeError("cast", problem, "Use ox.random.key_data or ox.random.wrap_key_data.")
        return Aval(x.shape, self.dtype, self.weak)

    def impl(self, x: Any) -> Any:
        return conversion.cast(np.asarray(x), self.dtype)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        y = bind(self, *primals)
        if not dtypes.is_inexact(self.dtype):
            return y, None
        return y, bind(self, *tangents)

    def transpose(self, ct: Any, x: Undef) -> Sequence[Any]:
        return (cast(ct, x.aval.dtype, x.aval.weak),)

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        return bind(self, *args), dims[0]

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        return cast_expr(x(index), self.dtype)


class Bitcast(Primitive):
    """out[i] = the bits of x[i] read as another dtype of the same width."""

    dtype: np.dtype[Any]

    def abstract(self, x: Aval) -> Aval:
        if dtypes.is_key(x.dtype) or dtypes.is_key(self.dtype):
            problem = f"got {x} for {short_name(self.dtype)}; the words of a key are private"
            raise DtypeError("bitcast", problem, "Use ox.random.key_data.")
        if x.dtype.itemsize != self.dtype.itemsize or x.dtype.kind == "b" or self.dtype.kind == "b":
            problem = f"got {x}, whose elements are not as wide as {short_name(self.dtype)}"
            raise DtypeError("bitcast", problem, "Choose a dtype of the same width.")
        return Aval(x.shape, self.dtype)

    def impl(self, x: Any) -> Any:
        return np.asarray(x).view(self.dtype)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return bind(self, *primals), None

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        return bind(self, *args), dims[0]

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        return bitcast_expr(x(index), self.dtype)


def cast(x: Any, dtype: np.dtype[Any], weak: bool = False) -> Any:
    """`x` with elements of `dtype`; nothing happens if it has that type already."""
    aval = get_aval(x)
    if aval.dtype == dtype and aval.weak == weak:
        return x
    if isinstance(x, np.generic):
        return conversion.cast(np.asarray(x), dtype)[()]
    return bind(Cast(dtype, weak), x)


def bitcast(x: Any, dtype: np.dtype[Any]) -> Any:
    """The bits of `x` read as another dtype of the same width."""
    return bind(Bitcast(dtype), x)


def from_numpy(x: np.ndarray, device: Device | str | None = None, weak: bool = False) -> Array:
    """An array over `x`, which nobody may write to any more."""
    place = default_device() if device is None else as_device(device)
    return Array(Aval(x.shape, x.dtype, weak), place, known(x))


def as_operand(x: Any, who: str) -> Any:
    """A value, or a NumPy scalar for a number; NumPy arrays are copied, since they may change.

    Raises:
        ArgumentError: `x` is neither an array nor a number (a list, say).
    """
    if isinstance(x, Value):
        return x
    if isinstance(x, (*NUMBERS, np.number, np.bool_)):
        number: Any = x
        return conversion.literal_for(number, scalar_dtype(x)[0], who)[()]
    if isinstance(x, np.ndarray):
        return from_numpy(own(conversion.canonical(x), x))
    if hasattr(x, "__array__"):
        return as_operand(np.asarray(x), who)
    raise ArgumentError(
        who,
        f"operands must be arrays or numbers, got {described(x)}",
        "Convert it with ox.numpy.array.",
    )


def described(x: Any) -> str:
    """What a value is, for the text of an error; of arrays in a container only the types, since
    their elements would fill it.

    >>> described([1, 2]), described((from_numpy(np.ones((2, 3))), "train"))
    ('list: [1, 2]', 'tuple of f64[2,3], str')
    """
    kind, plain = type(x).__name__, (*NUMBERS, str, list, tuple)
    if isinstance(x, (list, tuple)) and not all(isinstance(item, plain) for item in x):
        types = [str(i.aval) if isinstance(i, Value) else type(i).__name__ for i in x[:4]]
        return f"{kind} of {', '.join(types)}" + ", ..." * (len(x) > 4)
    text = repr(x)
    return f"{kind}: {text if len(text) <= SHOWN else text[: SHOWN - 3] + '...'}"


LINE, LARGE = 64, 1 << 14
"""Bytes of a line of the cache, and those of an array for which it matters where lines begin."""


def own(x: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Elements that nobody else can change."""
    return copied(x) if np.may_share_memory(x, source) else x


def copied(x: np.ndarray) -> np.ndarray:
    """A copy. If it is large it begins with a line of the cache: else a vector as long as a line
    lies in two of them."""
    if x.nbytes < LARGE:
        return x.copy()
    memory = np.empty(x.nbytes + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    out = memory[start : start + x.nbytes].view(x.dtype).reshape(x.shape)
    out[...] = x
    return out


def as_value(x: Any, who: str) -> Value:
    """`as_operand`, with numbers as weak rank-0 arrays."""
    x = as_operand(x, who)
    if isinstance(x, Value):
        return x
    return Array(Aval((), x.dtype, x.dtype.kind != "b"), None, known(np.asarray(x)))


def as_data(x: Any, who: str) -> Value:
    """`as_value` of what is to be an array: a NumPy scalar keeps its dtype, which an operation with
    arrays would not ask for."""
    return as_value(np.asarray(x) if isinstance(x, np.generic) else x, who)


def promote_dtypes(who: str, *xs: Any) -> list[Any]:
    """Operands of one dtype, by the promotion lattice."""
    ops: list[Any] = []
    kinds: list[tuple[Any, bool]] = []
    for x in xs:
        if isinstance(x, Value):
            ops.append(x)
            kinds.append((x.aval.dtype, x.aval.weak))
        elif isinstance(x, (*NUMBERS, np.generic)):
            ops.append(x)
            kinds.append(scalar_dtype(x))
        else:
            ops.append(as_operand(x, who))
            kinds.append((ops[-1].dtype, False))
    dtype, weak = kinds[0]
    for other in kinds[1:]:
        dtype, weak = promote(dtype, weak, *other)
    return [cast(x, dtype, weak) if isinstance(x, Value) else literal(x, dtype, who) for x in ops]


_literals: dict[tuple[type, Any, np.dtype[Any]], Any] = {}


def literal(x: Any, dtype: np.dtype[Any], who: str) -> Any:
    """A Python or NumPy number as a literal of `dtype`, if it fits."""
    if not x:  # 0.0 and -0.0 are one dictionary key
        return conversion.literal_for(x, dtype, who)[()]
    key = (type(x), x, dtype)
    number = _literals.get(key)
    if number is None:
        number = conversion.literal_for(x, dtype, who)[()]
        if len(_literals) > 4096:
            _literals.clear()
        _literals[key] = number
    return number


def broadcast_shapes(who: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that NumPy broadcasting gives; rank-0 operands fit everything.

    Raises:
        ShapeError: two extents differ and neither is 1.
    """
    ndim = max(map(len, shapes))
    out: list[int] = []
    for column in zip(*((1,) * (ndim - len(s)) + s for s in shapes), strict=True):
        sizes = {n for n in column if n != 1}
        if len(sizes) > 1:
            raise ShapeError(
                who,
                f"shapes do not broadcast: {' and '.join(map(str, shapes))}",
                "Aligned at the right, extents must be equal or 1.",
            )
        out.append(sizes.pop() if sizes else 1)
    return tuple(out)
