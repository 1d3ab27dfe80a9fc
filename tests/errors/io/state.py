"""Refusals of oxmlx.io.state."""

import json
from typing import Any

import numpy as np
from raise_coverage import Refusal
from raw_safetensors import on_file, on_files, pack, tensor

from oxmlx.errors import ArgumentError, FileFormatError, StateDictError
from oxmlx.io import load_state, save_state


def refused(name: str, tree: Any, text: str, metadata: Any = None) -> Refusal:
    def save() -> object:
        return on_files({}, lambda folder: save_state(folder / "x", tree, metadata))

    return Refusal(name, save, ArgumentError, text)


def noted(name: str, note: Any, text: str, error: type[Exception] = FileFormatError) -> Refusal:
    header = {
        "w": tensor("U32", [3], 0, 12),
        "__metadata__": {"oxmlx.state": json.dumps({"w": note})},
    }
    file = pack(header, bytes(12))
    return Refusal(name, lambda: on_file(file, lambda path: load_state(path, {})), error, text)


def load(tree: Any, template: Any) -> object:
    def there_and_back(folder: Any) -> object:
        save_state(folder / "x", tree)
        return load_state(folder / "x", template)

    return on_files({}, there_and_back)


F32 = pack({"w": tensor("F32", [1], 0, 4)}, bytes(4))
REFUSALS = [
    refused("a text", {"a": ["hello"]}, "leaf 'a.0' is str, wanted an array or a number"),
    refused("our metadata", {}, "metadata has the key 'oxmlx.state'", {"oxmlx.state": "{}"}),
    Refusal(
        "no state",
        lambda: on_file(F32, lambda path: load_state(path, {})),
        FileFormatError,
        "this is no training state\n  Load it with ox.io.load.",
    ),
    noted("note of a list", [], "leaf 'w' has the note [], wanted a map of texts"),
    noted("note of a number", {"kind": 1}, "leaf 'w' has the note {'kind': 1}, wanted"),
    noted("int without value", {"kind": "int"}, "leaf 'w' has the note {'kind': 'int'}"),
    noted("int of a word", {"kind": "int", "value": "x"}, "leaf 'w' has the note"),
    noted("unknown dtype", {"dtype": "f8"}, "leaf 'w' is U32[3], which cannot hold 'f8'"),
    noted("no pairs", {"dtype": "key<threefry>"}, "which cannot hold 'key<threefry>'"),
    noted("other pairs", {"dtype": "c128"}, "which cannot hold 'c128'"),
    noted("unknown kind", {"kind": "pickle"}, "leaf 'w' is uint32[3], and noted as 'pickle'"),
    noted("float of integers", {"kind": "float"}, "leaf 'w' is uint32[3], and noted as 'float'"),
    noted("scalar of three", {"kind": "scalar"}, "and noted as 'scalar'"),
    noted("left over", {"kind": "weak"}, "unexpected: 'w'", StateDictError),
    Refusal(
        "another template",
        lambda: load({"w": np.ones(3), "step": 1}, {"w": np.ones(2), "step": 1.0, "b": np.ones(1)}),
        StateDictError,
        "missing: 'b'; mismatched: 'step' is int, wanted float, 'w' is f64[3], wanted f64[2]",
    ),
    Refusal(
        "None against an array",
        lambda: load({"ema": np.ones(3)}, {"ema": None}),
        StateDictError,
        "unexpected: 'ema'",
    ),
]
