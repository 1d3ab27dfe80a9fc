"""Convolutions by the library: `impl` up to rounding, with bits that only the terms decide."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx import debug
from oxmlx.api.executable import plan_of
from oxmlx.backends.llvm import conv as library
from oxmlx.backends.llvm.backend import Cpu
from oxmlx.ir.aval import Aval
from oxmlx.ir.stage import stage
from oxmlx.ir.trace import bind
from oxmlx.ops.conv import ConvGeneral

BF16 = np.dtype(ml_dtypes.bfloat16)
ULP = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}


def ready(prim: ConvGeneral, *avals: Aval) -> library.Conv:
    """What the library has for it."""
    atoms = [SimpleNamespace(aval=a) for a in avals]
    out = SimpleNamespace(aval=prim.abstract(*avals))
    eqn: Any = SimpleNamespace(prim=prim, inputs=atoms, outputs=[out])
    assert library.name_of(eqn) == "conv"
    return library.Conv(eqn)


def layouts(x: np.ndarray) -> Iterator[np.ndarray]:
    """The same array, laid out in other ways."""
    yield x
    yield np.asfortranarray(x)
    yield np.repeat(x, 2, x.ndim - 1)[..., ::2]
    yield np.flip(np.flip(x).copy())
    yield np.moveaxis(np.moveaxis(x, -1, 1).copy(), 1, -1)
    odd = np.frombuffer(b"?" + x.tobytes(), np.uint8)[1:]
    yield odd.view(x.dtype).reshape(x.shape)


def agree(prim: ConvGeneral, x: np.ndarray, w: np.ndarray) -> None:
    """A sum of k products has the error of one for each of them, and is rounded in the end."""
    conv, wide = ready(prim, *(Aval(v.shape, v.dtype) for v in (x, w))), np.float64
    want, size = (
        prim.impl(a, b)
        for a, b in ((x.astype(wide), w.astype(wide)), (abs(x.astype(wide)), abs(w.astype(wide))))
    )
    sums = ULP["float64"] if x.dtype == wide else ULP["float32"]
    bound = size * (8 * np.sqrt(w[0].size) * sums + ULP[str(x.dtype)]) + 6e-8
    (got,) = conv([x, w])
    assert got.shape == want.shape and got.dtype == x.dtype
    assert (abs(got.astype(wide) - want) <= bound).all()
    for a, b in zip(layouts(x), reversed([*layouts(w)]), strict=True):
        assert conv([a, b])[0].tobytes() == got.tobytes()


@st.composite
def convolutions(draw: Any) -> tuple[ConvGeneral, tuple[int, ...], tuple[int, ...]]:
    """Any convolution, and the shapes of its operands."""
    rank, small = draw(st.integers(0, 3)), st.integers(1, 4)

    def each(values: Any) -> tuple[Any, ...]:
        return tuple(draw(values) for _ in range(rank))

    ends = st.tuples(st.integers(-2, 4), st.integers(-2, 4))
    groups = draw(st.sampled_from([(1, 1), (1, 1), (3, 1), (1, 2)]))
    dilations = each(st.integers(1, 2)), each(st.integers(1, 3))
    prim = ConvGeneral(each(small), each(ends), *dilations, *groups)
    channels, columns = draw(st.integers(1, 9)), draw(st.sampled_from([1, 3, 16, 17, 40]))
    x = draw(small) * prim.batch_groups, *each(st.integers(1, 14)), channels * prim.feature_groups
    return prim, x, (columns * prim.groups, *each(st.integers(1, 5)), channels)


@settings(max_examples=200)
@given(convolutions(), st.sampled_from(["float32", "float64", "float16", BF16]))
def test_any_convolution(case: Any, dtype: Any) -> None:
    prim, *shapes = case
    rng = np.random.default_rng(0)
    x, w = (rng.normal(size=s).astype(dtype) for s in shapes)
    if 0 not in prim.abstract(Aval(x.shape, x.dtype), Aval(w.shape, w.dtype)).shape:
        agree(prim, x, w)


def same(rank: int, window: int, **others: Any) -> ConvGeneral:
    """A convolution whose output is as large as its input."""
    ones = (1,) * rank
    fields = {"lhs_dilation": ones, "rhs_dilation": ones, **others}
    return ConvGeneral(ones, ((window // 2,) * 2,) * rank, **fields)


LARGE = {
    "pictures": (same(2, 3), (9, 28, 28, 3), (32, 3, 3, 3)),
    "one channel": (same(2, 5), (9, 28, 28, 1), (8, 5, 5, 1)),
    "many terms": (same(2, 5), (3, 9, 9, 64), (48, 5, 5, 64)),
    "one large picture": (same(2, 3), (1, 90, 90, 8), (16, 3, 3, 8)),
    "a row": (same(1, 9), (4, 900, 16), (24, 9, 16)),
    "groups": (same(2, 3, feature_groups=4), (5, 20, 20, 32), (64, 3, 3, 8)),
    "each channel": (same(2, 3, feature_groups=40), (5, 20, 20, 40), (40, 3, 3, 1)),
    "gradient of w": (same(2, 14), (8, 14, 14, 40), (32, 14, 14, 40)),
    "one column": (same(2, 5), (6, 28, 28, 32), (1, 5, 5, 32)),
}


@pytest.mark.parametrize("dtype", ["float32", BF16], ids=str)
@pytest.mark.parametrize("name", LARGE)
def test_large_ones_with_any_number_of_threads(name: str, dtype: Any) -> None:
    prim, *shapes = LARGE[name]
    rng = np.random.default_rng(0)
    x, w = (rng.normal(size=s).astype(dtype) for s in shapes)
    got: set[bytes] = set()
    for threads in (1, 2, 3):
        with ox.config.context(num_threads=threads):
            agree(prim, x, w)
            conv = ready(prim, *(Aval(v.shape, v.dtype) for v in (x, w)))
            got.add(conv([x, w])[0].tobytes())
    assert len(got) == 1


@pytest.mark.parametrize("unit", [(128, 16, False), (128, 32, True), (256, 16, True)], ids=str)
def test_any_vector_unit(unit: tuple[int, int, bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "vector_unit", lambda: unit)
    for text in (library.text_of, library.width_of):
        monkeypatch.setattr(library, text.__name__, text.__wrapped__)
    rng = np.random.default_rng(0)
    for dtype in ("float32", "float64", BF16):
        for columns in (3, 7, 40):
            x, w = rng.normal(size=(2, 9, 9, 5)), rng.normal(size=(columns, 3, 3, 5))
            agree(same(2, 3), x.astype(dtype), w.astype(dtype))


@pytest.mark.parametrize("argument", [0, 1])
def test_gradients_are_convolutions_too(argument: int) -> None:
    rng = np.random.default_rng(0)
    x, w = (rng.normal(size=s).astype(np.float32) for s in ((5, 12, 11, 3), (8, 3, 3, 3)))

    def loss(x: Any, w: Any) -> Any:
        y = ox.lax.conv_general_dilated(
            x, w, (2, 1), "SAME", dimension_numbers=("NHWC", "OHWI", "NHWC")
        )
        return (y * ox.numpy.cos(y)).sum()

    def gradient(device: str) -> np.ndarray:
        operands = [ox.device_put(v, device) for v in (x, w)]
        return np.asarray(ox.jit(ox.grad(loss, argument))(*operands))

    np.testing.assert_allclose(gradient("cpu"), gradient("reference"), rtol=1e-3, atol=1e-4)


def test_a_training_step_leaves_only_views_to_the_host() -> None:
    """What is computed, and then read with its axes in another order, is not copied for that."""

    def loss(x: Any, w: Any, v: Any) -> Any:
        numbers = ("NHWC", "OHWI", "NHWC")
        y = ox.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=numbers)
        y = ox.nn.relu(y)
        return (ox.lax.conv_general_dilated(y, v, (1, 1), "SAME", dimension_numbers=numbers)).sum()

    def program(x: Any, w: Any, v: Any) -> Any:
        return [*ox.grad(loss, (1, 2))(x, w, v)]

    shapes = (16, 16, 16, 1), (8, 3, 3, 1), (8, 3, 3, 8)
    avals = [Aval(s, np.dtype("float32")) for s in shapes]
    plan = plan_of(stage(program, avals)[0], Cpu(), strict=False)
    assert str(plan).count("library conv") == 4
    assert {e.prim.kind for e in plan.host_steps} == {"move"}
    large = [k for k in plan.kernels if "transpose" in k.name and k.outputs[0].shape[0] == 16]
    assert not large


def test_a_new_shape_compiles_nothing() -> None:
    rng = np.random.default_rng(0)
    compiled: list[int] = []
    for n, c, o in ((4, 3, 40), (9, 5, 33), (12, 8, 64)):
        x, w = rng.normal(size=(2, n, n + 1, c)), rng.normal(size=(o, 3, 3, c))
        agree(same(2, 3), x.astype(np.float32), w.astype(np.float32))
        compiled.append(debug.kernels_compiled("cpu"))
    assert compiled[1] == compiled[2]


def test_what_is_served() -> None:
    def name(dtype: Any, *shapes: tuple[int, ...]) -> str:
        x, w = (Aval(s, np.dtype(dtype)) for s in shapes)
        prim = same(2, 3)
        atoms = [SimpleNamespace(aval=a) for a in (x, w, prim.abstract(x, w))]
        eqn: Any = SimpleNamespace(prim=prim, inputs=atoms[:2], outputs=atoms[2:])
        return library.name_of(eqn)

    shapes = (2, 9, 9, 4), (8, 3, 3, 4)
    assert {name(d, *shapes) for d in ULP} == {"conv"}
    assert {name(d, *shapes) for d in ("int32", "complex64")} == {""}
    assert name("float32", (0, 9, 9, 4), (8, 3, 3, 4)) == ""
    assert name("float32", (2, 9, 9, 0), (8, 3, 3, 0)) == ""


@pytest.mark.parametrize("dtype", ["int8", "int32", "uint16"])
def test_integers_have_a_kernel(dtype: str) -> None:
    rng, prim = np.random.default_rng(0), same(2, 3, feature_groups=2)
    x, w = (rng.integers(0, 9, s).astype(dtype) for s in ((3, 9, 8, 6), (20, 3, 3, 3)))
    avals = [Aval(v.shape, v.dtype) for v in (x, w)]
    plan = plan_of(stage(lambda x, w: [bind(prim, x, w)], avals)[0], Cpu(), strict=False)
    assert not plan.host_steps
    np.testing.assert_array_equal(Cpu().load(plan)([x, w])[0], prim.impl(x, w))


def test_eager_jitted_and_strict_bits_agree() -> None:
    rng = np.random.default_rng(0)
    data = [rng.normal(size=s).astype(np.float32) for s in ((3, 4, 20, 20), (9, 4, 3, 3))]

    def f(x: Any, w: Any) -> Any:
        return ox.lax.conv_general_dilated(ox.numpy.tanh(x), w, (1, 1), "SAME")

    outs: list[Any] = []
    with ox.default_device("cpu"):
        x, w = map(ox.array, data)
        for strict in (False, True):
            with ox.config.context(strict=strict):
                outs += [f(x, w), ox.jit(f)(x, w)]
    assert len({np.asarray(y).tobytes() for y in outs}) == 1
