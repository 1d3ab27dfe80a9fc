"""Dtypes: their names and kinds, and how they combine.

An array's dtype is always a `numpy.dtype`; `float32` and its siblings are names for them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, ClassVar, NoReturn, TypeAlias, TypeGuard

import ml_dtypes
import numpy as np

from oxmlx.errors import ArgumentError, DtypeError, OxmlxError

Dtype: TypeAlias = np.dtype[Any]
DtypeLike: TypeAlias = "ScalarType | Dtype | type[Any] | str"

# Names


def _no_arrays(x: object, dtype: Dtype) -> NoReturn:
    raise OxmlxError(str(dtype), "nothing can make an array of it yet", "Import oxmlx first.")


class ScalarType:
    """The name of a dtype, equal to it in comparisons; calling it makes an array.

    >>> np.dtype(float32), np.dtype("float32") == float32 == np.float32
    (dtype('float32'), True)
    """

    __slots__ = ("dtype", "short")

    make_array: ClassVar[Callable[..., Any]] = _no_arrays
    """The array constructor `(x, dtype=) -> array`, which the roof sets."""

    def __init__(self, name: str, short: str) -> None:
        self.dtype: Dtype = np.dtype(name)
        self.short = short

    @property
    def name(self) -> str:
        """The name that NumPy gives the dtype."""
        return self.dtype.name

    @property
    def __numpy_dtype__(self) -> Dtype:
        return self.dtype

    def __call__(self, x: object) -> Any:
        return ScalarType.make_array(x, dtype=self.dtype)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ScalarType):
            return self is other
        # by identity: to NumPy's own comparison None and np.floating are float64
        return isinstance(other, _names) and _named.get(other) is self.dtype

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return "bool_" if self.dtype.kind == "b" else self.name

    def __reduce__(self) -> str:
        return repr(self)


_names: tuple[type, ...] = (ScalarType, np.dtype, type, str)

bool_ = ScalarType("bool", "bool")
int8 = ScalarType("int8", "i8")
int16 = ScalarType("int16", "i16")
int32 = ScalarType("int32", "i32")
int64 = ScalarType("int64", "i64")
uint8 = ScalarType("uint8", "u8")
uint16 = ScalarType("uint16", "u16")
uint32 = ScalarType("uint32", "u32")
uint64 = ScalarType("uint64", "u64")
float16 = ScalarType("float16", "f16")
bfloat16 = ScalarType("bfloat16", "bf16")
float32 = ScalarType("float32", "f32")
float64 = ScalarType("float64", "f64")
complex64 = ScalarType("complex64", "c64")
complex128 = ScalarType("complex128", "c128")

SCALAR_TYPES = (
    *(bool_, int8, int16, int32, int64, uint8, uint16, uint32, uint64),
    *(float16, bfloat16, float32, float64, complex64, complex128),
)

KEY_DTYPES: dict[str, Dtype] = {
    "threefry": np.dtype([("k0", "<u4"), ("k1", "<u4")]),
    "threefry_legacy": np.dtype([("legacy0", "<u4"), ("legacy1", "<u4")]),
}

float0: Dtype = np.dtype([("float0", np.void, 0)])
"""The dtype of the tangents of integers: no bytes at all."""

_short: dict[Dtype, str] = {t.dtype: t.short for t in SCALAR_TYPES}
_short |= {dtype: f"key<{name}>" for name, dtype in KEY_DTYPES.items()} | {float0: "float0"}
_from_short = {short: dtype for dtype, short in _short.items()}
_ambiguous = {"i8": ("int8", "int64"), "u8": ("uint8", "uint64")}  # to us, and to NumPy

_named: dict[object, Dtype] = {dtype: dtype for dtype in _short}
for _t in SCALAR_TYPES:
    _codes = () if _t.dtype.kind == "V" else (_t.dtype.str, _t.dtype.str[1:])  # "<f4" and "f4"
    _named |= dict.fromkeys((_t.dtype.type, _t.name, *_codes), _t.dtype)
for _code in "?efdFD" + np.typecodes["AllInteger"]:  # C's: np.longlong is not always np.int64
    _named |= dict.fromkeys((_code, np.dtype(_code).type), _named[np.dtype(_code)])
_named |= _from_short | {bool: bool_.dtype}
for _text in _ambiguous:
    del _named[_text]

_words = {"half": float16, "single": float32, "double": float64, "uint": uint32}
_named |= {word: t.dtype for word, t in _words.items()}
_python = {int: int32.dtype, float: float32.dtype, complex: complex64.dtype}
_spelled = _named | _python | {kind.__name__: dtype for kind, dtype in _python.items()}
_foreign = {t.dtype.newbyteorder(): t.dtype for t in SCALAR_TYPES if t.dtype.newbyteorder() != t}


def as_dtype(x: object, who: str = "dtype") -> Dtype:
    """The dtype that `x` names; Python's int, float and complex name the 32-bit defaults.

    Args:
        x: a dtype, a scalar type of oxmlx, NumPy or Python, or a name such as "float32" or "f32".
        who: the function that asks, for the error.

    Raises:
        DtypeError: if `x` names none of oxmlx's dtypes, two of them, or a foreign byte order.

    >>> as_dtype("bf16"), as_dtype(float), as_dtype(np.uint8), as_dtype(int64)
    (dtype(bfloat16), dtype('float32'), dtype('uint8'), dtype('int64'))
    """
    if type(x) is ScalarType:
        return x.dtype
    try:
        return _spelled[x]
    except (KeyError, TypeError):  # unknown, or not hashable
        pass
    if isinstance(x, str) and x in _ambiguous:
        ours, theirs = _ambiguous[x]
        problem = f"{x!r} is {theirs} to NumPy and {ours} in a printed program"
        raise DtypeError(who, problem, f"Write {ours!r} or {theirs!r}.")
    for swapped, native in _foreign.items():
        if isinstance(x, (np.dtype, str)) and x in (swapped, swapped.str):
            problem = f"{swapped.str!r} is not in this machine's byte order"
            raise DtypeError(who, problem, f'Convert it in NumPy: x.astype("{native}").')
    raise DtypeError(who, f"{x!r} is no dtype of oxmlx", f"There are {', '.join(_short.values())}.")


def short_name(dtype: Dtype) -> str:
    """The name of a dtype in a printed program.

    Raises:
        DtypeError: if an array cannot have this dtype.

    >>> short_name(np.dtype("float32")), short_name(KEY_DTYPES["threefry"])
    ('f32', 'key<threefry>')
    """
    return _short[dtype] if dtype in _short else _short[as_dtype(dtype, "short_name")]


def from_short_name(text: str) -> Dtype:
    """The dtype that a printed program calls `text`.

    Raises:
        DtypeError: if there is none.

    >>> from_short_name("i8"), from_short_name("c64")
    (dtype('int8'), dtype('complex64'))
    """
    if text not in _from_short:
        problem = f"no dtype prints as {text!r}"
        raise DtypeError("from_short_name", problem, f"There are {', '.join(_from_short)}.")
    return _from_short[text]


# Kinds


class prng_key(np.generic):
    """The abstract type of random keys, for `issubdtype`."""


_ancestors: dict[Dtype, tuple[type, ...]] = {
    **{t.dtype: t.dtype.type.__mro__ for t in SCALAR_TYPES},
    bfloat16.dtype: (ml_dtypes.bfloat16, *np.floating.__mro__),
    **dict.fromkeys(KEY_DTYPES.values(), prng_key.__mro__),
    float0: np.void.__mro__,
}


def _kind(abstract: type) -> Callable[[object], bool]:
    return frozenset(d for d, above in _ancestors.items() if abstract in above).__contains__


# One dict lookup each, of a numpy.dtype.
is_bool = _kind(np.bool_)
is_integer = _kind(np.integer)
is_signed = _kind(np.signedinteger)
is_unsigned = _kind(np.unsignedinteger)
is_float = _kind(np.floating)
is_complex = _kind(np.complexfloating)
is_inexact = is_differentiable = _kind(np.inexact)
is_key = _kind(prng_key)


def itemsize(dtype: DtypeLike) -> int:
    """The bytes of one element.

    >>> itemsize("bfloat16"), itemsize(complex64)
    (2, 8)
    """
    return as_dtype(dtype, "itemsize").itemsize


def _is_abstract(x: object) -> TypeGuard[type[np.generic]]:
    return isinstance(x, type) and issubclass(x, np.generic) and x not in _named


def issubdtype(a: DtypeLike, b: DtypeLike) -> bool:
    """Is `a` the dtype `b`, or one of the kind `b`: np.floating, np.integer, prng_key and so on?

    >>> issubdtype(bfloat16, np.floating), issubdtype("uint8", np.signedinteger)
    (True, False)
    >>> issubdtype(KEY_DTYPES["threefry"], prng_key), issubdtype("f32", float32)
    (True, True)
    """
    if _is_abstract(b):
        return b in (a.__mro__ if _is_abstract(a) else _ancestors[as_dtype(a, "issubdtype")])
    wanted = as_dtype(b, "issubdtype")
    return not _is_abstract(a) and as_dtype(a, "issubdtype") == wanted


def finfo(dtype: DtypeLike) -> np.finfo[Any]:
    """The limits of a floating-point dtype; those of its parts, if it is complex.

    Raises:
        DtypeError: if the dtype is not floating point.

    >>> float(finfo("bfloat16").eps), float(finfo("float16").max)
    (0.0078125, 65504.0)
    """
    inexact = as_dtype(dtype, "finfo")
    if not is_inexact(inexact):
        raise DtypeError("finfo", f"{short_name(inexact)} is not floating point", "Try iinfo.")
    limits: Any = ml_dtypes.finfo  # np.finfo for NumPy's own dtypes
    return limits(inexact)


def iinfo(dtype: DtypeLike) -> np.iinfo[Any]:
    """The limits of an integer dtype.

    Raises:
        DtypeError: if the dtype is not an integer.

    >>> iinfo("int8").min, iinfo("uint8").max
    (-128, 255)
    """
    integer = as_dtype(dtype, "iinfo")
    if not is_integer(integer):
        raise DtypeError("iinfo", f"{short_name(integer)} is not an integer", "Try finfo.")
    return np.iinfo(integer)


# Promotion

# JAX's lattice: an edge leads to the next type that holds this one. i*, f* and c* are the weak
# types of Python's numbers: they give way to every type above them.
_edges = {
    **{"bool": "i*", "i*": "u8 i8", "f*": "bf16 f16 c*", "c*": "c64"},
    **{"u8": "u16 i16", "u16": "u32 i32", "u32": "u64 i64", "u64": "f*"},
    **{"i8": "i16", "i16": "i32", "i32": "i64", "i64": "f*"},
    **{"bf16": "f32", "f16": "f32", "f32": "f64 c64", "f64": "c128", "c64": "c128", "c128": ""},
}
_weak = {"i*": int32.dtype, "f*": float32.dtype, "c*": complex64.dtype}


def _reach(node: str) -> frozenset[str]:
    return frozenset({node}).union(*map(_reach, _edges[node].split()))


_above = {node: _reach(node) for node in _edges}
_least = {above: node for node, above in _above.items()}
_types = {node: ((_from_short | _weak)[node], node in _weak) for node in _edges}
_promotions = {
    (*_types[a], *_types[b]): _types[_least[_above[a] & _above[b]]] for a in _edges for b in _edges
}
_promotions |= {(d, False, d, False): (d, False) for d in (*KEY_DTYPES.values(), float0)}


def promote(dtype1: Dtype, weak1: bool, dtype2: Dtype, weak2: bool) -> tuple[Dtype, bool]:
    """The dtype that holds both operands, and whether it is weak.

    A weak dtype is int32, float32 or complex64: a Python number's, which gives way to an array's.

    Raises:
        DtypeError: if the two have no common dtype: a key and a number, say.

    >>> promote(np.dtype("float16"), False, np.dtype("float32"), True)
    (dtype('float16'), False)
    """
    try:
        return _promotions[dtype1, weak1, dtype2, weak2]
    except KeyError:
        problem = f"{short_name(dtype1)} and {short_name(dtype2)} have no common dtype"
        raise DtypeError("promote_types", problem, "Convert one of them with astype.") from None


def promote_types(a: DtypeLike, b: DtypeLike) -> Dtype:
    """The dtype that holds both; Python's int, float and complex give way to the other.

    Raises:
        DtypeError: if the two have no common dtype.

    >>> promote_types("float16", "bfloat16"), promote_types(uint32, int32), promote_types(int8, int)
    (dtype('float32'), dtype('int64'), dtype('int8'))
    """
    return promote(*_operand(a, "promote_types"), *_operand(b, "promote_types"))[0]


def result_type(*items: object) -> Dtype:
    """The dtype that an operation on these arrays, numbers and dtypes computes in.

    Raises:
        DtypeError: if they have no common dtype.

    >>> result_type(np.ones(3, "float16"), 2.5, np.int32)
    dtype('float16')
    """
    if not items:
        raise ArgumentError("result_type", "no arguments", "Give it an array, a number or a dtype.")
    first, *rest = [_operand(x, "result_type") for x in items]
    return reduce(lambda x, y: promote(*x, *y), rest, first)[0]


def _operand(x: Any, who: str) -> tuple[Dtype, bool]:
    """The dtype that `x` names, has, or would enter with; and whether it is weak."""
    if x is int or x is float or x is complex:
        return _python[x], True
    if isinstance(x, _names):
        return as_dtype(x, who), False
    if not hasattr(x, "dtype") or type(x) in _numbers:
        return scalar_dtype(x, who)
    dtype, weak = as_dtype(x.dtype, who), getattr(x, "weak_type", False)
    return NARROW.get(dtype, dtype) if isinstance(x, np.ndarray) else dtype, weak


# Numbers

# bools, integers, floats, complex numbers: a number never becomes one of a lower level by itself
LEVELS = {
    dtype: level
    for level, kind in enumerate((is_bool, is_integer, is_float, is_complex))
    for dtype in filter(kind, _short)
}
_defaults = (bool_.dtype, int32.dtype, float32.dtype, complex64.dtype)  # by level
_numbers = {
    kind: (_defaults[LEVELS[dtype]], not is_bool(dtype))
    for kind, dtype in _spelled.items()
    if isinstance(kind, type)
}
# what 64-bit data enters as
NARROW = {t.dtype: _defaults[LEVELS[t.dtype]] for t in (int64, float64, complex128)}
NARROW[uint64.dtype] = uint32.dtype


def scalar_dtype(x: object, who: str = "array") -> tuple[Dtype, bool]:
    """The dtype of a Python or NumPy number, and whether it is weak: all but bool are.

    Raises:
        DtypeError: if `x` is not a number, or an extended-precision one.

    >>> scalar_dtype(1), scalar_dtype(np.float64(1)), scalar_dtype(True)
    ((dtype('int32'), True), (dtype('float32'), True), (dtype('bool'), False))
    """
    for kind in type(x).__mro__:
        if kind in _numbers:
            return _numbers[kind]
    problem = f"{x!r} of type {type(x).__name__} is not a number that an array can hold"
    raise DtypeError(who, problem, "Use a bool, int, float or complex.")
