"""Safetensors: bits, views of the mapped file, and the `safetensors` package as the oracle."""

from __future__ import annotations

import gc
import json
import mmap
import os
import tracemalloc
import weakref
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from raw_safetensors import on_file, pack, tensor

import oxmlx as ox
from oxmlx.errors import ConcretizationError
from oxmlx.io import counters, load_safetensors, safe_open, save_safetensors
from oxmlx.io.header import DTYPES, NAMES
from oxmlx.ir.device import default_device
from oxmlx.ops.convert import from_numpy

SHAPES: list[tuple[int, ...]] = [(), (0,), (3,), (1, 1, 4), (2, 0, 3), (2, 3, 5)]


def random_bits(dtype: np.dtype[Any], shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """An array of all kinds of bits: NaN payloads, subnormals, infinities."""
    n = int(np.prod(shape)) * dtype.itemsize
    raw = np.random.default_rng(seed).integers(0, 256, n, dtype=np.uint8)
    return (raw & 1 if dtype.kind == "b" else raw).view(dtype).reshape(shape)


EVERYTHING = {
    f"{name}{list(shape)}": random_bits(dtype, shape)
    for name, dtype in DTYPES.items()
    for shape in SHAPES
}


def assert_same_bits(got: Any, wanted: np.ndarray) -> None:
    x = np.asarray(got)
    assert (x.dtype, x.shape) == (wanted.dtype, wanted.shape)
    assert x.tobytes() == wanted.tobytes()


def mapping_of(x: Any) -> mmap.mmap:
    """The mapped file in which the elements of an array lie; checked by address."""
    buffer = x.__array__()  # on Python 3.12, what np.asarray finds by __buffer__ hides its owner
    owner: Any = buffer
    while not isinstance(owner, mmap.mmap):
        owner = owner.obj if isinstance(owner, memoryview) else owner.base
    start = np.frombuffer(owner, np.uint8).__array_interface__["data"][0]
    low, high = np.lib.array_utils.byte_bounds(buffer)
    assert start <= low <= high <= start + len(owner)
    return owner


# Bits


def test_every_dtype_and_shape_comes_back(tmp_path: Path) -> None:
    save_safetensors(tmp_path / "x", EVERYTHING)
    loaded = load_safetensors(tmp_path / "x")
    assert loaded.keys() == EVERYTHING.keys()
    for name, x in EVERYTHING.items():
        assert_same_bits(loaded[name], x)


@pytest.mark.parametrize(
    "x",
    [
        np.array([2**53 - 1, -(2**53) + 1, 2**63 - 1], np.int64),
        np.array([16777217, 16777216], np.int32),
        np.array([0x7F81, 0xFFC1, 0x7FFF], np.uint16).view(ml_dtypes.bfloat16),
        np.array([0x7F800001, 0xFFFFFFFF], np.uint32).view(np.float32),
        np.array([5e-324, -0.0, np.inf]),
        np.array([2**64 - 1], np.uint64),
    ],
    ids=["i64", "i32", "bf16 nan", "f32 nan", "f64", "u64"],
)
def test_what_a_detour_would_lose(tmp_path: Path, x: np.ndarray) -> None:
    save_safetensors(tmp_path / "x", {"x": from_numpy(x)})
    assert_same_bits(load_safetensors(tmp_path / "x")["x"], x)
    ((_, found),) = safetensors.deserialize((tmp_path / "x").read_bytes())
    assert bytes(found["data"]) == x.tobytes()


def test_an_empty_map_and_metadata_only(tmp_path: Path) -> None:
    save_safetensors(tmp_path / "x", {})
    assert load_safetensors(tmp_path / "x") == {}
    save_safetensors(tmp_path / "x", {}, {"é": "\n\0"})
    assert safe_open(tmp_path / "x").metadata() == {"é": "\n\0"}
    with safetensors.safe_open(tmp_path / "x", "np") as theirs:
        assert theirs.metadata() == {"é": "\n\0"}


def test_strided_and_broadcast_arrays_are_saved_by_value(tmp_path: Path) -> None:
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    arrays = {
        "transposed": x.T,
        "backwards": x[::-1, ::2],
        "broadcast": np.broadcast_to(np.int16(3), (2, 5)),
    }
    save_safetensors(tmp_path / "x", arrays)
    for name, got in load_safetensors(tmp_path / "x").items():
        assert_same_bits(got, arrays[name])


def test_pending_arrays_are_computed_and_weak_ones_saved(tmp_path: Path) -> None:
    x = ox.device_put(np.arange(3, dtype=np.float32)) * 2 + 1
    weak = ox.device_put(1.5)
    save_safetensors(tmp_path / "x", {"x": x, "weak": weak})
    loaded = load_safetensors(tmp_path / "x")
    assert loaded["x"].tolist() == [1.0, 3.0, 5.0]
    assert repr(loaded["weak"].aval) == "f32[]"


def test_a_tracer_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(ConcretizationError, match="a file was asked"):
        ox.jit(lambda x: save_safetensors(tmp_path / "x", {"x": x}))(ox.device_put(1.0))
    assert os.listdir(tmp_path) == []


def test_a_tree_gets_dotted_names(tmp_path: Path) -> None:
    one = np.ones(1, np.float32)
    save_safetensors(tmp_path / "x", {"layers": [{"weight": one, "bias": None}, (one,)]})
    assert sorted(load_safetensors(tmp_path / "x")) == ["layers.0.weight", "layers.1.0"]


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="absent"):
        load_safetensors(tmp_path / "absent.safetensors")


def test_a_symlink_is_followed(tmp_path: Path) -> None:
    save_safetensors(tmp_path / "blob", {"x": np.ones(2, np.float32)})
    (tmp_path / "link").symlink_to(tmp_path / "blob")
    assert load_safetensors(tmp_path / "link")["x"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("device", [None, "reference", "reference:0"])
def test_device(tmp_path: Path, device: str | None) -> None:
    save_safetensors(tmp_path / "x", {"x": np.ones(2, np.float32)})
    want = ox.devices("reference")[0] if device else default_device()
    assert load_safetensors(tmp_path / "x", device)["x"].device is want


# The oracle


def test_they_read_ours(tmp_path: Path) -> None:
    save_safetensors(tmp_path / "x", EVERYTHING)
    theirs = dict(safetensors.deserialize((tmp_path / "x").read_bytes()))
    assert theirs.keys() == EVERYTHING.keys()
    for name, x in EVERYTHING.items():
        found = theirs[name]
        assert (found["dtype"], found["shape"]) == (NAMES[x.dtype], list(x.shape))
        assert bytes(found["data"]) == x.tobytes()
    numpy_has = {k: x for k, x in EVERYTHING.items() if not k.startswith("BF16")}
    save_safetensors(tmp_path / "x", numpy_has)
    for name, x in safetensors.numpy.load_file(tmp_path / "x").items():
        assert_same_bits(x, numpy_has[name])


def test_we_read_theirs(tmp_path: Path) -> None:
    safetensors.numpy.save_file(EVERYTHING, tmp_path / "x", {"format": "np"})
    loaded = load_safetensors(tmp_path / "x")
    assert loaded.keys() == EVERYTHING.keys()
    for name, x in EVERYTHING.items():
        assert_same_bits(loaded[name], x)
    assert safe_open(tmp_path / "x").metadata() == {"format": "np"}


NAME = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(
    lambda name: name != "__metadata__"
)
ARRAY = hnp.arrays(
    st.sampled_from([dtype for dtype in DTYPES.values() if dtype.kind in "biuf"]),
    hnp.array_shapes(min_dims=0, min_side=0, max_side=3),
)


@given(st.dictionaries(NAME, ARRAY, max_size=5), st.dictionaries(NAME, NAME, max_size=3))
def test_random_files_both_ways(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    def ours(path: Path) -> bytes:
        save_safetensors(path, arrays, metadata)
        return path.read_bytes()

    written = on_file(b"", ours)
    theirs = dict(safetensors.deserialize(written))
    # None: of nothing and empty metadata they make a file that they cannot read themselves (0.8.0)
    back = on_file(safetensors.numpy.save(arrays, metadata or None), load_safetensors)
    assert theirs.keys() == back.keys() == arrays.keys()
    for name, x in arrays.items():
        assert bytes(theirs[name]["data"]) == x.tobytes()
        assert_same_bits(back[name], x)


# No copy


def test_every_tensor_is_a_view_of_the_mapped_file(tmp_path: Path) -> None:
    save_safetensors(tmp_path / "x", EVERYTHING)
    before = counters.bytes_copied
    loaded = load_safetensors(tmp_path / "x")
    assert counters.bytes_copied == before
    assert len({id(mapping_of(x)) for x in loaded.values() if x.size}) == 1
    file = safe_open(tmp_path / "x")
    for name, x in loaded.items():
        buffer = np.asarray(x)
        assert buffer.flags.aligned
        assert not buffer.flags.writeable
        if x.size:
            mapped = np.frombuffer(mapping_of(x), np.uint8).__array_interface__["data"][0]
            offset = buffer.__array_interface__["data"][0] - mapped
            assert offset == file.header.tensors[name].begin


def test_a_gigabyte_is_loaded_without_being_read(tmp_path: Path) -> None:
    n = 1 << 30
    path = tmp_path / "sparse"
    text = json.dumps({"x": tensor("F32", [n // 4], 0, n)}).encode().ljust(128)
    path.write_bytes(pack(text))
    os.truncate(path, path.stat().st_size + n)
    tracemalloc.start()
    x = load_safetensors(path)["x"]
    last = safe_open(path).get_slice("x")[-1]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (x.nbytes, last.item()) == (n, 0.0)
    assert peak < 1 << 20


def test_the_mapping_lives_as_long_as_an_array(tmp_path: Path) -> None:
    save_safetensors(tmp_path / "x", {"a": np.arange(4, dtype=np.int32), "b": np.ones(2)})
    with safe_open(tmp_path / "x") as file:
        a, b = file.get_tensor("a"), file.get_tensor("b")
    mapping = weakref.ref(mapping_of(a))
    (tmp_path / "x").unlink()
    del b, file
    gc.collect()
    assert mapping() is not None
    assert a.tolist() == [0, 1, 2, 3]
    del a
    gc.collect()
    assert mapping() is None


def test_saving_over_the_file_that_arrays_come_from(tmp_path: Path) -> None:
    path = tmp_path / "x"
    save_safetensors(path, {"x": np.arange(1000, dtype=np.float32)})
    old = load_safetensors(path)
    save_safetensors(path, {"x": old["x"] + 1})
    assert old["x"].tolist() == list(range(1000))
    assert load_safetensors(path)["x"].tolist() == list(range(1, 1001))


def test_unaligned_tensors_are_copied_and_counted(tmp_path: Path) -> None:
    values = np.array([1.5, -2.5], np.float32)
    header = {"a": tensor("U8", [1], 0, 1), "b": tensor("F32", [2], 1, 9)}
    (tmp_path / "x").write_bytes(pack(header, b"\x07" + values.tobytes()))
    before = counters.bytes_copied
    loaded = load_safetensors(tmp_path / "x")
    addresses = [np.asarray(x).__array_interface__["data"][0] for x in loaded.values()]
    assert addresses[1] % 4 == 0
    assert counters.bytes_copied - before == 8
    assert_same_bits(loaded["b"], values)
    before = counters.bytes_copied
    assert safe_open(tmp_path / "x").get_slice("b")[1].item() == -2.5
    assert counters.bytes_copied - before == 4


# Lazily


def test_slices_read_nothing_else(tmp_path: Path) -> None:
    x = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    save_safetensors(tmp_path / "x", {"x": x, "s": np.float32(3)})
    with safe_open(tmp_path / "x") as file:
        lazy = file.get_slice("x")
        assert (lazy.shape, lazy.dtype) == ((3, 4, 5), np.int16)
        assert (lazy.get_shape(), lazy.get_dtype()) == ([3, 4, 5], "I16")
        before = counters.bytes_copied
        for index in np.s_[1, :, ::-2, ..., 1:2, (..., -1), (2, 3, 4), (0, ..., 0), 3:, ()]:
            assert_same_bits(lazy[index], x[index])
            assert mapping_of(lazy[index])
        assert lazy[np.int64(2), 0, 0].item() == 40
        assert file.get_slice("s")[()].item() == 3.0
        assert counters.bytes_copied == before


def test_a_foreign_dtype_is_listed_and_refused_only_when_read(tmp_path: Path) -> None:
    header = {"q": tensor("F8_E4M3", [4], 4, 8), "w": tensor("F32", [1], 0, 4)}
    (tmp_path / "x").write_bytes(pack(header, bytes(8)))
    file = safe_open(tmp_path / "x")
    assert file.keys() == ["q", "w"]
    assert (file.get_slice("q").shape, file.get_slice("q").get_dtype()) == ((4,), "F8_E4M3")
    assert file.get_tensor("w").tolist() == [0.0]


# Bytes


def test_equal_arrays_give_equal_bytes(tmp_path: Path) -> None:
    metadata = {"b": "2", "a": "1"}
    save_safetensors(tmp_path / "x", EVERYTHING, metadata)
    backwards = dict(reversed(EVERYTHING.items()))
    save_safetensors(tmp_path / "y", backwards, dict(reversed(metadata.items())))
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()


def test_the_bytes_of_a_small_file(tmp_path: Path) -> None:
    arrays = {"b": np.array([1], np.uint8), "a": np.array([2.0], np.float32)}
    save_safetensors(tmp_path / "x", arrays, {"k": "v"})
    text = (
        b'{"__metadata__":{"k":"v"},'
        b'"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},'
        b'"b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}'
    )
    text += b" " * (-len(text) % 8)
    data = np.float32(2).tobytes() + b"\x01"
    assert (tmp_path / "x").read_bytes() == len(text).to_bytes(8, "little") + text + data
