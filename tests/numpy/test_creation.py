"""Creation and grids against jax.numpy."""

import numpy as np
import pytest
from numpy_oracle import Case, Data, Of, laws

import oxmlx as ox
import oxmlx.numpy as onp

data = Data(6)
V, X, K, Z = data(3), data(3, 4), data(3, 4, kind="i"), data(3, 4, kind="c")

DTYPES = ["float16", "bfloat16", "int8", "uint32", "bool", "complex64"]

CASES = [
    *(Case(name, shape) for name in ("zeros", "ones", "empty") for shape in (3, (), (2, 0, 3))),
    *(Case(name, (2, 3), dtype) for name in ("zeros", "ones") for dtype in DTYPES),
    *(Case(f"{name}_like", x) for name in ("zeros", "ones", "empty") for x in (X, K, Z)),
    *(Case(f"{name}_like", X, "int8", (2,)) for name in ("zeros", "ones")),
    Case("full", (2, 3), 1.5),
    Case("full", (2, 3), 7),
    Case("full", (2, 3), True),
    Case("full", (2, 3), V),
    Case("full", (2, 3), 2, "float16"),
    Case("full_like", K, 2.7),
    Case("full_like", X, V[:, None]),
    Case("full_like", X, 1, dtype=bool, shape=(2,)),
    *(Case("eye", 3, 4, k) for k in (-1, 0, 2)),
    Case("eye", 2, dtype="int8"),
    Case("eye", 3, k=Of(lambda xp: xp.array(1))),
    Case("identity", 3),
    Case("tri", 3, 4, 1),
    Case("tri", 2, dtype="bool"),
    Case("arange", 5),
    Case("arange", 2, 9, 3),
    Case("arange", 5, 0, -2),
    Case("arange", 0.0, 1.0, 0.3, types=False),
    Case("arange", 0.0, 1.0, 0.3, "float32"),
    Case("arange", 5, dtype="float16"),
    Case("arange", 5.5),
    Case("arange", 0),
    Case("linspace", 0, 1, 5, types=False),
    Case("linspace", V, 2 * V, 4),
    Case("linspace", V, 2, 4, endpoint=False, axis=-1),
    Case("linspace", X, 1.0, 3, axis=1, retstep=True),
    Case("linspace", 0, 10, 5, dtype="int32"),
    Case("linspace", V, V, 1),
    Case("linspace", V, V + 1, 0),
    Case("linspace", V, V + 1, 1, retstep=True, grad=False),
    Case("linspace", Z, 1j, 3),
    Case("logspace", V, 2.0, 4),
    Case("logspace", V, 2.0, 4, base=2, endpoint=False, axis=1),
    Case("geomspace", 1 + V * V, 9.0, 5),
    Case("geomspace", -1 - V * V, -9.0, 3, endpoint=False),
    Case("meshgrid", V, X[0], data(2)),
    Case("meshgrid", V, X[0], indexing="ij", sparse=True),
    Case("meshgrid", V),
    Case("indices", (2, 3)),
    Case("indices", (2, 3), "float32", sparse=True),
    Case("fromfunction", Of(lambda xp: lambda i, j: i * 10 + j), (2, 3), dtype=int, types=False),
    Case("fromfunction", Of(lambda xp: lambda i, j: xp.sin(i) + j), (2, 3), dtype="float32"),
    Case("copy", X),
    Case("astype", X, "float32", types=False, grad=False),
    Case("astype", 300 * X, "int8"),
    Case("astype", K, "bool"),
    Case("astype", Z, "bool"),
    Case("array", [[V, V + 1], [V, 2 * V]]),
    Case("array", [V[0], 2.5, 3]),
    Case("array", [[1, 2], [3, 4]], types=False),
    Case("array", X, ndmin=4),
    Case("asarray", [[1, 2.5]], "float16"),
    Case("asarray", X),
    Case("frombuffer", b"\x01\x02\x03\x04\x05\x06\x07\x08", "uint16", 2, 2),
    Case("fromstring", "1,2,3", dtype="float32", sep=","),
    Case("r_.__getitem__", (slice(1, 4), 0, V)),
    Case("r_.__getitem__", ("0,2", V, V)),
    Case("r_.__getitem__", ("r", V, V)),
    Case("r_.__getitem__", ("0,3,0", V, V)),
    Case("r_.__getitem__", (slice(0, 1, 5j), 2), types=False),
    Case("c_.__getitem__", (V, 2 * V)),
    Case("c_.__getitem__", (X, V[:, None])),
    Case("mgrid.__getitem__", (slice(0, 3), slice(1, 3))),
    Case("mgrid.__getitem__", slice(0, 1, 4j), types=False),
    Case("mgrid.__getitem__", (slice(0, 3), slice(0, 1, 3j)), types=False),
    Case("ogrid.__getitem__", (slice(0, 3), slice(1, 9, 2))),
]

test_values, test_types, test_vmap = laws(CASES)

NARROW = [
    ("arange", (0.0, 1.0, 0.3)),
    ("linspace", (0, 1, 5)),
    ("array", ([[1, 2], [3, 4]],)),
    ("array", ([1.5, 2],)),
    ("asarray", ([True, False],)),
    ("hanning", (5,)),
]


@pytest.mark.parametrize(("name", "args"), NARROW)
def test_64_bits_never_arise_by_themselves(name: str, args: tuple) -> None:
    assert getattr(onp, name)(*args).dtype in (np.float32, np.int32, np.bool_)


def test_ranges_are_exact_where_64_bits_are_asked_for() -> None:
    np.testing.assert_array_equal(onp.arange(0.1, 1, 0.3, "float64"), 0.1 + 0.3 * np.arange(3))
    np.testing.assert_allclose(
        onp.linspace(0.1, 0.7, 4, dtype="float64"), np.linspace(0.1, 0.7, 4), rtol=1e-15
    )
    big = onp.arange(2**62, 2**62 + 3, dtype="int64")
    assert big.tolist() == [2**62, 2**62 + 1, 2**62 + 2]


def test_16_bit_ranges_count_in_32_bits() -> None:
    assert onp.arange(4000, dtype="bfloat16")[-1].item() == 4000  # rounded once
    assert onp.linspace(0, 1, 3001, dtype="float16")[-2].item() == np.float16(2999 / 3000)


@pytest.mark.parametrize("make", [lambda: onp.fromiter(range(3), int), lambda: onp.arange(3)])
def test_ways_to_the_same_array(make) -> None:
    assert make().tolist() == [0, 1, 2] and make().dtype == np.int32


def test_a_file_of_numbers(tmp_path) -> None:
    np.arange(5, dtype=np.float32).tofile(tmp_path / "raw")
    assert onp.fromfile(tmp_path / "raw", "float32").tolist() == [0, 1, 2, 3, 4]


def test_devices_of_new_arrays() -> None:
    device = ox.devices()[0]
    made = [
        onp.zeros(2, device=device),
        onp.arange(3, device=str(device)),
        onp.eye(2, device=device),
    ]
    made += [onp.full(2, 1.0, device=device), onp.linspace(0, 1, 3, device=device)]
    assert {x.device for x in made} == {device}


def test_index_expressions() -> None:
    assert onp.s_[1:3, ::2] == (slice(1, 3), slice(None, None, 2)) == onp.index_exp[1:3, ::2]
    assert repr(onp.r_) == "r_" and repr(onp.ogrid) == "ogrid"
