"""Random keys and the bits they give: Threefry-2x32 with 20 rounds, counted as JAX counts.

Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from math import prod
from operator import mul
from typing import Any

import numpy as np

from oxmlx.dtypes import KEY_DTYPES, Dtype, is_integer, is_key
from oxmlx.errors import DtypeError, KeyTypeError, ShapeError
from oxmlx.ir.aval import Aval
from oxmlx.ir.kernel import Expr, Operand, bitcast, cast, const, scalar, size
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.trace import bind
from oxmlx.ops.elementwise import Elementwise, common_shape
from oxmlx.ops.shape import moveaxis

THREEFRY, LEGACY = KEY_DTYPES["threefry"], KEY_DTYPES["threefry_legacy"]
U32, U64 = np.dtype(np.uint32), np.dtype(np.uint64)
UNSIGNED: dict[int, Dtype] = {8 * n: np.dtype(f"u{n}") for n in (1, 2, 4, 8)}
WORDS = 2**32
ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = np.uint32(0x1BD11BDA)
TILE = 1 << 14
"""Blocks made at once: their words stay in the fastest caches."""

Op = Callable[..., Any]
Pair = tuple[Any, Any]


def threefry(op: Op, key: Pair, block: Pair) -> Pair:
    """A block of two u32 words encrypted under a key of two, in the algebra `op(name, *operands)`:
    one text for NumPy and for kernels."""
    (k0, k1), (x0, x1) = key, block
    ks = (k0, k1, op("xor", op("xor", k0, k1), PARITY))
    x0, x1 = op("add", x0, k0), op("add", x1, k1)
    for step in range(1, 6):
        for r in ROTATIONS[(step - 1) % 2]:
            x0 = op("add", x0, x1)
            x1 = op("xor", x0, rotate_left(op, x1, r))
        x0 = op("add", x0, ks[step % 3])
        x1 = op("add", x1, op("add", ks[(step + 1) % 3], np.uint32(step)))
    return x0, x1


def rotate_left(op: Op, x: Any, r: int) -> Any:
    """The bits of the u32 `x` moved r places to the left, those that fall out coming in again."""
    left, right = np.uint32(r), np.uint32(32 - r)
    return op("or", op("shift_left", x, left), op("shift_right_logical", x, right))


# In NumPy. Keys are pairs of arrays [k]; what they make of n counters is [k, n].

_UFUNCS = {
    "add": np.add,
    "or": np.bitwise_or,
    "shift_left": np.left_shift,
    "shift_right_logical": np.right_shift,
    "xor": np.bitwise_xor,
}


def on_arrays(name: str, *xs: Any) -> Any:
    """The algebra of u32 arrays."""
    return _UFUNCS[name](*xs)


def threefry_tiles(keys: Pair, blocks: Pair) -> Pair:
    """Every block [k or 1, n] under every key [k]: two words [k, n]."""
    k, n = len(keys[0]), blocks[1].shape[1]
    out = np.empty((k, n), U32), np.empty((k, n), U32)
    x0, x1 = (np.broadcast_to(x, (k, n)) for x in blocks)
    columns = min(max(n, 1), TILE)
    rows = TILE // columns
    for i in range(0, k, rows):
        for j in range(0, n, columns):
            at = np.s_[i : i + rows, j : j + columns]
            shape = x0[at].shape
            k0, k1 = (np.repeat(w[i : i + rows], shape[1]) for w in keys)
            words = threefry(on_arrays, (k0, k1), (x0[at].reshape(-1), x1[at].reshape(-1)))
            for y, word in zip(out, words, strict=True):
                y[at] = word.reshape(shape)
    return out


def counted(keys: Pair, n: int) -> Pair:
    """The words (y₀, y₁) of the counters 0, …, n - 1, which are numbers of 64 bits."""
    counter = np.arange(n, dtype=U64)[np.newaxis]
    low = counter.astype(U32)
    high = np.right_shift(counter, 32).astype(U32) if n > WORDS else np.zeros_like(low)
    return threefry_tiles(keys, (high, low))


def counted_in_halves(keys: Pair, n: int) -> Any:
    """n words [k, n] of the older form: a block is a counter of the first half of 0, …, n - 1 with
    its fellow of the second half; all y₀ come first."""
    half = -(-n // 2)
    first = np.arange(half, dtype=U32)[np.newaxis]
    second = np.arange(half, n, dtype=U32)
    second = np.pad(second, (0, 2 * half - n))[np.newaxis]
    return np.concatenate(threefry_tiles(keys, (first, second)), axis=1)[:, :n]


def split_words(key: Any) -> Pair:
    """The two words of each key, flat."""
    key = np.asarray(key).reshape(-1)
    return tuple(key[name] for name in key.dtype.names)


def make_keys(words: Pair, dtype: Dtype, shape: tuple[int, ...]) -> Any:
    """Keys of two words."""
    out = np.empty(shape, dtype)
    for name, w in zip(dtype.names or (), words, strict=True):
        out[name] = np.reshape(w, shape)
    return out


# In kernels


def on_exprs(name: str, *xs: Any) -> Expr:
    """The algebra of scalar expressions."""
    return scalar(name, *(x if isinstance(x, Expr) else const(x) for x in xs))


def split_expr(key: Expr) -> Pair:
    """The two words of a key."""
    whole = bitcast(key, U64)
    high = scalar("shift_right_logical", whole, const(np.uint64(32)))
    return cast(whole, U32), cast(high, U32)


def join_exprs(low: Expr, high: Expr) -> Expr:
    """Two words as one number of 64 bits."""
    moved = scalar("shift_left", cast(high, U64), const(np.uint64(32)))
    return scalar("or", cast(low, U64), moved)


def position(index: Sequence[Expr], shape: tuple[int, ...]) -> Expr:
    """The row-major position of `index` in `shape`."""
    out: Expr = const(0)
    for i, n in zip(index, map(size, shape), strict=True):
        out = out * n + i
    return out


def total(shape: tuple[int, ...]) -> Expr:
    """The number of elements."""
    return reduce(mul, map(size, shape), const(1))


def counted_expr(key: Expr, at: Expr) -> Pair:
    """The words of the counter `at`; its high word is 0, for an index has 31 bits."""
    return threefry(on_exprs, split_expr(key), (np.uint32(0), cast(at, U32)))


def counted_in_halves_expr(key: Expr, at: Expr, n: Expr) -> Expr:
    """Word `at` of n in the older form."""
    half = (n + 1) // 2
    is_first = at < half
    first = scalar("select", is_first, at, at - half)
    second = scalar("select", first + half < n, first + half, 0)
    y0, y1 = threefry(on_exprs, split_expr(key), (cast(first, U32), cast(second, U32)))
    return scalar("select", is_first, y0, y1)


# Primitives


class Keyed(Primitive):
    """A function of keys; it has no derivative. Keys of shape S give results of shape S + shape."""

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return bind(self, *primals), None

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        return bind(self, *args), dims[0]


class RandomSeed(Keyed):
    """out[i] = the key with the words (x[i] ≫ 32, x[i] mod 2³²); the first is 0 for an x of 32 bits
    or fewer"""

    dtype: Dtype = THREEFRY

    def abstract(self, x: Aval) -> Aval:
        if not is_integer(x.dtype):
            raise DtypeError(
                self.name,
                f"a seed must be an integer, got {x}",
                "Convert it with .astype(ox.uint32).",
            )
        return Aval(x.shape, self.dtype)

    def impl(self, x: Any) -> Any:
        x = np.asarray(x)
        high = np.right_shift(x.view(U64), 32) if x.dtype.itemsize == 8 else np.zeros_like(x)
        return make_keys((high.astype(U32), x.astype(U32)), self.dtype, x.shape)

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        seed = x(index)
        high: Expr = const(np.uint32(0))
        if x.dtype.itemsize == 8:
            high = scalar("shift_right_logical", bitcast(seed, U64), const(np.uint64(32)))
        return bitcast(join_exprs(cast(high, U32), cast(seed, U32)), self.dtype)


class RandomSplit(Keyed):
    """out[i, j] = the j-th of the keys [shape] that follow from key x[i]"""

    shape: tuple[int, ...]
    reuses = True

    def abstract(self, x: Aval) -> Aval:
        check_keys(self, x)
        check_shape(self, self.shape)
        return x.with_shape(x.shape + self.shape)

    def impl(self, x: Any) -> Any:
        n = prod(self.shape)
        if x.dtype == LEGACY:
            both = counted_in_halves(split_words(x), 2 * n)
            words = both[:, 0::2], both[:, 1::2]
        else:
            words = counted(split_words(x), n)
        return make_keys(words, x.dtype, np.shape(x) + self.shape)

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        ndim = len(x.shape)
        key, at = x(index[:ndim]), position(index[ndim:], self.shape)
        if x.dtype == LEGACY:
            n = total(self.shape) * 2
            words = tuple(counted_in_halves_expr(key, at * 2 + w, n) for w in (0, 1))
        else:
            words = counted_expr(key, at)
        return bitcast(join_exprs(*words), x.dtype)


class RandomFoldIn(Elementwise):
    """out[i] = the key that key x[i] makes of the number data[i]: u32"""

    def abstract(self, *avals: Aval) -> Aval:
        x, data = avals
        check_keys(self, x)
        if data.dtype != U32:
            raise DtypeError(self.name, f"the data must be u32, got {data}")
        return Aval(common_shape(self.name, avals), x.dtype)

    def impl(self, x: Any, data: Any) -> Any:
        x, data = np.broadcast_arrays(x, data)
        second = data.reshape(-1, 1)
        words = threefry_tiles(split_words(x), (np.zeros_like(second), second))
        return make_keys(words, x.dtype, x.shape)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return bind(self, *primals), None

    def lower(self, index: tuple[Expr, ...], *operands: Operand, out: Aval) -> Expr:
        key, data = (x(index if x.shape else ()) for x in operands)
        words = threefry(on_exprs, split_expr(key), (const(np.uint32(0)), data))
        return bitcast(join_exprs(*words), out.dtype)


class RandomBits(Keyed):
    """out[i, j] = the j-th of the `width`-bit random numbers [shape] that follow from key x[i]"""

    width: int
    shape: tuple[int, ...]
    reuses = True

    def abstract(self, x: Aval) -> Aval:
        check_keys(self, x)
        check_shape(self, self.shape)
        if self.width not in UNSIGNED:
            problem = f"the width must be one of {tuple(UNSIGNED)}, got {self.width}"
            raise DtypeError(self.name, problem)
        if x.dtype == LEGACY and self.words > WORDS:
            problem = f"a legacy key gives at most 2³² words, shape {self.shape} needs {self.words}"
            raise ShapeError(self.name, problem, "Use an ordinary key: ox.random.key(seed).")
        return Aval(x.shape + self.shape, UNSIGNED[self.width])

    @property
    def words(self) -> int:
        """How many words of 32 bits one key has to give."""
        return -(-prod(self.shape) * self.width // 32)

    def impl(self, x: Any) -> Any:
        n, dtype = prod(self.shape), UNSIGNED[self.width]
        if x.dtype == LEGACY and self.width < 64:
            words = counted_in_halves(split_words(x), self.words)
            bits = np.ascontiguousarray(words).astype("<u4", copy=False).view(dtype)[:, :n]
        else:
            if x.dtype == LEGACY:
                words = counted_in_halves(split_words(x), 2 * n)
                y0, y1 = words[:, :n], words[:, n:]
            else:
                y0, y1 = counted(split_words(x), n)
            if self.width == 64:
                bits = np.left_shift(y0, 32, dtype=U64) | y1
            else:
                bits = np.bitwise_xor(y0, y1, out=y0).astype(dtype, copy=False)
        return bits.reshape(np.shape(x) + self.shape)

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        ndim, n = len(x.shape), total(self.shape)
        key, at = x(index[:ndim]), position(index[ndim:], self.shape)
        if x.dtype == LEGACY and self.width < 64:
            share = 32 // self.width
            word = counted_in_halves_expr(key, at // share, (n + (share - 1)) // share)
            shift = cast(at % share * self.width, U32)
            return cast(scalar("shift_right_logical", word, shift), out.dtype)
        if x.dtype == LEGACY:
            y0, y1 = (counted_in_halves_expr(key, i, n * 2) for i in (at, at + n))
        else:
            y0, y1 = counted_expr(key, at)
        if self.width == 64:
            return join_exprs(y1, y0)
        return cast(scalar("xor", y0, y1), out.dtype)


class RandomUnwrap(Keyed):
    """out[i, w] = word w of key x[i], as u32"""

    def abstract(self, x: Aval) -> Aval:
        check_keys(self, x)
        return Aval((*x.shape, 2), U32)

    def impl(self, x: Any) -> Any:
        return np.stack(split_words(x), axis=-1).reshape(*np.shape(x), 2)

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        low, high = split_expr(x(index[:-1]))
        return scalar("select", scalar("eq", index[-1], 0), low, high)


class RandomWrap(Keyed):
    """out[i] = the key of the words x[i, 0] and x[i, 1]: u32"""

    dtype: Dtype = THREEFRY

    def abstract(self, x: Aval) -> Aval:
        if x.dtype != U32 or x.shape[-1:] != (2,):
            raise KeyTypeError(
                self.name,
                f"the words of keys must be u32[..., 2], got {x}",
                "Make keys with ox.random.key.",
            )
        return Aval(x.shape[:-1], self.dtype)

    def impl(self, x: Any) -> Any:
        return make_keys((x[..., 0], x[..., 1]), self.dtype, x.shape[:-1])

    def vmap(self, size: int, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        (x,), (d,) = args, dims
        return bind(self, moveaxis(x, d or 0, 0)), 0

    def lower(self, index: tuple[Expr, ...], x: Operand, *, out: Aval) -> Expr:
        return bitcast(join_exprs(x((*index, 0)), x((*index, 1))), self.dtype)


def check_keys(prim: Primitive, x: Aval) -> None:
    """Refuse what is no array of keys."""
    if not is_key(x.dtype):
        raise KeyTypeError(prim.name, f"needs keys, got {x}", "Make one with ox.random.key(0).")


def check_shape(prim: Primitive, shape: tuple[int, ...]) -> None:
    """Refuse negative extents."""
    if any(n < 0 for n in shape):
        raise ShapeError(prim.name, f"extents must not be negative, got {shape}")


def random_seed(x: Any, dtype: Dtype = THREEFRY) -> Any:
    """The keys of integer seeds."""
    return bind(RandomSeed(dtype), x)


def random_split(x: Any, shape: tuple[int, ...]) -> Any:
    """For each key an array of new ones."""
    return bind(RandomSplit(shape), x)


def random_fold_in(x: Any, data: Any) -> Any:
    """The keys that follow from keys and u32 numbers."""
    return bind(RandomFoldIn(), x, data)


def random_bits(x: Any, width: int, shape: tuple[int, ...]) -> Any:
    """For each key an array of random unsigned integers."""
    return bind(RandomBits(width, shape), x)


def random_unwrap(x: Any) -> Any:
    """The two words of each key."""
    return bind(RandomUnwrap(), x)


def random_wrap(x: Any, dtype: Dtype = THREEFRY) -> Any:
    """The keys of words [..., 2]."""
    return bind(RandomWrap(dtype), x)
