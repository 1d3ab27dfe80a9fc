"""facts/cases.md, group 21: safetensors, with the integers that a store of floats would corrupt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from raw_safetensors import pack, tensor

import oxmlx as ox
from oxmlx.errors import FileFormatError
from oxmlx.io import load_safetensors, safe_open, save_safetensors

onp = ox.numpy


def roundtrip(folder: Path, arrays: dict[str, Any], metadata: Any = None) -> dict[str, Any]:
    save_safetensors(folder / "x.safetensors", arrays, metadata)
    return load_safetensors(folder / "x.safetensors")


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        *(("float32", [1.5, -0.0]), ("float16", [65504, 6e-8]), ("bfloat16", [1.0, -3e38])),
        *(("int32", [16_777_217, -1]), ("int64", [2**53 - 1, -(2**63)]), ("uint64", [2**64 - 1])),
        *(("bool", [True, False]), ("uint8", [0, 255]), ("float64", [0.1, 5e-324])),
    ],
)
def test_21_every_bit_comes_back(tmp_path: Path, dtype: str, values: list[Any]) -> None:
    x = onp.array(values, dtype=dtype)
    y = roundtrip(tmp_path, {"x": x})["x"]
    assert y.dtype == x.dtype
    assert np.asarray(y).tobytes() == np.asarray(x).tobytes()
    if dtype[:3] in ("int", "uin", "boo"):
        assert y.tolist() == values


def test_21_nothing_one_element_and_no_element(tmp_path: Path) -> None:
    assert roundtrip(tmp_path, {}) == {}
    shapes = {"one": (1, 1, 4), "none": (2, 0, 3), "scalar": ()}
    got = roundtrip(tmp_path, {name: onp.ones(shape) for name, shape in shapes.items()})
    assert {name: x.shape for name, x in got.items()} == shapes


def test_21_a_payload_of_nan(tmp_path: Path) -> None:
    bits = np.array([0x7FC1, 0xFF83], np.uint16)
    x = onp.array(bits).view("bfloat16")
    y = roundtrip(tmp_path, {"x": x})["x"]
    assert y.view("uint16").tolist() == bits.tolist() and np.isnan(np.asarray(y, np.float32)).all()


def test_21_metadata_and_keys_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_safetensors(path, {"b": onp.ones(1), "a": onp.zeros(1)}, {"format": "mlx"})
    with safe_open(path) as file:
        assert file.metadata() == {"format": "mlx"}
    unsorted = {"z": tensor("F32", [1], 0, 4), "a": tensor("F32", [1], 4, 8)}
    path.write_bytes(pack(unsorted, np.array([1, 2], "<f4").tobytes()))
    assert {name: x.item() for name, x in load_safetensors(path).items()} == {"z": 1, "a": 2}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "takes 8"),
        (pack({}, length=10**6), "header"),
        (pack(b"{not json"), "JSON"),
        (
            pack({"a": tensor("F32", [1], 0, 4), "b": tensor("F32", [1], 2, 6)}, bytes(6)),
            "overlap",
        ),
        (pack({"a": tensor("F32", [2], 0, 4)}, bytes(4)), "bytes"),
    ],
)
def test_21_corrupt_files(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    with pytest.raises(FileFormatError, match=text):
        load_safetensors(path)


def test_21_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_safetensors(tmp_path / "none.safetensors")
