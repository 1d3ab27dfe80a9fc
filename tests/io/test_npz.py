"""npz archives: bits both ways with NumPy, bfloat16 and keys in records, nothing unpickled."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from raw_safetensors import on_file

import oxmlx as ox
from oxmlx.dtypes import KEY_DTYPES, SCALAR_TYPES
from oxmlx.errors import DtypeError
from oxmlx.io import load_npz, save_npz
from oxmlx.io.npz import TAGGED_BFLOAT16, parse_npy

DTYPES = [*(t.dtype for t in SCALAR_TYPES), *KEY_DTYPES.values()]
SHAPES: list[tuple[int, ...]] = [(), (0,), (3,), (2, 0, 3), (2, 3, 5)]


def random_bits(dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray:
    n = int(np.prod(shape)) * dtype.itemsize
    raw = np.random.default_rng(0).integers(0, 256, n, dtype=np.uint8)
    return (raw & 1 if dtype.kind == "b" else raw).view(dtype).reshape(shape)


EVERYTHING = {
    f"{k}/{list(shape)}": random_bits(dtype, shape)
    for k, dtype in enumerate(DTYPES)
    for shape in SHAPES
}


def assert_same_bits(got: Any, wanted: np.ndarray) -> None:
    x = np.asarray(got)
    assert (x.dtype, x.shape) == (wanted.dtype, wanted.shape)
    assert x.tobytes() == wanted.tobytes()
    assert x.flags.aligned


def test_every_dtype_and_shape_comes_back(tmp_path: Path) -> None:
    save_npz(tmp_path / "x", EVERYTHING)
    loaded = load_npz(tmp_path / "x")
    assert loaded.keys() == EVERYTHING.keys()
    for name, x in EVERYTHING.items():
        assert_same_bits(loaded[name], x)


def test_numpy_reads_ours(tmp_path: Path) -> None:
    save_npz(tmp_path / "x.npz", EVERYTHING)
    with np.load(tmp_path / "x.npz") as theirs:
        assert set(theirs) == EVERYTHING.keys()
        for name, x in EVERYTHING.items():
            found = theirs[name]
            if x.dtype == ml_dtypes.bfloat16:
                assert found.dtype == TAGGED_BFLOAT16
                found = found["bfloat16"].view(ml_dtypes.bfloat16)
            assert_same_bits(found, x)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_we_read_numpys(tmp_path: Path, save: Any) -> None:
    ours = {name: x for name, x in EVERYTHING.items() if x.dtype != ml_dtypes.bfloat16}
    ours["fortran"] = np.asfortranarray(np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    ours["strided"] = np.arange(10.0)[::-2]
    save(tmp_path / "x.npz", **ours)
    loaded = load_npz(tmp_path / "x.npz")
    assert loaded.keys() == ours.keys()
    for name, x in ours.items():
        assert_same_bits(loaded[name], x)


def test_versions_of_the_header() -> None:
    x = np.arange(6, dtype=np.int32).reshape(2, 3)
    for version in ((1, 0), (2, 0)):
        file = io.BytesIO()
        np.lib.format.write_array(file, x, version=version)
        assert parse_npy(file.getvalue(), "x", "load").tolist() == x.tolist()


def test_unaligned_data_are_moved() -> None:
    for pad in range(8):
        text = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}" + b" " * pad
        data = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
        x = parse_npy(data + np.array([1.5, 2.5]).tobytes(), "x", "load")
        assert x.flags.aligned
        assert x.tolist() == [1.5, 2.5]


def test_equal_arrays_give_equal_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_npz(tmp_path / "x", EVERYTHING)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    save_npz(tmp_path / "y", dict(reversed(EVERYTHING.items())))
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()


def test_trees_pending_arrays_and_odd_names(tmp_path: Path) -> None:
    x = ox.device_put(np.arange(3, dtype=np.float32)) * 2
    save_npz(tmp_path / "x", {"a": [x, None, {"file": x}], "": x, "é/../b.npy": x})
    loaded = load_npz(tmp_path / "x")
    assert sorted(loaded) == ["", "a.0", "a.2.file", "é/../b.npy"]
    assert all(y.tolist() == [0.0, 2.0, 4.0] for y in loaded.values())


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (tmp_path / "sprung").touch, ()

    np.savez(tmp_path / "x.npz", a=np.array([Trap()], dtype=object))
    with pytest.raises(DtypeError, match="oxmlx never does"):
        load_npz(tmp_path / "x.npz")
    assert not (tmp_path / "sprung").exists()


def test_an_encrypted_archive_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", b"")
    data = bytearray(file.getvalue())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    data[6] |= 1
    with pytest.raises(ValueError, match="encrypted"):
        on_file(bytes(data), load_npz, "x.npz")


def test_device_and_missing_file(tmp_path: Path) -> None:
    save_npz(tmp_path / "x", {"a": np.ones(1)})
    assert load_npz(tmp_path / "x", "reference:0")["a"].device is ox.devices("reference")[0]
    with pytest.raises(FileNotFoundError, match="absent"):
        load_npz(tmp_path / "absent.npz")
