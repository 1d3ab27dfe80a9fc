"""Refusals of oxmlx.io.reader."""

from pathlib import Path
from typing import Any

from raise_coverage import Refusal
from raw_safetensors import on_file, on_files, pack, tensor

from oxmlx.errors import (
    ArgumentError,
    DtypeError,
    FileFormatError,
    OutOfBoundsError,
    StateDictError,
)
from oxmlx.io import load_safetensors, safe_open

FILE = pack({"w": tensor("F32", [2], 0, 8)}, bytes(8))


def index(i: Any) -> object:
    return on_file(FILE, lambda path: safe_open(path).get_slice("w")[i])


def after_closing(path: Path) -> object:
    with safe_open(path) as file:
        pass
    return file.get_tensor("w")


REFUSALS = [
    Refusal(
        "unknown tensor",
        lambda: on_file(FILE, lambda path: safe_open(path).get_tensor("v")),
        StateDictError,
        "there is no tensor 'v'\n  It has 'w'.",
    ),
    Refusal(
        "foreign dtype",
        lambda: on_file(pack({"w": tensor("F8_E4M3", [2], 0, 2)}, b"12"), load_safetensors),
        DtypeError,
        "tensor 'w' is F8_E4M3[2], a dtype that oxmlx has not",
    ),
    Refusal(
        "closed file",
        lambda: on_file(FILE, after_closing),
        ArgumentError,
        "the file is closed\n  Read inside of the with block.",
    ),
    Refusal("index of a list", lambda: index([0]), ArgumentError, "tensor 'w' got the index [0]"),
    Refusal("index of a bool", lambda: index(True), ArgumentError, "got the index True, wanted"),
    Refusal("index beyond", lambda: index(2), OutOfBoundsError, "tensor 'w' is F32[2], got the"),
    Refusal("two indices", lambda: index((0, 0)), OutOfBoundsError, "got the index (0, 0)"),
    Refusal("step of 0", lambda: index(slice(None, None, 0)), ArgumentError, "cannot be zero"),
    Refusal("bound of a float", lambda: index(slice(0.5)), ArgumentError, "slice indices must be"),
    Refusal(
        "a bool that is 2",
        lambda: on_file(pack({"m": tensor("BOOL", [3], 0, 3)}, b"\1\0\2"), load_safetensors),
        FileFormatError,
        "tensor 'm' is BOOL and has the byte 2",
    ),
    Refusal(
        "a folder",
        lambda: on_files({}, load_safetensors),
        FileFormatError,
        "this is a folder, a pipe or a device, wanted a regular file",
    ),
    Refusal("a device", lambda: safe_open("/dev/null"), FileFormatError, "safe_open('/dev/null')"),
    Refusal(
        "an empty file",
        lambda: on_file(b"", load_safetensors),
        FileFormatError,
        "x.safetensors'): the file has 0 bytes",
    ),
]
