"""facts/cases.md, groups 11-14, 25, 26, 34 and 36: what programs, keys and transformations keep."""

from __future__ import annotations

import gc
import resource
import sys
import threading
from itertools import product
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from weighted import pull

import oxmlx as ox
from oxmlx.dtypes import promote_types
from oxmlx.errors import GradientError, ShapeError
from oxmlx.ir.cse import cse
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.trace import bind

onp, nn, random = ox.numpy, ox.nn, ox.random


def equations(f: Any, *xs: Any) -> int:
    """How many equations are left of a program when equal ones are merged."""
    return len(cse(ox.make_jaxpr(f)(*xs).jaxpr).eqns)


def test_11_a_constant_is_not_the_operand_that_has_its_bytes() -> None:
    x, w = onp.array([1.0, 2.0, 3.0]), onp.array([1.0, 2.0, 3.0])
    for grad in (ox.grad(lambda x: onp.sum(x * w)), ox.jit(ox.grad(lambda x: onp.sum(x * w)))):
        assert grad(x).tolist() == [1, 2, 3]
    want = [-0.1418171, -0.1407704, 0.2825874]
    np.testing.assert_allclose(pull(nn.softmax, w, x), want, atol=2e-7)


def test_12_equal_equations_have_equal_bits() -> None:
    def signed(x: Any) -> Any:
        return 1 / (x * 0.0), 1 / (x * -0.0)

    for f in (signed, ox.jit(signed)):
        assert [y.item() for y in f(onp.array(1.0))] == [np.inf, -np.inf]
    assert equations(signed, 1.0) == 4
    assert equations(lambda x: (onp.sin(x), onp.sin(x)), 1.0) == 1
    assert equations(lambda x, y: (x - y, y - x, x / y, y / x), 1.0, 2.0) == 4


def test_12_payloads_of_nan_stay_apart() -> None:
    bits = [0x7FC00001, 0x7FC00002]
    quiet = [np.array(b, np.uint32).view(np.float32)[()] for b in bits]

    def f(x: Any) -> Any:
        return [onp.where(x > 0, nan, x).view("uint32") for nan in quiet]

    for g in (f, ox.jit(f)):
        assert [y.item() for y in g(onp.array(1.0))] == bits
    assert equations(f, 1.0) == 5  # the comparison is shared


COUNT = [0]


class Counted(Primitive):
    """out = x + 1, counted"""

    def abstract(self, x: Any) -> Any:
        return x

    def impl(self, x: Any) -> Any:
        COUNT[0] += 1
        return x + 1


def test_13_a_diamond_is_three_evaluations_and_none_the_second_time() -> None:
    COUNT[0] = 0
    x = bind(Counted(), onp.ones(3))
    y = bind(Counted(), x) * bind(Counted(), x)
    assert COUNT[0] == 0
    for _ in range(2):
        assert y.tolist() == [9, 9, 9]
        assert COUNT[0] == 3


def test_13_a_long_chain_does_not_recurse() -> None:
    """100 000 links, eager: tests/ir/test_array.py. These are differentiated, too."""

    def chain(x: Any) -> Any:
        for _ in range(3000):
            x = x + 0.001 * x
        return x

    want = 1.001**3000
    for f in (chain, ox.jit(chain)):
        assert f(onp.array(1.0)).item() == pytest.approx(want, rel=1e-3)
    assert ox.grad(chain)(onp.array(1.0)).item() == pytest.approx(want, rel=1e-3)


def test_14_threads_agree_bit_for_bit() -> None:
    x = random.normal(random.key(0), (40, 40))
    step = ox.jit(lambda x: onp.tanh(x @ x) + nn.softmax(x))
    got: list[bytes] = []

    def work() -> None:
        y = x
        for _ in range(5):
            y = step(y) - 0.5 * y
        got.append(np.asarray(y).tobytes())

    threads = [threading.Thread(target=work) for _ in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(got) == 16 and len(set(got)) == 1


def test_14_what_is_dropped_is_freed() -> None:
    """800 times 3 MB; handles are counted in tests/ir/test_array.py."""

    def peak() -> int:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

    def cycle() -> None:
        x = onp.full((512, 512), 0.5) * 2
        ox.eval(x + x)
        _ = x * 3

    for _ in range(20):
        cycle()
    gc.collect()
    before = peak()
    for _ in range(800):
        cycle()
    assert peak() - before < 256 << 20


def test_25_a_generator_of_64_bit_words_wraps_as_in_rust() -> None:
    """x ← 6364136223846793005 x + 1442695040888963407 mod 2⁶⁴, of which x >> 33 is used."""
    a, c = 6364136223846793005, 1442695040888963407

    def step(x: Any, _: None) -> Any:
        x = x * a + c
        return x, (x >> 33).astype("uint32")

    _, words = ox.lax.scan(step, onp.array(42, dtype="uint64"), None, 100)
    state, want = 42, []
    for _ in range(100):
        state = (state * a + c) % 2**64
        want.append(state >> 33)
    assert words.tolist() == want


MLX = [
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "bfloat16", "float32", "complex64"),
]


def test_26_promotion_is_that_of_mlx() -> None:
    """All pairs; the laws of a join are in tests/test_dtypes.py."""
    for a, b in product(MLX, MLX):
        pair = (mx.zeros((1,), getattr(mx, name if name != "bool" else "bool_")) for name in (a, b))
        dtype = str(sum_dtype(*pair)).removeprefix("mlx.core.")
        assert promote_types(a, b).name == dtype, (a, b)


def sum_dtype(x: Any, y: Any) -> Any:
    return mx.where(mx.array(True), x, y).dtype


def test_34_keys_and_bits() -> None:
    legacy = random.split(random.key(0, impl="threefry_legacy"))
    want = [[4146024105, 967050713], [2718843009, 1272950319]]
    assert random.key_data(legacy).tolist() == want
    want = [[1797259609, 2579123966], [928981903, 3453687069]]
    assert random.key_data(random.split(random.key(0))).tolist() == want
    uniform = random.uniform(random.key(0, impl="threefry_legacy"), (3,))
    np.testing.assert_allclose(uniform, [0.9653214, 0.31468165, 0.63302994], rtol=1e-6)


def test_36_vmap_is_a_stack_of_calls() -> None:
    """mlx#600: shapes that broadcast only by their batch axes are refused."""

    def add(x: Any, y: Any) -> Any:
        return x + y

    with pytest.raises(ShapeError, match=r"f32\[10,1\] axis 0, .* f32\[1,1,1,5\] axis 0"):
        ox.vmap(add)(onp.ones((10, 1)), onp.ones((1, 1, 1, 5)))
    x, y = onp.arange(10.0).reshape(10, 1), onp.arange(50.0).reshape(10, 1, 1, 5)
    want = np.stack([np.asarray(x[k] + y[k]) for k in range(10)])
    np.testing.assert_array_equal(ox.vmap(add)(x, y), want)


def test_36_values_may_be_read_inside_vjp_if_they_do_not_depend_on_what_is_differentiated() -> None:
    """mlx#610: reading a value with tolist() made the gradient zero."""

    def f(x: Any) -> Any:
        x = x + onp.ones((3, 3, 3))
        assert not any(np.ravel((x < 1).tolist()))
        return x**2

    _, back = ox.vjp(f, onp.ones((3, 3)))
    assert back(onp.ones((3, 3, 3)))[0].tolist() == np.full((3, 3), 12).tolist()


def test_36_arrays_of_mixed_elements_under_vmap() -> None:
    """mlx#1599"""

    def diagonal(s: Any) -> Any:
        return onp.array([s[0], 0.0, 0.0, 0.0, s[1], 0.0, 0.0, 0.0, s[2]]).reshape(3, 3)

    s = onp.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_array_equal(ox.vmap(diagonal)(s), [np.diag(row) for row in np.asarray(s)])


def test_36_jvp_of_a_linear_layer() -> None:
    """mlx#1771"""
    layer = nn.Linear(2, 2, key=random.key(0))
    x, v = random.normal(random.key(1), (2, 2))
    y, dy = ox.jvp(layer, (x,), (v,))
    np.testing.assert_allclose(y, layer(x), rtol=1e-6)
    np.testing.assert_allclose(dy, layer.weight @ v, rtol=1e-6)


def test_36_the_structure_of_a_result_may_depend_on_none() -> None:
    """mlx#2632, in both orders."""

    def f(x: Any, y: Any) -> Any:
        return (x + 1, x) if y is None else (x, None)

    x = onp.ones(3)
    for order in ((0, None), (None, 0)):
        g = ox.jit(f)
        for y in order:
            assert ox.tree.structure(g(x, y)) == ox.tree.structure(f(x, y))
            assert g(x, y)[0].tolist() == f(x, y)[0].tolist()


def test_36_no_stale_values_when_shapes_change() -> None:
    """mlx#3201, #4460: slices, scans and attention at shapes that grow."""

    def f(x: Any) -> Any:
        n = x.shape[0]
        total, sums = ox.lax.scan(lambda c, row: (c + row, c * row), x[0], x[1:])
        q = (x / n)[None, None]
        seen = nn.scaled_dot_product_attention(q, q, q, scale=n**-0.5, mask="causal")
        return total * n, sums[: n // 2], seen

    g = ox.jit(f)
    for n in (2, 5, 3, 5, 2):
        x = onp.arange(4.0 * n).reshape(n, 4) / 10
        for got, want in zip(g(x), f(x), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-6)
    assert g.traces == 3


def test_36_a_function_that_raised_can_be_called_again() -> None:
    """mlx-vlm#1654"""
    for transform in (lambda f: f, lambda f: ox.grad(lambda x: onp.sum(f(x))), ox.vmap):
        broken = [True]

        @ox.jit
        def f(x: Any, broken: Any = broken) -> Any:
            y = x * 2
            if broken:
                raise KeyError(broken.pop())
            return y

        g = transform(f)
        with pytest.raises(KeyError, match="True"):
            g(onp.ones(2))
        assert g(onp.ones(2)).tolist() == [2, 2]
    assert (onp.array(3.0) * 2).item() == 6


def test_36_more_than_a_hundred_operations() -> None:
    """mlx#3165"""

    def f(x: Any) -> Any:
        for k in range(150):
            x = onp.sin(x) + 0.01 * k * onp.cos(x)
        return x

    x = onp.array([0.1, 0.2])
    np.testing.assert_allclose(ox.jit(f)(x), f(x), rtol=1e-6)
    slope = pull(f, [1.0, 2.0], x)
    np.testing.assert_allclose(pull(ox.jit(f), [1.0, 2.0], x), slope, rtol=1e-5)


def test_36_random_numbers_differ_along_a_mapped_key() -> None:
    rows = ox.vmap(lambda key: random.normal(key, (4,)))(random.split(random.key(0), 8))
    assert len(np.unique(rows)) == 32


def test_36_integers_have_no_gradient_and_unused_arguments_zero() -> None:
    with pytest.raises(GradientError, match=r"floating dtype, got i32\[\]") as e:
        ox.grad(lambda x: x * 1.0)(3)
    assert isinstance(e.value, TypeError)
    assert ox.grad(lambda x, y: x * 2, argnums=1)(1.0, onp.ones(2)).tolist() == [0, 0]
