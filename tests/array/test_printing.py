"""How arrays print."""

import numpy as np
import pytest

import oxmlx as ox

TEXTS = [
    ([1.0, 2.0], "float32", "array([1., 2.], dtype=float32)"),
    (12.0, "float32", "array(12., dtype=float32)"),
    ([True, False], "bool", "array([ True, False], dtype=bool)"),
    ([[1, 2], [3, 4]], "int64", "array([[1, 2],\n       [3, 4]], dtype=int64)"),
    ([0.1, 1], "bfloat16", "array([0.100098, 1], dtype=bfloat16)"),
    ([1 + 2j], "complex128", "array([1.+2.j], dtype=complex128)"),
    ([], "float32", "array([], dtype=float32)"),
    (np.zeros((0, 3)), "float32", "array([], shape=(0, 3), dtype=float32)"),
    ([np.nan, -np.inf], "float16", "array([ nan, -inf], dtype=float16)"),
]


@pytest.mark.parametrize(("data", "dtype", "text"), TEXTS, ids=[t[2] for t in TEXTS])
def test_repr(data: object, dtype: str, text: str) -> None:
    assert repr(ox.array(data, dtype=dtype)) == text


def test_str_has_the_elements_alone() -> None:
    assert str(ox.array([1.0, 2.0])) == "[1. 2.]" and str(ox.array(3)) == "3"


def test_long_arrays_are_cut_and_wrapped_as_in_numpy() -> None:
    assert "..." in repr(ox.numpy.arange(2000))
    assert all(len(line) <= 75 for line in repr(ox.numpy.arange(100) * 1000).splitlines())


def test_numbers_take_a_format() -> None:
    x = ox.array(3.14159)
    assert f"{x:.2f}" == "3.14" and f"{x}" == "3.14159"
    assert f"{ox.array([1, 2])}" == "[1 2]" and f"{ox.array(7):>4d}" == "   7"


def test_tracers_print_their_type_only() -> None:
    seen = []
    ox.make_jaxpr(lambda x: seen.extend([repr(x), ox.numpy.array_repr(x), str(x)]) or x)(1.0)
    assert set(seen) == {"Traced<f32[]>"}


def test_keys_print_their_words() -> None:
    key = ox.random.key(7)
    assert repr(key) == "array((), dtype=key<threefry>) overlaying [0 7]"
    assert str(key) == "[0 7]"
