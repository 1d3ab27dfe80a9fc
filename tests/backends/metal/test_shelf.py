"""What the tuned texts compute on the device metal, in programs that leave the host nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import oxmlx as ox
import oxmlx.numpy as np_
from oxmlx import emulate, lax
from oxmlx.backends.metal import contract, split
from oxmlx.backends.metal.backend import Metal
from oxmlx.backends.metal.contract import product_of
from oxmlx.backends.metal.gpu import Gpu
from oxmlx.backends.metal.shelf import name_of
from oxmlx.errors import FallbackError
from oxmlx.ir.evaluate import Executable
from oxmlx.ir.jaxpr import Eqn
from oxmlx.ir.plan import Library, Plan
from oxmlx.ops.sort import TopK

pytestmark = pytest.mark.clang


@pytest.fixture(autouse=True)
def on_metal() -> Iterator[None]:
    """Nothing runs on the host."""
    with ox.default_device("metal"), ox.config.context(fallback="error"):
        yield


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the texts that are loaded."""
    names: list[str] = []
    load = Metal.load

    def noted(self: Metal, plan: Plan) -> Executable:
        names.extend(s.name for s in plan.steps if isinstance(s, Library))
        return load(self, plan)

    monkeypatch.setattr(Metal, "load", noted)
    return names


def random(*shapes: tuple[int, ...], dtype: Any = "float32") -> list[np.ndarray]:
    rng = np.random.default_rng(sum(map(sum, shapes)))
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def agree(spec: str, x: np.ndarray, y: np.ndarray) -> None:
    """With the sum in doubles, within what as many roundings may add up to."""
    got = np.asarray(ox.jit(lambda x, y: np_.einsum(spec, x, y))(x, y))
    wide = [v.astype("float64") for v in (x, y)]
    want, size = np.einsum(spec, *wide), np.einsum(spec, *map(np.abs, wide))
    assert got.dtype == x.dtype
    unit = 2.0**-8 * np.abs(want) if x.dtype.itemsize == 2 else 0
    assert (np.abs(got.astype("float64") - want) <= 1e-6 * size + unit).all()


PRODUCTS = [
    ("ik,kj->ij", (70, 33), (33, 90), "gemm"),
    ("ki,kj->ij", (33, 70), (33, 9), "gemm"),
    ("ik,jk->ij", (7, 33), (90, 33), "gemm"),
    ("ki,jk->ji", (5, 6), (7, 5), "gemm"),
    ("bhqd,bhkd->bhqk", (2, 3, 5, 8), (2, 3, 7, 8), "gemm"),
    ("bqhd,bkhd->bhqk", (2, 5, 3, 8), (2, 7, 3, 8), "gemm"),
    ("bqhd,bhdk->bqhk", (2, 5, 3, 8), (2, 3, 8, 11), "gemm"),
    ("bthd,hdo->bto", (2, 5, 3, 4), (3, 4, 9), "gemm"),
    ("ik,jk->ij", (1, 50), (70, 50), "gemv"),
    ("ik,jk->ij", (70, 50), (3, 50), "gemv"),
    ("k,k->", (1000,), (1000,), "gemv"),
    ("ik,kj->ij", (2, 50), (50, 70), "gemv_columns"),
    ("ki,kj->ij", (50, 70), (50, 4), "gemv_columns"),
    ("ik,jk->ij", (4, 3), (70, 3), "gemv_columns"),
    ("bchw,oc->bohw", (2, 7, 3, 4), (9, 7), "gemm"),
    ("bchw,docw->bdohw", (2, 7, 3, 1), (5, 9, 7, 1), "gemv_columns"),
    ("ika,kjb->aibj", (5, 7, 6), (7, 9, 8), "gemm"),
    ("bk,bjk->bj", (3, 50), (3, 9, 50), "gemv"),
]


@pytest.mark.parametrize(("spec", "x", "y", "name"), PRODUCTS)
def test_products(
    spec: str, x: tuple[int, ...], y: tuple[int, ...], name: str, named: list[str]
) -> None:
    agree(spec, *random(x, y))
    assert named == [name]


@pytest.mark.parametrize(("dtype", "short"), [(ml_dtypes.bfloat16, "bf16"), ("float16", "f16")])
@pytest.mark.parametrize(("spec", "x", "y", "name"), PRODUCTS)
def test_products_of_16_bits(
    spec: str,
    x: tuple[int, ...],
    y: tuple[int, ...],
    name: str,
    dtype: Any,
    short: str,
    named: list[str],
) -> None:
    agree(spec, *random(x, y, dtype=dtype))
    assert named == [f"{name.replace('gemv_columns', 'gemm')}_{short}"]


@pytest.mark.parametrize(
    ("spec", "x", "y", "launches"),
    [
        ("k,k->", (9000,), (9000,), 3),
        ("k,k->", (8192,), (8192,), 2),
        ("ki,kj->ij", (9000, 7), (9000, 9), 3),
        ("ki,kj->ij", (9000, 9), (9000, 3), 3),
        ("ik,jk->ij", (70, 9000), (3, 9000), 3),
        ("bk,bjk->bj", (3, 8200), (3, 2, 8200), 3),
        ("abk,abjk->abj", (2, 3, 4100), (2, 3, 2, 4100), 1),
    ],
)
def test_many_terms_are_split(
    spec: str, x: tuple[int, ...], y: tuple[int, ...], launches: int, device: Gpu
) -> None:
    before = device.dispatches
    agree(spec, *random(x, y))
    assert device.dispatches == before + launches


def test_terms_are_not_split_into_more_than_are_of_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "ENOUGH", 3)
    x, y = random((30000,), (30000,))
    eqn = ox.make_jaxpr(np_.dot)(x, y).eqns[-1]
    product = product_of(eqn)
    assert product is not None
    halves = split.Split(product, eqn.outputs[0].aval)
    assert halves.parts.shape == (1, 3)
    np.testing.assert_allclose(halves([x, y])[0], x.astype("float64") @ y, rtol=1e-5)


@pytest.mark.parametrize("spec", ["ik,kj->ij", "jk,ki->ji", "ki,jk->ij"])
def test_a_long_product_is_several_launches(
    spec: str, device: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract, "MOST", 1)
    sizes = {"i": 150, "j": 170, "k": 6}
    before = device.dispatches
    agree(spec, *random(*(tuple(sizes[a] for a in part) for part in spec[:5].split(","))))
    assert device.dispatches == before + 3


def test_a_chip_of_apple_has_simdgroup_matrices(
    device: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    for chip, has in (("Apple M1", True), ("Apple Paravirtual device", False)):
        info = device.metal.get_devices()[0]._replace(deviceName=chip)
        monkeypatch.setattr(device.metal, "get_devices", lambda info=info: (info,))
        assert contract.multiplies_matrices() == has
        device.functions.clear()
        agree("ik,kj->ij", *random((70, 33 + has), (33 + has, 90)))
        assert [name for _, name in device.functions] == ["gemm_simdgroup" if has else "gemm"]


def test_gradients_of_a_layer() -> None:
    x, w = random((6, 20), (20, 9))
    got = ox.jit(ox.grad(lambda w, x: np_.sum(np_.sin(x @ w))))(w, x)
    wide = [v.astype("float64") for v in (x, w)]
    want = wide[0].T @ np.cos(wide[0] @ wide[1])
    np.testing.assert_allclose(np.asarray(got), want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("shape", "axis"), [((5,), 0), ((3, 1301), 1), ((7, 50, 2), 1)])
def test_scans(shape: tuple[int, ...], axis: int, reverse: bool, named: list[str]) -> None:
    (x,) = random(shape)
    got = np.asarray(ox.jit(lambda x: lax.cumsum(x, axis, reverse))(x))
    flip = (slice(None),) * axis + (slice(None, None, -1 if reverse else 1),)
    want, size = (np.cumsum(v[flip], axis, "float64")[flip] for v in (x, np.abs(x)))
    assert (np.abs(got - want) <= 1e-6 * size).all()
    assert named == ["scan"]


@pytest.mark.parametrize("shape", [(2**18,), (3, 2**18 + 5), (2, 2, 2**9, 2**9 + 1)])
def test_long_sums(shape: tuple[int, ...], named: list[str]) -> None:
    (x,) = random(shape)
    axes = tuple(range(len(shape) // 2, len(shape)))
    got = np.asarray(ox.jit(lambda x: np_.sum(np_.sin(x) + 1, axes))(x))
    want = np.sum(np.sin(x, dtype="float64") + 1, axes)
    np.testing.assert_allclose(got, want, rtol=3e-7)
    assert named == ["sum_rows_partial"]


@pytest.mark.parametrize(("shape", "axis"), [((2**18, 2), 0), ((17, 2**18), 1), ((2**17,), 0)])
def test_other_sums_have_kernels(shape: tuple[int, ...], axis: int, named: list[str]) -> None:
    x = np.ones(shape, "float32")
    assert (np.asarray(ox.jit(lambda x: np_.sum(x, axis))(x)) == shape[axis]).all()
    assert named == []


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("dtype", ["int32", "uint32"])
def test_scans_of_integers(dtype: str, reverse: bool, named: list[str]) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, np.iinfo(dtype).max, (3, 1300), dtype)
    way = slice(None, None, -1 if reverse else 1)
    want = np.cumsum(x[:, way], 1, dtype)[:, way]
    got = ox.jit(lambda x: lax.cumsum(x, 1, reverse))(x)
    np.testing.assert_array_equal(np.asarray(got), want)
    assert named == ["scan_int"]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "int32", "uint32"])
@pytest.mark.parametrize(("shape", "axis"), [((7,), 0), ((3, 1301), 1), ((5, 70, 2), 1)])
def test_products_so_far(
    shape: tuple[int, ...], axis: int, dtype: str, reverse: bool, named: list[str]
) -> None:
    """Those of these floats would be 0 on the way, were they no more than floats."""
    rng = np.random.default_rng(0)
    x = (2 * rng.integers(0, 50, shape) + 1).astype(dtype)
    if dtype == "float32":
        x = np.exp(rng.normal(size=shape) * 2).astype("float32")
    way = (slice(None),) * axis + (slice(None, None, -1 if reverse else 1),)
    wide = "float64" if dtype == "float32" else dtype
    with np.errstate(all="ignore"):
        want = np.cumprod(x[way], axis, wide)[way]
        got = np.asarray(ox.jit(lambda x: lax.cumprod(x, axis, reverse))(x))
        assert got.dtype == x.dtype
        np.testing.assert_allclose(got, want.astype(dtype), rtol=1e-4, atol=2e-38)
    assert named == ["scan_product" if dtype == "float32" else "scan_product_int"]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "int32", "uint32"])
@pytest.mark.parametrize("least", [False, True])
def test_largest_and_least_so_far(least: bool, dtype: str, reverse: bool, named: list[str]) -> None:
    x = np.random.default_rng(0).permutation(3 * 1300).reshape(3, 1300).astype(dtype)
    if dtype == "float32":
        x[0, 700], x[1, 3], x[2, 9], x[2, 8] = np.nan, np.inf, -np.inf, -np.nan
    scan, numpys = (lax.cummin, np.minimum) if least else (lax.cummax, np.maximum)
    way = slice(None, None, -1 if reverse else 1)
    got = ox.jit(lambda x: scan(x, 1, reverse))(x)
    np.testing.assert_array_equal(np.asarray(got), numpys.accumulate(x[:, way], 1)[:, way])
    assert named == ["scan_max"]


SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5, -2.5, 1e-45, -np.nan], "float32")


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint32"])
@pytest.mark.parametrize(
    ("shape", "axis"), [((7,), 0), ((3, 301), 1), ((5, 40, 3), 1), ((9000,), 0)]
)
def test_sorts(shape: tuple[int, ...], axis: int, dtype: str, named: list[str]) -> None:
    rng = np.random.default_rng(len(shape))
    x = rng.integers(0, 50, shape).astype(dtype)
    if dtype == "float32":
        x = np.where(x < 20, x - 10, rng.choice(SPECIAL, shape)).astype(dtype)
    order, values = ox.jit(lambda x: (np_.argsort(x, axis), np_.sort(x, axis)))(x)
    want = np.argsort(x, axis, kind="stable")
    np.testing.assert_array_equal(np.asarray(order), want)
    sorted_ = np.take_along_axis(x, want, axis)
    np.testing.assert_array_equal(np.asarray(values).view("uint32"), sorted_.view("uint32"))
    assert set(named) == {"sort"}


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint32"])
@pytest.mark.parametrize(
    ("shape", "axis", "k"), [((7,), 0, 7), ((3, 301), 1, 5), ((5, 40, 3), 1, 1), ((5000,), 0, 50)]
)
def test_the_largest(
    shape: tuple[int, ...], axis: int, k: int, dtype: str, named: list[str]
) -> None:
    rng = np.random.default_rng(len(shape))
    x = rng.integers(0, 50, shape).astype(dtype)
    if dtype == "float32":
        x = np.where(x < 20, x - 10, rng.choice(SPECIAL, shape)).astype(dtype)
    got = ox.jit(lambda x: lax.top_k(x, k, axis=axis))(x)
    for a, want in zip(got, TopK(k, axis).impl(x), strict=True):
        a = np.asarray(a)
        assert a.dtype == want.dtype
        np.testing.assert_array_equal(a.view("uint32"), want.view("uint32"))
    assert named == ["sort"]


def test_several_operands_are_sorted_by_one() -> None:
    x, y, z = (np.random.default_rng(k).integers(0, 9, (4, 33)).astype("int32") for k in range(3))
    got = ox.jit(lambda *xs: lax.sort(xs, 1))(x, y, z)
    order = np.argsort(x, 1, kind="stable")
    for a, b in zip(got, (x, y, z), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.take_along_axis(b, order, 1))


@pytest.mark.parametrize(
    "mode",
    [
        *({"instrumented": True}, {"groups": 1}, {"order": "random", "fast_math": True}),
        {"threads_limit": 64},
    ],
)
def test_however_they_are_run(mode: dict[str, Any]) -> None:
    def f(x: Any, w: Any) -> Any:
        y = np_.cumsum(x @ w, 0)
        return np_.sort(y, 1) @ w.T

    x, w = random((70, 20), (20, 65))
    with emulate.mode(**mode):
        got = np.asarray(ox.jit(f)(x, w))
    wide = [v.astype("float64") for v in (x, w)]
    want = np.sort(np.cumsum(wide[0] @ wide[1], 0), 1) @ wide[1].T
    np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.astype(ox.int32) @ x.astype(ox.int32).T,
        lambda x: np_.cumsum(x.astype(ox.int8)),
        lambda x: lax.cumprod(x.astype(ox.float16), 0),
        lambda x: lax.cumlogsumexp(x, 0),
        lambda x: lax.top_k(x.astype(ox.int8), 2),
        lambda x: np_.sort(x.astype(ox.int8), 0),
        lambda x: lax.sort((x, x), 0, num_keys=2),
        lambda x: np_.einsum("kal,lkj->aj", x.reshape(2, 3, 6), np_.ones((6, 2, 5))),
    ],
)
def test_what_has_no_text(f: Any) -> None:
    (x,) = random((6, 6))
    with pytest.raises(FallbackError):
        ox.jit(f)(x)
    with ox.config.context(fallback="host"):
        ox.jit(f)(x)


def test_what_is_empty_has_no_text() -> None:
    with ox.config.context(fallback="host"):
        assert (
            np.asarray(ox.jit(lambda x: x @ x.T)(np.zeros((3, 0), "float32"))).tolist()
            == [[0] * 3] * 3
        )
        assert np.asarray(ox.jit(np_.cumsum)(np.zeros(0, "float32"))).shape == (0,)
        assert np.asarray(ox.jit(np_.sort)(np.zeros(0, "float32"))).shape == (0,)


def test_a_text_that_metal_refuses(device: Gpu, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(text: str) -> Any:
        raise device.metal.error("metal", "refused")

    device.functions.clear()
    monkeypatch.setattr(device.device, "kernel", refuse)
    f, (x, y) = ox.jit(np_.matmul), random((70, 12), (12, 80))
    with pytest.raises(FallbackError, match=r"`dot_general.*` would run on the host: .*refuse"):
        f(x, y)
    with (
        ox.config.context(fallback="host"),
        pytest.warns(RuntimeWarning, match=r"dot_general runs on the host, .* slow: .*refuse"),
    ):
        np.testing.assert_allclose(np.asarray(f(x, y)), x @ y, rtol=1e-5, atol=1e-5)
    with pytest.raises(FallbackError, match="would run on the host"):
        f(x, y)


def test_arrays_that_an_index_cannot_count_have_no_text() -> None:
    eqns: list[Eqn] = []
    for n in (2**20, 2**22):
        x = ox.eval_shape(lambda n=n: np_.zeros((n, 1000), "float32"))
        closed = ox.make_jaxpr(lambda x: np_.cumsum(x, 1))(x)
        eqns.append(closed.eqns[-1])
    assert [name_of(e) for e in eqns] == ["scan", ""]


def test_powers_of_two_that_an_int_cannot_count_have_no_text() -> None:
    names: list[str] = []
    for n in (2**24, 2**24 + 1):
        x = ox.eval_shape(lambda n=n: np_.zeros(n, "float32"))
        names.append(name_of(ox.make_jaxpr(lambda x: lax.cumprod(x, 0))(x).eqns[-1]))
    assert names == ["scan_product", ""]
