"""Files that nobody vouches for: a typed error or what the oracle reads, and never much memory."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import safetensors
from hypothesis import example, given, settings
from hypothesis import strategies as st
from raw_safetensors import on_file, on_files, pack, tensor

from oxmlx.errors import DtypeError, FileFormatError, OxmlxError, StateDictError
from oxmlx.io import load_npz, load_safetensors, load_sharded, load_state, save_npz, save_state
from oxmlx.io.header import NAMES
from oxmlx.io.npz import parse_npy
from oxmlx.io.sharded import INDEX

HEADER: dict[str, Any] = {
    "__metadata__": {"format": "np"},
    "w": tensor("F32", [2, 3], 0, 24),
    "mask": tensor("BOOL", [3], 24, 27),
    "none": tensor("I64", [0, 5], 27, 27),
    "bias": tensor("BF16", [], 27, 29),
}
DATA = np.arange(6, dtype=np.float32).tobytes() + b"\1\0\1" + b"\x80\x3f"
VALID = pack(HEADER, DATA)
MEMORY = 8 << 20

# What the oracle lets pass and we do not: no other reason may stand for a file that it reads.
STRICTER = (
    "twice",
    "wanted the fields dtype, shape, data_offsets",
    "is BOOL and has the byte",
    "a dtype that oxmlx has not",
    "wanted at most 64 natural numbers",
)


def bounded(read: Callable[[], Any]) -> Any:
    """What `read` returns, or the error it refuses with; it may not take much memory."""
    tracemalloc.start()
    try:
        return read()
    except (FileFormatError, DtypeError, StateDictError) as error:
        assert len(str(error)) < 2000
        return error
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < MEMORY


def check_safetensors(data: bytes) -> None:
    ours = bounded(lambda: on_file(data, load_safetensors))
    try:
        theirs = dict(safetensors.deserialize(data))
    except safetensors.SafetensorError:
        assert isinstance(ours, OxmlxError), "we read what the oracle refuses"
        return
    if isinstance(ours, OxmlxError):
        assert any(reason in str(ours) for reason in STRICTER), f"the oracle reads it: {ours}"
        return
    assert ours.keys() == theirs.keys()
    for name, found in theirs.items():
        x = np.asarray(ours[name])
        assert (NAMES[x.dtype], list(x.shape)) == (found["dtype"], found["shape"])
        assert x.tobytes() == bytes(found["data"])


@st.composite
def mutated(draw: st.DrawFn, valid: bytes) -> bytes:
    """A valid file with a few flipped bits, cuts, insertions, or its end missing."""
    data = bytearray(valid)
    for _ in range(draw(st.integers(1, 3))):
        where = draw(st.integers(0, max(len(data) - 1, 0)))
        match draw(st.sampled_from(["flip", "flip", "cut", "insert", "truncate"])):
            case "flip" if data:
                data[where] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[where : where + draw(st.integers(1, 8))]
            case "insert":
                data[where:where] = draw(st.binary(min_size=1, max_size=8))
            case _:
                del data[where:]
    return bytes(data)


INTEGERS = st.sampled_from([-1, 0, 1, 3, 4, 24, 27, 29, 2**31, 2**32, 2**62, 2**63, 2**64, 10**30])
SCALARS = (
    st.none() | st.booleans() | INTEGERS | st.floats() | st.sampled_from(["F32", "U8", "F4", "w"])
)
JSON = st.recursive(
    SCALARS, lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=2), x, max_size=2)
)


@st.composite
def edited(draw: st.DrawFn, valid: dict[str, Any]) -> dict[str, Any]:
    """A JSON object in which one field, at any depth, is replaced, removed or added."""
    found = json.loads(json.dumps(valid))
    place = found
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys or draw(st.integers(0, 9)) == 0:
            if isinstance(place, dict):
                place[draw(st.text(max_size=3))] = draw(JSON)
            else:
                place.append(draw(JSON))
            return found
        key = draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or draw(st.booleans()):
            if draw(st.integers(0, 4)) == 0:
                del place[key]
            else:
                place[key] = draw(JSON)
            return found
        place = place[key]


def test_the_valid_file_is_read() -> None:
    loaded = on_file(VALID, load_safetensors)
    assert list(loaded) == ["w", "mask", "none", "bias"]
    assert loaded["bias"].item() == 1.0
    check_safetensors(VALID)


@settings(max_examples=6000)
@given(st.binary(max_size=200))
@example(b"")
@example(b"\2\0\0\0\0\0\0\0{}")
@example(b"\3\0\0\0\0\0\0\0{} ")
def test_random_bytes(data: bytes) -> None:
    check_safetensors(data)


@settings(max_examples=6000)
@given(st.binary(max_size=60), st.integers(-8, 8))
def test_random_headers(text: bytes, off: int) -> None:
    check_safetensors(pack(text, length=max(len(text) + off, 0)))


@settings(max_examples=6000)
@given(mutated(VALID))
def test_mutated_bytes(data: bytes) -> None:
    check_safetensors(data)


@settings(max_examples=6000)
@given(edited(HEADER))
def test_edited_headers(header: dict[str, Any]) -> None:
    check_safetensors(pack(header, DATA))


@given(st.integers(0, len(VALID) - 1))
def test_every_truncation_is_refused(n: int) -> None:
    assert isinstance(bounded(lambda: on_file(VALID[:n], load_safetensors)), FileFormatError)


@pytest.mark.parametrize(
    "header",
    [
        {"w": tensor("F64", [2**60], 0, 2**63)},
        {"w": tensor("F64", [2**40], 0, 2**43)},
        {"w": tensor("U8", [2**63 - 1], 0, 2**63 - 1)},
        {"w": tensor("U8", [0, 2**63 - 1], 0, 0)},
        {"w": tensor("U8", [1] * 10_000, 0, 1)},
        {"w": tensor("U8", [2**62] * 64, 0, 0)},
    ],
)
def test_promises_of_much_memory(header: Any) -> None:
    result = bounded(lambda: on_file(pack(header, b"1"), load_safetensors))
    assert isinstance(result, FileFormatError)


# Indices


SHARD = pack({"w": tensor("U8", [1], 0, 1), "v": tensor("U8", [1], 1, 2)}, b"12")
FILES = {"w": "a.safetensors", "v": "a.safetensors"}
PLACES = st.sampled_from(["a.safetensors", "/etc/passwd", "../a.safetensors", ".", "a", "\0"])


@given(
    edited({"metadata": {"total_size": 2}, "weight_map": FILES})
    | st.fixed_dictionaries({"weight_map": st.dictionaries(st.sampled_from("wvx"), PLACES)})
)
def test_edited_indices(index: dict[str, Any]) -> None:
    files = {INDEX: json.dumps(index).encode(), "a.safetensors": SHARD}
    try:
        result = bounded(lambda: on_files(files, load_sharded))
    except FileNotFoundError as error:
        assert error.filename.endswith(("/a", "/w", "/F32", "/U8", "/F4"))
        return
    if not isinstance(result, OxmlxError):
        assert {name: x.tolist() for name, x in result.items()} in ({"w": [49], "v": [50]}, {})


# States


def state_bytes() -> bytes:
    def saved(folder: Any) -> bytes:
        save_state(folder / "x", STATE)
        return (folder / "x").read_bytes()

    return on_files({}, saved)


STATE = {"w": np.ones(2, np.float32), "z": np.ones(1, complex), "step": 7, "lr": 0.5, "on": True}
STATE_FILE = state_bytes()
STATE_HEADER = json.loads(STATE_FILE[8 : 8 + int.from_bytes(STATE_FILE[:8], "little")])
STATE_DATA = STATE_FILE[8 + int.from_bytes(STATE_FILE[:8], "little") :]
NOTES = json.loads(STATE_HEADER["__metadata__"]["oxmlx.state"])
NOTE = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(
            ["int", "float", "complex", "bool", "scalar", "ndarray", "weak", "array", ""]
        ),
        "dtype": st.sampled_from(["c128", "key<threefry>", "f32", "", "key<threefry_legacy>"]),
        "value": st.sampled_from(["0x7", "-0x7", "", "seven", "1e3"]),
    },
)


@settings(max_examples=6000)
@given(edited(NOTES) | st.dictionaries(st.sampled_from([*STATE, "other"]), NOTE))
def test_edited_notes(notes: dict[str, Any]) -> None:
    header = {**STATE_HEADER, "__metadata__": {"oxmlx.state": json.dumps(notes)}}
    data = pack(header, STATE_DATA)
    result = bounded(lambda: on_file(data, lambda path: load_state(path, STATE)))
    if not isinstance(result, OxmlxError):
        assert {name: type(x) for name, x in result.items()}.keys() == STATE.keys()
        assert np.asarray(result["w"]).tobytes() == STATE["w"].tobytes()
        assert (type(result["step"]), type(result["lr"]), result["on"]) == (int, float, True)


# Archives


def npz_bytes(compressed: bool) -> bytes:
    file = io.BytesIO()
    save = np.savez_compressed if compressed else np.savez
    save(file, a=np.arange(30.0), b=np.array([True, False]), c=np.float32(2))
    return file.getvalue()


def check_npz(data: bytes) -> None:
    ours = bounded(lambda: on_file(data, load_npz, "x.npz"))
    if isinstance(ours, OxmlxError):
        return
    theirs = np.lib.npyio.NpzFile(io.BytesIO(data))
    assert list(ours) == list(theirs)
    for name, x in ours.items():
        assert np.asarray(x).tobytes() == theirs[name].tobytes()
        assert (x.dtype, x.shape) == (theirs[name].dtype, theirs[name].shape)


@settings(max_examples=6000)
@given(st.binary(max_size=100))
def test_random_archives(data: bytes) -> None:
    check_npz(data)


@settings(max_examples=6000)
@given(mutated(npz_bytes(False)) | mutated(npz_bytes(True)))
def test_mutated_archives(data: bytes) -> None:
    check_npz(data)


@settings(max_examples=6000)
@given(mutated(npz_bytes(False)[39:]) | st.binary(max_size=200))
def test_mutated_members(data: bytes) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", data)
    bounded(lambda: on_file(file.getvalue(), load_npz, "x.npz"))


NPY = io.BytesIO()
np.lib.format.write_array(NPY, np.arange(6, dtype=np.int16).reshape(2, 3))


@settings(max_examples=6000)
@given(mutated(NPY.getvalue()))
def test_mutated_npy(data: bytes) -> None:
    ours = bounded(lambda: parse_npy(data, "a", "load"))
    if isinstance(ours, OxmlxError):
        return
    file = io.BytesIO(data)
    theirs = np.lib.format.read_array(file)
    assert file.read() == b""
    assert (ours.dtype, ours.shape, ours.tobytes()) == (
        theirs.dtype,
        theirs.shape,
        theirs.tobytes(),
    )


def test_the_valid_archives_are_read() -> None:
    for compressed in (False, True):
        assert on_file(npz_bytes(compressed), load_npz, "x.npz")["a"].tolist() == list(range(30))
    assert parse_npy(NPY.getvalue(), "a", "load").tolist() == [[0, 1, 2], [3, 4, 5]]


def test_ours_survive_numpy_and_back() -> None:
    def there_and_back(folder: Any) -> Any:
        save_npz(folder / "x.npz", {"a": np.arange(3.0)})
        np.savez(folder / "y.npz", **np.load(folder / "x.npz"))
        return load_npz(folder / "y.npz")

    assert on_files({}, there_and_back)["a"].tolist() == [0.0, 1.0, 2.0]
