"""Matrix products and convolutions, program by program against jax.lax."""

from __future__ import annotations

from typing import Any

import jax
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lax.oracle import Program, compared, normal, program, same_derivatives, same_value

import oxmlx as ox
from oxmlx.ops.convert import from_numpy

M, N, V = normal(2, 3), normal(3, 4), normal(3)
BATCH = normal(2, 3, 4), normal(2, 4, 5)

DOTS: list[Program] = [
    program("vectors", lambda lax, x, y: lax.dot(x, y), V, normal(3)),
    program("matrix and vector", lambda lax, x, y: lax.dot(x, y), M, V),
    program("vector and matrix", lambda lax, x, y: lax.dot(x, y), V, N),
    program("matrices", lambda lax, x, y: lax.dot(x, y, precision="highest"), M, N),
    program("dot with numbers", lambda lax, x, y: lax.dot(
        x, y, dimension_numbers=(((0,), (0,)), ((), ()))), M, normal(2, 5), since="0.7.1"),
    program("dot_general", lambda lax, x, y: lax.dot_general(
        x, y, (([3, 1], [0, 2]), ([2], [1]))), normal(2, 3, 4, 2), normal(2, 4, 3)),
    program("dot_general of nothing", lambda lax, x, y: lax.dot_general(
        x, y, (((), ()), ((), ()))), V, N),
    program("batch_matmul", lambda lax, x, y: lax.batch_matmul(x, y), *BATCH),
    program("in complex numbers", lambda lax, x, y: lax.dot(
        x, y, preferred_element_type=np.complex128), M, N, since="0.9.0"),
]  # fmt: skip

NARROW: list[Program] = [
    program("int8 in int32", lambda lax, x, y: lax.dot(x, y, preferred_element_type=np.int32),
            np.full((2, 3), 100, np.int8), np.full((3,), -100, np.int8)),
    program("float32 in float64", lambda lax, x, y: lax.dot(
        x, y, preferred_element_type=np.float64), M.astype(np.float32), V.astype(np.float32)),
    program("int8 in float32", lambda lax, x, y: lax.dot(
        x, y, preferred_element_type=np.float32), np.ones((2, 3), np.int8), np.ones(3, np.int8)),
    program("bools", lambda lax, x, y: lax.dot(x, y), np.ones((2, 3), bool), np.zeros(3, bool)),
    program("integers", lambda lax, x, y: lax.dot(x, y),
            np.full((2, 3), 2**30, np.int32), np.full(3, 5, np.int32)),
]  # fmt: skip

NHWC, NCHW = ("NHWC", "HWIO", "NHWC"), ("NCHW", "OIHW", "NCHW")
MIXED = ("CHNW", "WIOH", "HWNC")


def conv(lax: Any, x: Any, w: Any, *args: Any, **params: Any) -> Any:
    return lax.conv_general_dilated(x, w, *args, **params)


CONVOLUTIONS: list[Program] = [
    program("conv", lambda lax, x, w: lax.conv(x, w, (1, 2), "SAME"),
            normal(2, 3, 5, 4), normal(4, 3, 2, 3)),
    program("general padding", lambda lax, x, w: lax.conv_with_general_padding(
        x, w, (2,), [(2, -1)], (2,), (3,)), normal(2, 3, 7), normal(4, 3, 2)),
    program("no spatial axes", lambda lax, x, w: conv(lax, x, w, (), "VALID"),
            normal(2, 3), normal(4, 3), since="0.8.1"),
    program("NHWC", lambda lax, x, w: conv(
        lax, x, w, (1, 1), "VALID", dimension_numbers=NHWC),
        normal(2, 5, 4, 3), normal(2, 3, 3, 4)),
    program("axes in any order", lambda lax, x, w: conv(
        lax, x, w, (2, 1), "SAME", None, (1, 2), MIXED), normal(3, 5, 2, 6), normal(3, 3, 4, 2)),
    program("axes in numbers", lambda lax, x, w: conv(
        lax, x, w, (1,), [(1, 1)], dimension_numbers=lax.ConvDimensionNumbers(
            (2, 0, 1), (1, 2, 0), (1, 0, 2))), normal(3, 6, 2), normal(2, 4, 3)),
    program("lower padding", lambda lax, x, w: conv(lax, x, w, (2,), "SAME_LOWER"),
            normal(1, 2, 7), normal(3, 2, 4)),
    program("feature groups", lambda lax, x, w: conv(
        lax, x, w, (1,), "SAME", feature_group_count=2), normal(2, 4, 5), normal(6, 2, 3)),
    program("depthwise", lambda lax, x, w: conv(
        lax, x, w, (1, 1), "SAME", dimension_numbers=NHWC, feature_group_count=3),
        normal(1, 4, 4, 3), normal(2, 2, 1, 6)),
    program("batch groups", lambda lax, x, w: conv(
        lax, x, w, (1,), "VALID", batch_group_count=2), normal(4, 3, 5), normal(6, 3, 2)),
    program("transpose SAME", lambda lax, x, w: lax.conv_transpose(x, w, (2,), "SAME"),
            normal(2, 4, 3), normal(3, 3, 5)),
    program("transpose VALID", lambda lax, x, w: lax.conv_transpose(x, w, (3, 1), "VALID"),
            normal(1, 3, 4, 2), normal(2, 3, 2, 4)),
    program("transpose of large strides", lambda lax, x, w: lax.conv_transpose(x, w, (4,), "SAME"),
            normal(1, 3, 2), normal(2, 2, 2)),
    program("transpose with numbers", lambda lax, x, w: lax.conv_transpose(
        x, w, (2,), [(1, 2)], (2,)), normal(1, 4, 2), normal(3, 2, 3)),
    program("transpose, consistent", lambda lax, x, w: lax.conv_transpose(
        x, w, (2,), ((1, 1),), use_consistent_padding=True), normal(1, 4, 2), normal(3, 2, 3),
            since="0.9.0"),
    program("transpose of the kernel", lambda lax, x, w: lax.conv_transpose(
        x, w, (2, 2), "SAME", dimension_numbers=NCHW, transpose_kernel=True),
        normal(1, 3, 4, 3), normal(3, 2, 3, 2)),
    program("local", lambda lax, x, w: lax.conv_general_dilated_local(
        x, w, (2,), [(1, 0)], (2,)), normal(2, 3, 6), normal(4, 6, 3)),
    program("local NHWC", lambda lax, x, w: lax.conv_general_dilated_local(
        x, w, (1, 2), "VALID", (2, 3), dimension_numbers=NHWC),
        normal(2, 3, 5, 2), normal(2, 2, 12, 4)),
]  # fmt: skip

PATCHES: list[Program] = [
    program("patches", lambda lax, x: lax.conv_general_dilated_patches(
        x, (2, 3), (1, 2), "SAME"), normal(2, 3, 4, 5)),
    program("patches in another order", lambda lax, x: lax.conv_general_dilated_patches(
        x, (2, 3), (1, 1), [(1, 0), (0, 0)], (1, 2), (2, 1), ("NHCW", "WHIO", "CNHW")),
        normal(2, 4, 3, 5)),
]  # fmt: skip


@pytest.mark.parametrize(
    "p", compared(DOTS + NARROW + CONVOLUTIONS + PATCHES), ids=lambda p: p.name
)
def test_values(p: Program) -> None:
    same_value(p)


@pytest.mark.parametrize("p", compared(DOTS + CONVOLUTIONS + PATCHES), ids=lambda p: p.name)
def test_derivatives(p: Program) -> None:
    wide = p.name == "in complex numbers"  # it asks for a dtype
    same_derivatives(p, skip=("float32",) if wide else ())


def test_sixteen_bits_add_up_in_thirty_two() -> None:
    x = from_numpy(np.full(1000, 1.01, ml_dtypes.bfloat16))
    y = ox.lax.dot(x, x, preferred_element_type=np.float32)
    assert y.dtype == np.float32
    np.testing.assert_allclose(float(y), 1000 * float(x[0]) ** 2, rtol=1e-5)


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=3),
    st.data(),
    st.sampled_from(["SAME", "VALID", "SAME_LOWER", "same"]),
)
def test_words_for_padding(extents: list[int], data: Any, word: str) -> None:
    few = st.lists(st.integers(1, 5), min_size=len(extents), max_size=len(extents))
    window, strides = data.draw(few), data.draw(few)
    want = jax.lax.padtype_to_pads(extents, window, strides, word)
    assert ox.lax.padtype_to_pads(extents, window, strides, word) == want


def test_dimension_numbers() -> None:
    for numbers in (None, NHWC, NCHW, MIXED, ox.lax.ConvDimensionNumbers(*[(0, 3, 1, 2)] * 3)):
        theirs = numbers
        if isinstance(numbers, ox.lax.ConvDimensionNumbers):
            theirs = jax.lax.ConvDimensionNumbers(*numbers)
        got = ox.lax.conv_dimension_numbers((1, 2, 3, 4), (4, 3, 2, 1), numbers)
        assert tuple(got) == tuple(jax.lax.conv_dimension_numbers((1,) * 4, (1,) * 4, theirs))
    for numbers in (NHWC, NCHW, MIXED):
        want = jax.lax.conv_general_permutations(numbers)
        assert ox.lax.conv_general_permutations(numbers) == want


@pytest.mark.parametrize("padding", ["SAME", "VALID", [(1, 2), (0, 1)]])
def test_shapes(padding: Any) -> None:
    lax, x, w, strides = ox.lax, (8, 3, 9, 7), (6, 3, 3, 2), (2, 1)
    want = jax.lax.conv_shape_tuple(x, w, strides, padding, 2)
    assert lax.conv_shape_tuple(x, w, strides, padding, 2) == want
    for name in ("conv_general_shape_tuple", "conv_transpose_shape_tuple"):
        want = getattr(jax.lax, name)(x, w, strides, padding, MIXED)
        got = getattr(lax, name)(x, w, strides, padding, MIXED)
        assert got == tuple(map(int, want))


@pytest.mark.parametrize("precision", [
    None, "default", "high", "highest", "float32", "tensorfloat32", ("high", None),
    ox.lax.Precision.HIGHEST, (ox.lax.Precision.DEFAULT, ox.lax.Precision.HIGH),
])  # fmt: skip
def test_every_precision_is_exact(precision: Any) -> None:
    x = from_numpy(M)
    y = ox.lax.dot(x, from_numpy(N), precision=precision)
    np.testing.assert_allclose(y, M @ N, rtol=1e-14)
