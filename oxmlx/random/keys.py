"""Keys: made of a seed, split, and never changed by use."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from oxmlx.dtypes import KEY_DTYPES, Dtype, is_integer, is_key
from oxmlx.errors import (
    ArgumentError,
    DtypeError,
    KeyTypeError,
    OverflowingLiteralError,
    ShapeError,
)
from oxmlx.ir.aval import get_aval
from oxmlx.ir.value import Value
from oxmlx.numpy.arguments import shape_of
from oxmlx.ops.convert import as_value, cast
from oxmlx.ops.prng import (
    U32,
    random_fold_in,
    random_seed,
    random_split,
    random_unwrap,
    random_wrap,
)

P = ParamSpec("P")
R = TypeVar("R")

IMPLEMENTATIONS = {
    "threefry2x32": KEY_DTYPES["threefry"],
    "threefry_legacy": KEY_DTYPES["threefry_legacy"],
}
"""By JAX's name. The second counts as JAX did before 0.5, and as MLX does."""

ADVICE = (
    "Make one with key = ox.random.key(0), and new ones for each use: "
    "key, subkey = ox.random.split(key)."
)


def key_dtype(impl: Any = None) -> Dtype:
    """The dtype of the keys of an implementation.

    Args:
        impl: "threefry2x32", which `None` stands for, "threefry_legacy", or such a dtype.

    Raises:
        ArgumentError: there is no such implementation.

    >>> import oxmlx as ox
    >>> ox.random.key_dtype() == ox.random.key(0).dtype
    True
    """
    if impl is None:
        return IMPLEMENTATIONS["threefry2x32"]
    if isinstance(impl, np.dtype) and is_key(impl):
        return impl
    if isinstance(impl, str) and impl in IMPLEMENTATIONS:
        return IMPLEMENTATIONS[impl]
    known = ", ".join(map(repr, IMPLEMENTATIONS))
    raise ArgumentError("random.key", f"impl got {impl!r}", f"It takes {known}.")


def key(seed: Any, *, impl: Any = None, dtype: Any = None) -> Any:
    """The key of a seed: a scalar array of a key dtype, as JAX's.

    Args:
        seed: an integer of at most 64 bits, or an integer scalar array.
        impl, dtype: the implementation (one of the two), as for `key_dtype`.

    Raises:
        DtypeError: the seed is not an integer.
        ShapeError: it is not a scalar.
        OverflowingLiteralError: it has more than 64 bits.
        ArgumentError: there is no such implementation, or two are given.

    >>> import oxmlx as ox
    >>> ox.random.key_data(ox.random.key(2**33 + 7))
    array([2, 7], dtype=uint32)
    """
    if impl is not None and dtype is not None:
        problem = f"takes impl or dtype, got both: {impl!r} and {dtype!r}"
        raise ArgumentError("random.key", problem, "They mean the same: pass one.")
    kind = key_dtype(impl if dtype is None else dtype)
    seed = as_seed(seed)
    if isinstance(seed, Value) and seed.aval.ndim:
        problem = f"a seed must be a scalar, got {seed.aval}"
        raise ShapeError("random.key", problem, "Use ox.vmap(ox.random.key)(seeds).")
    return random_seed(seed, kind)


def as_seed(seed: Any) -> Any:
    """A seed as an integer operand. A Python int that 32 bits hold is one of 32 bits."""
    if isinstance(seed, Value):
        if not is_integer(seed.dtype):
            raise DtypeError(
                "random.key",
                f"a seed must be an integer, got {seed.aval}",
                "Convert it with .astype(ox.int32).",
            )
        return seed
    try:
        number = operator.index(seed)
    except TypeError:
        value = as_value(seed, "random.key")
        problem = f"a seed must be an integer, got {value.aval}"
        raise DtypeError("random.key", problem) from None
    if not -(2**63) <= number < 2**64:
        problem = f"a seed has at most 64 bits, got one of {number.bit_length()}"
        raise OverflowingLiteralError("random.key", problem, "Reduce it: seed % 2**64.")
    wide = not -(2**31) <= number < 2**32
    return (np.uint64 if wide else np.uint32)(number % (2**64 if wide else 2**32))


def PRNGKey(seed: Any, *, impl: Any = None) -> Any:
    """The key of a seed in the older form: its two words, u32[2]; args and errors as for `key`.

    Every function of `ox.random` takes such keys, and `split` and `fold_in` return what they take.

    >>> import oxmlx as ox
    >>> ox.random.PRNGKey(42)
    array([ 0, 42], dtype=uint32)
    """
    return random_unwrap(key(seed, impl=impl))


def as_keys(who: str, x: Any) -> tuple[Any, bool]:
    """Keys of a key dtype, and whether they were given as words u32[..., 2].

    Raises:
        KeyTypeError: it is neither.
    """
    if isinstance(x, np.ndarray) and x.dtype == U32:
        x = as_value(x, who)
    if isinstance(x, Value):
        aval = x.aval
        if is_key(aval.dtype):
            return x, False
        if aval.dtype == U32 and aval.shape[-1:] == (2,):
            return random_wrap(x), True
        raise KeyTypeError(who, f"needs a random key first, got {aval}", ADVICE)
    raise KeyTypeError(who, f"needs a random key first, got {type(x).__name__}: {x!r:.40}", ADVICE)


def as_key(who: str, x: Any) -> tuple[Any, bool]:
    """One key of a key dtype, and whether it was given as words.

    Raises:
        KeyTypeError: it is no key.
        ShapeError: there are several.
    """
    one, raw = as_keys(who, x)
    if one.aval.ndim:
        problem = f"takes one key, got {one.aval}"
        raise ShapeError(who, problem, f"Use ox.vmap(lambda k: ox.{who}(k, ...))(keys).")
    return one, raw


def sampler(f: Callable[P, R]) -> Callable[P, R]:
    """A function whose first argument, `key`, is checked and arrives as one of a key dtype."""
    who = f"random.{f.__name__}"

    call: Callable[..., R] = f

    @functools.wraps(f)
    def sample(*args: Any, **kwargs: Any) -> R:
        if not args and "key" not in kwargs:
            raise KeyTypeError(who, "needs a random key first, got none", ADVICE)
        given, *rest = args or (kwargs.pop("key"),)
        return call(as_key(who, given)[0], *rest, **kwargs)

    return sample


def split(key: Any, num: int | tuple[int, ...] = 2) -> Any:
    """New keys that follow from a key, which is not to be used again.

    Args:
        key: a key.
        num: how many, or the shape of the result.

    Returns:
        Keys [num], or their words u32[num, 2] if the key was given as words.

    Raises:
        KeyTypeError: `key` is no key.
        ShapeError: it is several, or `num` is negative.

    >>> import oxmlx as ox
    >>> key, subkey = ox.random.split(ox.random.key(0))
    >>> ox.random.key_data(subkey)
    array([ 928981903, 3453687069], dtype=uint32)
    """
    one, raw = as_key("random.split", key)
    return as_given(random_split(one, shape_of("random.split", num)), raw)


def fold_in(key: Any, data: Any) -> Any:
    """The key that follows from a key and a number: the epoch, say, or the index of a layer.

    Args:
        key: a key.
        data: an integer scalar, taken modulo 2³².

    Raises:
        KeyTypeError: `key` is no key.
        DtypeError: `data` is not an integer.
        ShapeError: one of them is not a scalar.

    >>> import oxmlx as ox
    >>> ox.random.key_data(ox.random.fold_in(ox.random.key(0), 7))
    array([2716826189,  292468403], dtype=uint32)
    """
    one, raw = as_key("random.fold_in", key)
    if isinstance(data, int):
        number: Any = np.uint32(data % 2**32)
    else:
        number = as_value(data, "random.fold_in")
        if not is_integer(number.dtype):
            problem = f"data must be an integer, got {number.aval}"
            raise DtypeError(
                "random.fold_in", problem, "Convert it with .astype(ox.uint32), or use its index."
            )
        if number.aval.ndim:
            problem = f"data must be a scalar, got {number.aval}"
            advice = "Use ox.vmap(ox.random.fold_in, in_axes=(None, 0))(key, data)."
            raise ShapeError("random.fold_in", problem, advice)
        number = cast(number, U32)
    return as_given(random_fold_in(one, number), raw)


def as_given(keys: Any, raw: bool) -> Any:
    """Keys in the form in which the user has them."""
    return random_unwrap(keys) if raw else keys


def key_data(keys: Any) -> Any:
    """The words of keys [...], u32[..., 2].

    Raises:
        KeyTypeError: these are no keys.

    >>> import oxmlx as ox
    >>> ox.random.key_data(ox.random.split(ox.random.key(1), 3)).shape
    (3, 2)
    """
    return random_unwrap(as_keys("random.key_data", keys)[0])


def wrap_key_data(key_bits_array: Any, *, impl: Any = None, dtype: Any = None) -> Any:
    """The keys of words u32[..., 2], for instance of saved ones.

    Raises:
        KeyTypeError: the array is no u32[..., 2].
        ArgumentError: there is no such implementation, or two are given.

    >>> import oxmlx as ox
    >>> key = ox.random.wrap_key_data(ox.numpy.array([0, 42], "uint32"))
    >>> ox.random.bits(key) == ox.random.bits(ox.random.key(42))
    array(True, dtype=bool)
    """
    if impl is not None and dtype is not None:
        problem = f"takes impl or dtype, got both: {impl!r} and {dtype!r}"
        raise ArgumentError("random.wrap_key_data", problem, "They mean the same: pass one.")
    words = as_value(key_bits_array, "random.wrap_key_data")
    return random_wrap(words, key_dtype(impl if dtype is None else dtype))


def key_impl(keys: Any) -> str:
    """The name of the implementation of keys.

    >>> import oxmlx as ox
    >>> ox.random.key_impl(ox.random.key(0))
    'threefry2x32'
    """
    dtype = get_aval(as_keys("random.key_impl", keys)[0]).dtype
    return next(name for name, kind in IMPLEMENTATIONS.items() if kind == dtype)


def clone(key: Any) -> Any:
    """The same key, for a use that is meant to give the same numbers again.

    >>> import oxmlx as ox
    >>> key = ox.random.key(0)
    >>> ox.random.normal(key) == ox.random.normal(ox.random.clone(key))
    array(True, dtype=bool)
    """
    as_keys("random.clone", key)
    return key
