"""Training states: every leaf bit for bit, and a resumed run equal to an uninterrupted one."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
import pytest
import safetensors
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from raw_safetensors import on_files

import oxmlx as ox
from oxmlx import tree
from oxmlx.dtypes import KEY_DTYPES, SCALAR_TYPES
from oxmlx.errors import StateDictError
from oxmlx.io import counters, load, load_state, safe_open, save_state
from oxmlx.ir.array import Array
from oxmlx.ops.convert import from_numpy


def bits(leaf: Any) -> Any:
    """All that there is to know of a leaf."""
    if isinstance(leaf, Array):
        return "Array", repr(leaf.aval), leaf.aval.weak, leaf.buffer.tobytes()
    if isinstance(leaf, np.ndarray | np.generic):
        return type(leaf), leaf.dtype, leaf.shape, leaf.tobytes()
    if isinstance(leaf, float):
        return type(leaf), struct.pack("<d", leaf)
    if isinstance(leaf, complex):
        return type(leaf), struct.pack("<2d", leaf.real, leaf.imag)
    return type(leaf), leaf


def assert_same(got: Any, wanted: Any) -> None:
    assert tree.structure(got) is tree.structure(wanted)
    assert list(map(bits, tree.leaves(got))) == list(map(bits, tree.leaves(wanted)))


def there_and_back(state: Any, template: Any = None) -> Any:
    def run(folder: Path) -> Any:
        save_state(folder / "state", state)
        return load_state(folder / "state", state if template is None else template)

    return on_files({}, run)


def random_bits(dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray:
    n = int(np.prod(shape)) * dtype.itemsize
    raw = np.random.default_rng(0).integers(0, 256, n, dtype=np.uint8)
    return (raw & 1 if dtype.kind == "b" else raw).view(dtype).reshape(shape)


DTYPES = [*(t.dtype for t in SCALAR_TYPES), *KEY_DTYPES.values()]
SHAPES: list[tuple[int, ...]] = [(), (0,), (3,), (2, 0, 3), (2, 3, 5)]
KEY = random_bits(KEY_DTYPES["threefry"], ())

PYTHON: list[Any] = [
    *(0, -1, 2**63, -(2**200), 10**5000, True, False),
    *(0.0, -0.0, 0.1, 5e-324, math.inf, -math.inf, math.nan, -math.nan),
    struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000123))[0],
    *(1j, complex(-0.0, math.nan), complex(math.inf, -0.0)),
]


def test_every_array(tmp_path: Path) -> None:
    arrays = [from_numpy(random_bits(d, shape)) for d in DTYPES for shape in SHAPES]
    save_state(tmp_path / "x", arrays)
    before = counters.bytes_copied
    assert_same(load_state(tmp_path / "x", arrays), arrays)
    assert counters.bytes_copied == before


def test_numpy_arrays_stay_numpys_and_can_be_written_to() -> None:
    arrays = [random_bits(d, shape) for d in DTYPES for shape in SHAPES]
    scalars = [np.float64(0.1), np.int64(2**53 - 1), np.bool_(True), ml_dtypes.bfloat16(1.5)]
    back = there_and_back([arrays, scalars])
    assert_same(back, [arrays, scalars])
    assert all(x.flags.writeable for x in back[0])


def test_python_numbers() -> None:
    assert_same(there_and_back(PYTHON), PYTHON)


def test_weak_arrays_stay_weak() -> None:
    weak = [ox.device_put(1.5), ox.device_put(3) * 2]
    assert [x.aval.weak for x in weak] == [True, True]
    assert_same(there_and_back(weak), weak)


class Adam(NamedTuple):
    count: Any
    mu: Any
    nu: Any


def test_none_and_empty_nodes() -> None:
    state = {"ema": None, "empty": [], "opt": (Adam(0, {}, None), ()), "w": np.ones(1)}
    assert_same(there_and_back(state), state)
    assert_same(there_and_back({}), {})
    assert_same(there_and_back(None), None)
    assert_same(there_and_back(7), 7)


def test_the_template_says_types_not_values() -> None:
    key = from_numpy(KEY)
    state = {"w": ox.device_put(np.arange(3, dtype=np.float32)), "step": 7, "rng": key}
    shapes = {
        "w": ox.ShapeDtypeStruct((3,), "float32"),
        "step": 0,
        "rng": from_numpy(np.zeros((), KEY_DTYPES["threefry"])),
    }
    assert_same(there_and_back(state, shapes), state)
    weak_or_numpy = {"w": np.zeros(3, np.float32), "step": -1, "rng": key}
    assert_same(there_and_back(state, weak_or_numpy), state)


def test_two_types_of_keys_are_two() -> None:
    old = from_numpy(random_bits(KEY_DTYPES["threefry_legacy"], (2,)))
    new = from_numpy(random_bits(KEY_DTYPES["threefry"], (2,)))
    assert_same(there_and_back([old, new]), [old, new])
    with pytest.raises(
        StateDictError, match=r"key<threefry_legacy>\[2\], wanted key<threefry>\[2\]"
    ):
        there_and_back([old], [new])


def test_metadata_and_what_others_see(tmp_path: Path) -> None:
    state = {"w": np.ones(2, np.float32), "step": 7, "rng": from_numpy(KEY)}
    save_state(tmp_path / "x.safetensors", state, {"run": "a"})
    assert safe_open(tmp_path / "x.safetensors").metadata()["run"] == "a"
    theirs = dict(safetensors.deserialize((tmp_path / "x.safetensors").read_bytes()))
    assert {name: (x["dtype"], x["shape"]) for name, x in theirs.items()} == {
        "rng": ("U32", [2]),
        "w": ("F32", [2]),
    }
    assert load(tmp_path / "x.safetensors")["rng"].tolist() == list(KEY.item())


def test_equal_states_give_equal_bytes(tmp_path: Path) -> None:
    state = {"b": 1, "a": [ox.device_put(1.0), 0.5], "rng": from_numpy(KEY)}
    save_state(tmp_path / "x", state, {"k": "v"})
    save_state(tmp_path / "y", dict(reversed(state.items())), {"k": "v"})
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()


ARRAYS = hnp.arrays(
    st.sampled_from([np.dtype(c) for c in ("?", "i1", "<i8", "<f2", "<f4", "<f8", "<c8", "<c16")]),
    hnp.array_shapes(min_dims=0, min_side=0, max_side=3),
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | ARRAYS
    | ARRAYS.map(from_numpy)
)
STATES = st.recursive(
    LEAVES,
    lambda x: (
        st.lists(x, max_size=3)
        | st.dictionaries(st.text("ab", min_size=1, max_size=2), x, max_size=3)
        | st.builds(Adam, x, x, x)
    ),
)


@given(STATES)
def test_random_states(state: Any) -> None:
    assert_same(there_and_back(state), state)


# Resuming


def first_state() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    w = ox.device_put(rng.standard_normal((3, 4)).astype(np.float32))
    params = {"w": w, "b": ox.device_put(rng.standard_normal(4).astype(ml_dtypes.bfloat16))}
    return {
        "params": params,
        "opt": Adam(ox.device_put(np.int32(0)), tree.map(lambda x: x * 0, params), None),
        "lr": 0.1,
        "step": 0,
        "rng": from_numpy(KEY),
    }


def update(state: dict[str, Any], x: Any) -> dict[str, Any]:
    """One step of descent with momentum on 1/2 |x w + b|^2, with a decaying learning rate."""
    rows, columns = (ox.device_put(np.ones(n, np.float32)) for n in (5, 4))

    def loss(params: Any) -> Any:
        y = x @ params["w"] + params["b"].astype("float32")
        return rows @ (y * y) @ columns * 0.5

    grads = ox.grad(loss)(state["params"])
    count, mu, _ = state["opt"]
    mu = tree.map(lambda m, g: m * 0.9 + g, mu, grads)
    params = tree.map(lambda p, m: p - m * state["lr"], state["params"], mu)
    opt = Adam(count + 1, mu, None)
    return {
        **state,
        "params": params,
        "opt": opt,
        "lr": state["lr"] * 0.9,
        "step": state["step"] + 1,
    }


def test_a_resumed_run_is_bit_equal_to_an_uninterrupted_one(tmp_path: Path) -> None:
    x = ox.device_put(np.random.default_rng(1).standard_normal((5, 3)).astype(np.float32) * 0.1)
    whole = first_state()
    for _ in range(10):
        whole = update(whole, x)
    parts = first_state()
    for _ in range(5):
        for _ in range(2):
            parts = update(parts, x)
        save_state(tmp_path / "state", parts)
        parts = load_state(tmp_path / "state", first_state())
    assert_same(parts, whole)
    assert whole["params"]["w"].tolist() != first_state()["params"]["w"].tolist()


def test_a_crash_leaves_the_last_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = first_state()
    save_state(tmp_path / "state", state)
    monkeypatch.setattr("os.replace", lambda *_: exec("raise KeyboardInterrupt"))
    with pytest.raises(KeyboardInterrupt):
        save_state(tmp_path / "state", update(state, ox.device_put(np.ones((5, 3), np.float32))))
    assert_same(load_state(tmp_path / "state", state), state)
