"""Keys and bits against jax, bit for bit, in both of its counting schemes."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx.backends.interpreter import run
from oxmlx.compile.fuse import fuse
from oxmlx.dtypes import KEY_DTYPES
from oxmlx.ir.aval import Aval
from oxmlx.ir.kernel import kernel_of
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.prng import (
    TILE,
    RandomBits,
    RandomFoldIn,
    RandomSeed,
    RandomSplit,
    RandomUnwrap,
    RandomWrap,
    on_arrays,
    random_bits,
    random_fold_in,
    random_seed,
    random_split,
    random_unwrap,
    random_wrap,
    threefry,
)
from oxmlx.ops.select import select
from oxmlx.ops.shape import reshape, transpose
from oxmlx.ops.slicing import concatenate, slice_

pytestmark = pytest.mark.x64

SCHEMES = ["threefry", "threefry_legacy"]
each_scheme = pytest.mark.parametrize("scheme", SCHEMES)
SHAPES = [(), (1,), (2,), (3,), (0,), (5, 0), (2, 3), (3, 1, 7)]
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def counting(scheme: str) -> Any:
    """Let jax count as `scheme` does."""
    return jax.threefry_partitionable(scheme == "threefry")


def key(seed: int, scheme: str = "threefry") -> Any:
    return random_seed(from_numpy(np.asarray(seed, np.int64)), KEY_DTYPES[scheme])


def data(keys: Any) -> np.ndarray:
    return np.asarray(random_unwrap(keys))


def equal(ours: Any, theirs: Any) -> None:
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


@each_scheme
@given(seed=st.integers(-(2**63), 2**63 - 1))
def test_seed(scheme: str, seed: int) -> None:
    equal(data(key(seed, scheme)), jax.random.key_data(jax.random.key(seed)))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "uint64"])
def test_seeds_of_every_width(dtype: str) -> None:
    seeds = np.array([0, 1, 77, np.iinfo(dtype).max, np.iinfo(dtype).min], dtype)
    want = jax.vmap(jax.random.key)(seeds)
    equal(data(random_seed(from_numpy(seeds))), jax.random.key_data(want))


@each_scheme
@each_shape
def test_split(scheme: str, shape: tuple[int, ...]) -> None:
    with counting(scheme):
        want = jax.random.split(jax.random.key(42), shape)
    equal(data(random_split(key(42, scheme), shape)), jax.random.key_data(want))


@each_scheme
@given(number=st.integers(0, 2**32 - 1))
def test_fold_in(scheme: str, number: int) -> None:
    want = jax.random.fold_in(jax.random.key(3), np.uint32(number))
    got = random_fold_in(key(3, scheme), np.uint32(number))
    equal(data(got), jax.random.key_data(want))


@each_scheme
@each_shape
@pytest.mark.parametrize("width", [8, 16, 32, 64])
def test_bits(scheme: str, shape: tuple[int, ...], width: int) -> None:
    with counting(scheme):
        want = jax.random.bits(jax.random.key(1), shape, f"uint{width}")
    equal(random_bits(key(1, scheme), width, shape), want)


@each_scheme
@pytest.mark.parametrize("n", [TILE - 1, TILE, TILE + 1, 2 * TILE + 3])
def test_bits_of_several_tiles(scheme: str, n: int) -> None:
    with counting(scheme):
        want = jax.random.bits(jax.random.key(1), (n,), "uint32")
    equal(random_bits(key(1, scheme), 32, (n,)), want)


@each_scheme
def test_many_keys_and_few_bits(scheme: str) -> None:
    """More keys than a tile has rows."""
    keys = random_split(key(0, scheme), (TILE // 2, 3))
    with counting(scheme):
        theirs = jax.random.split(jax.random.key(0), (TILE // 2, 3))
        want = jax.vmap(jax.vmap(lambda k: jax.random.bits(k, (5,), "uint16")))(theirs)
    equal(random_bits(keys, 16, (5,)), want)


def test_expected_values() -> None:
    """facts/cases.md, 34."""
    split = [[1797259609, 2579123966], [928981903, 3453687069]]
    legacy = [[4146024105, 967050713], [2718843009, 1272950319]]
    assert data(random_split(key(0), (2,))).tolist() == split
    assert data(random_split(key(0, "threefry_legacy"), (2,))).tolist() == legacy


@pytest.mark.parametrize(
    ("words", "block", "want"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_known_answers(words: Any, block: Any, want: tuple[int, int]) -> None:
    """The vectors published with Random123 for threefry2x32 with 20 rounds."""
    pairs = (tuple(np.array([w], np.uint32) for w in pair) for pair in (words, block))
    assert tuple(int(y[0]) for y in threefry(on_arrays, *pairs)) == want


@each_scheme
def test_batches_equal_stacks(scheme: str) -> None:
    keys = random_split(key(9, scheme), (4, 3))
    numbers = from_numpy(np.arange(4, dtype=np.uint32))
    functions = [
        (lambda k: random_bits(k, 32, (5,))),
        (lambda k: random_unwrap(random_split(k, (2, 2)))),
        (lambda k: random_unwrap(k)),
        (lambda k: random_unwrap(random_wrap(random_unwrap(k), KEY_DTYPES[scheme]))),
        (lambda k: random_unwrap(random_fold_in(k, np.uint32(7)))),
    ]
    rows = [reshape(slice_(keys, (i, 0), (i + 1, 3)), (3,)) for i in range(4)]
    columns = [reshape(slice_(keys, (0, j), (4, j + 1)), (4,)) for j in range(3)]
    for f in functions:
        equal(ox.vmap(f)(keys), np.stack([np.asarray(f(k)) for k in rows]))
        want = np.stack([np.asarray(f(k)) for k in columns], -1)
        equal(ox.vmap(f, in_axes=1, out_axes=-1)(keys), want)
    each = ox.vmap(lambda k, n: random_unwrap(random_fold_in(k, n)))(keys, numbers)
    for i, row in enumerate(rows):
        equal(np.asarray(each)[i], data(random_fold_in(row, np.uint32(i))))
    one = ox.vmap(lambda n: random_unwrap(random_fold_in(key(9, scheme), n)))(numbers)
    equal(np.asarray(one)[2], data(random_fold_in(key(9, scheme), np.uint32(2))))
    words = from_numpy(np.arange(12, dtype=np.uint32).reshape(2, 3, 2))
    wrapped = ox.vmap(random_wrap, in_axes=1, out_axes=1)(words)
    equal(data(wrapped), words)
    last = ox.vmap(random_wrap, in_axes=2)(transpose(words, (0, 2, 1)))
    equal(data(last), np.swapaxes(np.asarray(words), 0, 1))


def test_moves_work_on_keys() -> None:
    keys = random_split(key(1), (2, 3))
    words = data(keys)
    equal(data(transpose(keys, (1, 0))), words.transpose(1, 0, 2))
    equal(data(reshape(keys, (6,))), words.reshape(6, 2))
    equal(data(slice_(keys, (0, 1), (2, 3))), words[:, 1:])
    equal(data(concatenate([keys, keys], 1)), np.concatenate([words, words], 1))
    even = from_numpy(np.array([[True, False, True]] * 2))
    other = random_fold_in(keys, np.uint32(1))
    equal(
        data(select(even, keys, other)), np.where(np.asarray(even)[..., None], words, data(other))
    )


def test_keys_travel_through_jit_and_loops() -> None:
    def step(k: Any, _: Any) -> Any:
        both = random_split(k, (2,))
        k, sub = (reshape(slice_(both, (i,), (i + 1,)), ()) for i in range(2))
        return k, random_bits(sub, 32, ())

    def chain(k: Any) -> Any:
        last, bits = ox.lax.scan(step, k, None, 4)
        return random_unwrap(last), bits

    with counting("threefry"):
        theirs, want = jax.random.key(5), []
        for _ in range(4):
            theirs, sub = jax.random.split(theirs)
            want.append(jax.random.bits(sub, (), "uint32"))
    for f in (chain, ox.jit(chain), lambda k: ox.vmap(chain)(reshape(k, (1,)))):
        last, bits = f(key(5))
        equal(np.asarray(last).reshape(2), jax.random.key_data(theirs))
        equal(np.asarray(bits).reshape(4), np.stack(want))
    n, k = ox.lax.while_loop(
        lambda c: c[0] < 3, lambda c: (c[0] + 1, random_fold_in(c[1], np.uint32(1))), (0, key(5))
    )
    assert int(n) == 3
    want_key = jax.random.key(5)
    for _ in range(3):
        want_key = jax.random.fold_in(want_key, 1)
    equal(data(k), jax.random.key_data(want_key))


def test_loops_that_end_at_different_steps_keep_their_keys() -> None:
    """A vmapped while_loop chooses between keys."""

    def count(limit: Any, k: Any) -> Any:
        step = lambda c: (c[0] + 1, random_fold_in(c[1], np.uint32(1)))  # noqa: E731
        return random_unwrap(ox.lax.while_loop(lambda c: c[0] < limit, step, (0, k))[1])

    keys = random_split(key(2), (3,))
    limits = from_numpy(np.array([0, 2, 1], np.int32))
    got = ox.vmap(count)(limits, keys)
    for i, n in enumerate([0, 2, 1]):
        k = reshape(slice_(keys, (i,), (i + 1,)), ())
        for _ in range(n):
            k = random_fold_in(k, np.uint32(1))
        equal(np.asarray(got)[i], data(k))


def test_no_derivative() -> None:
    def noisy(x: Any, k: Any) -> Any:
        return x * random_bits(k, 32, ()).astype("float32")

    k = key(4)
    slope = ox.grad(noisy)(2.0, k)
    assert float(slope) == float(random_bits(k, 32, ()).astype("float32"))
    assert float(ox.grad(ox.jit(noisy))(2.0, k)) == float(slope)
    assert float(ox.grad(ox.checkpoint(noisy))(2.0, k)) == float(slope)


OPERANDS: list[tuple[Any, list[np.ndarray]]] = []
_rng = np.random.default_rng(0)
for _scheme in SCHEMES:
    _keys = _rng.integers(0, 2**32, (3, 2), np.uint64).astype(np.uint32).view(KEY_DTYPES[_scheme])
    for _k in (_keys[:, 0], _keys[0, 0].reshape(())):
        for _shape in SHAPES:
            OPERANDS += [(RandomBits(w, _shape), [_k]) for w in (8, 16, 32, 64)]
            OPERANDS += [(RandomSplit(_shape), [_k])]
        OPERANDS += [(RandomUnwrap(), [_k]), (RandomFoldIn(), [_k, np.asarray(7, np.uint32)])]
    OPERANDS += [(RandomFoldIn(), [_keys[:, 0], np.arange(3, dtype=np.uint32)])]
    OPERANDS += [(RandomFoldIn(), [_keys[0, 0].reshape(()), np.arange(3, dtype=np.uint32)])]
    OPERANDS += [(RandomWrap(KEY_DTYPES[_scheme]), [np.arange(8, dtype=np.uint32).reshape(4, 2)])]
    for _dtype in ("int8", "uint32", "int64", "uint64"):
        _seeds = np.array([-3, 5, 100]).astype(_dtype)
        OPERANDS += [(RandomSeed(KEY_DTYPES[_scheme]), [_seeds])]


def test_kernels_compute_what_numpy_does() -> None:
    for prim, operands in OPERANDS:
        out = prim.abstract(*(Aval(x.shape, x.dtype) for x in operands))
        (got,) = run(kernel_of(prim.name, operands, out, prim.lower), *operands)
        want = np.asarray(prim.impl(*operands))
        assert got.dtype == want.dtype == out.dtype and got.shape == want.shape == out.shape
        assert got.tobytes() == want.tobytes(), prim


def test_bits_fuse_with_what_reads_them() -> None:
    """Seed, split, bits and a conversion are one kernel."""

    def f(x: Any) -> Any:
        first = slice_(random_split(random_seed(x), (2,)), (0,), (1,))
        return random_bits(first, 32, (5,)).astype("float32") * 2.0

    (kernel,) = fuse(ox.make_jaxpr(f)(from_numpy(np.asarray(3, np.int32))).jaxpr).kernels
    (got,) = run(kernel, np.asarray(3, np.int32))
    np.testing.assert_array_equal(got, f(from_numpy(np.asarray(3, np.int32))))
