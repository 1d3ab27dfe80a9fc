"""Refusals of oxmlx.io.sharded."""

import json
from typing import Any

import numpy as np
from raise_coverage import Refusal
from raw_safetensors import on_files, pack, tensor

from oxmlx.errors import ArgumentError, FileFormatError
from oxmlx.io import load_sharded, save_sharded
from oxmlx.io.sharded import INDEX

SHARD = pack({"w": tensor("U8", [1], 0, 1), "v": tensor("U8", [1], 1, 2)}, b"12")


def row(name: str, weight_map: Any, text: str) -> Refusal:
    files = {INDEX: json.dumps({"weight_map": weight_map}).encode(), "a.safetensors": SHARD}
    return Refusal(name, lambda: on_files(files, load_sharded), FileFormatError, text)


def hostile(file: str) -> Refusal:
    text = f"tensor 'w' is said to be in {file!r}\n  Wanted the name of a file beside the index."
    return row(f"way out: {file!r}", {"w": file}, text)


REFUSALS = [
    row("no map", None, "the index has the weight_map None, wanted a map"),
    row("file of a number", {"w": 1}, "tensor 'w' is said to be in 1\n"),
    *map(hostile, ["../a.safetensors", "/etc/passwd", "b/a.safetensors", "..", ".", ""]),
    *map(hostile, ["..\\a.safetensors", "C:a.safetensors", "\\\\host\\a", "a.safetensors/"]),
    hostile("a.safetensors\0"),
    row(
        "tensor that is not there",
        {"w": "a.safetensors", "v": "a.safetensors", "x": "a.safetensors"},
        "'a.safetensors' has no tensor 'x', which the index says is there",
    ),
    row(
        "tensor that nobody names",
        {"w": "a.safetensors"},
        "'a.safetensors' has the tensor 'v', which the index does not name",
    ),
    Refusal(
        "empty folder",
        lambda: on_files({}, load_sharded),
        FileFormatError,
        "neither model.safetensors.index.json nor model.safetensors",
    ),
    *(
        Refusal(
            f"max_shard_size={size!r}",
            lambda size=size: save_sharded("x", {"w": np.ones(1)}, size),
            ArgumentError,
            f"save_sharded('x'): max_shard_size is {size!r}, wanted a positive number of bytes",
        )
        for size in (0, -1, "5GB", 1e9, True)
    ),
]
