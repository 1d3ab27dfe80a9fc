"""Training states: pytrees of arrays, keys and Python numbers in a safetensors file, bit for bit.

What the format has no word for is told in a note by name, in the metadata under "oxmlx.state".
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from oxmlx import dtypes
from oxmlx.dtypes import Dtype, short_name
from oxmlx.errors import ArgumentError, FileFormatError
from oxmlx.io import counters
from oxmlx.io.buffers import leaf_to_buffer
from oxmlx.io.naming import names_to_tree, tree_to_names
from oxmlx.io.reader import SafeFile
from oxmlx.io.safetensors import write_safetensors
from oxmlx.io.strict_json import parse_object
from oxmlx.ir.device import Device
from oxmlx.ir.value import Value
from oxmlx.ops.convert import from_numpy

NOTES = "oxmlx.state"

# dtypes that the format has not, as pairs of one that it has
_PAIRS: dict[Dtype, Dtype] = {
    **dict.fromkeys(dtypes.KEY_DTYPES.values(), dtypes.uint32.dtype),
    dtypes.complex128.dtype: dtypes.float64.dtype,
}
_PYTHON: dict[type, type[np.generic]] = {
    bool: np.bool_,
    float: np.float64,
    complex: np.complex128,
}
_BY_KIND = {python.__name__: scalar for python, scalar in _PYTHON.items()}

Note = dict[str, str]


def save_state(
    path: str | os.PathLike[str], tree: Any, metadata: Mapping[str, str] | None = None
) -> None:
    """Save a pytree from which training goes on as if it had not stopped.

    Args:
        path: the file, which is replaced at once when the new one is whole.
        tree: a pytree whose leaves are arrays, PRNG keys, NumPy arrays and Python numbers.
        metadata: texts to save with it; `safe_open(path).metadata()` reads them.

    Raises:
        ArgumentError: a leaf is something else, or metadata are no texts.
        TreeError: two leaves would have the same name.

    >>> import numpy as np
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save_state(f"{folder}/state", {"w": np.ones(2, "float32"), "step": 7, "ema": None})
    ...     load_state(f"{folder}/state", {"w": np.zeros(2, "float32"), "step": 0, "ema": None})
    {'ema': None, 'step': 7, 'w': array([1., 1.], dtype=float32)}
    """
    who = f"save_state({os.fspath(path)!r})"
    if metadata and NOTES in metadata:
        raise ArgumentError(who, f"metadata has the key {NOTES!r}, which is ours", "Rename it.")
    buffers: dict[str, np.ndarray] = {}
    notes: dict[str, Note] = {}
    for name, leaf in tree_to_names(tree).items():
        x, note = encode(name, leaf, who)
        if x is not None:
            buffers[name] = x
        if note:
            notes[name] = note
    write_safetensors(path, buffers, {**(metadata or {}), NOTES: json.dumps(notes)}, who)


def load_state(
    path: str | os.PathLike[str], template: Any, device: Device | str | None = None
) -> Any:
    """The pytree that `save_state` saved, with arrays over the mapped file.

    Args:
        path: the file.
        template: a pytree of the same structure, whose leaves have the same shapes and dtypes, or
            Python types: a state before its first step, or what `eval_shape` says of one.
        device: where the arrays shall be; the default device if None.

    Raises:
        FileFormatError: the file is corrupt, or holds no training state.
        StateDictError: names, shapes or dtypes are not those of the template.
        MissingFileError: there is no such file.

    >>> import oxmlx as ox
    >>> from tempfile import TemporaryDirectory
    >>> start = lambda: {"params": ox.numpy.zeros(2), "key": ox.random.key(0)}
    >>> with TemporaryDirectory() as folder:
    ...     save_state(f"{folder}/state", start())
    ...     load_state(f"{folder}/state", ox.eval_shape(start))["params"]
    array([0., 0.], dtype=float32)
    """
    file = SafeFile(path, "load_state", device)
    text = file.metadata().get(NOTES)
    if text is None:
        raise FileFormatError(file.who, "this is no training state", "Load it with ox.io.load.")
    notes = parse_object(text.encode(), f"metadata[{NOTES!r}]", file.who)
    names = dict.fromkeys((*file.keys(), *notes))
    named = {name: decode(file, name, notes.get(name, {})) for name in names}
    return names_to_tree(template, named, file.who)


def encode(name: str, leaf: Any, who: str) -> tuple[np.ndarray | None, Note]:
    """What of a leaf goes into a tensor, and what has to be noted of it."""
    if type(leaf) is int:  # of any size; hexadecimal, which is read in linear time
        return None, {"kind": "int", "value": hex(leaf)}
    note: Note = {}
    if isinstance(leaf, Value):
        if leaf.weak_type:
            note["kind"] = "weak"
    elif isinstance(leaf, np.ndarray):
        note["kind"] = "ndarray"
    elif isinstance(leaf, np.generic):
        note["kind"] = "scalar"
    elif type(leaf) in _PYTHON:
        note["kind"] = type(leaf).__name__
        leaf = _PYTHON[type(leaf)](leaf)
    else:
        problem = f"leaf {name!r:.80} is {type(leaf).__name__}, wanted an array or a number"
        raise ArgumentError(who, problem, "Keep texts and settings in `metadata`.")
    x = leaf_to_buffer(name, leaf, who)
    if x.dtype in _PAIRS:
        note["dtype"] = short_name(x.dtype)
        x = x[..., None].view(_PAIRS[x.dtype])
    return x, note


def decode(file: SafeFile, name: str, note: Any) -> Any:
    """The leaf that `encode` took apart."""
    leaf = f"leaf {name!r:.80}"
    if not isinstance(note, dict) or not all(isinstance(x, str) for x in note.values()):
        raise FileFormatError(file.who, f"{leaf} has the note {note!r:.80}, wanted a map of texts")
    kind = note.get("kind", "array")
    if kind == "int":
        try:
            return int(note["value"], 16)
        except (KeyError, ValueError) as error:
            raise FileFormatError(file.who, f"{leaf} has the note {note!r:.80}") from error
    x = file.get_tensor(name).buffer
    if "dtype" in note:
        x = from_pairs(x, note["dtype"], f"{leaf} is {file.header.tensors[name]}", file.who)
    return as_kind(x, kind, leaf, file)


def from_pairs(x: np.ndarray, dtype: str, leaf: str, who: str) -> np.ndarray:
    """The pairs of numbers along the last axis as keys or complex numbers."""
    wide = {short_name(wide): wide for wide in _PAIRS}.get(dtype)
    if wide is None or x.dtype != _PAIRS[wide] or x.shape[-1:] != (2,):
        raise FileFormatError(who, f"{leaf}, which cannot hold {dtype!r:.80}")
    return x.view(wide)[..., 0]


def as_kind(x: np.ndarray, kind: str, leaf: str, file: SafeFile) -> Any:
    """The elements as what they were: an array of oxmlx, NumPy's, or a Python number."""
    if kind in ("array", "weak"):
        return from_numpy(x, file.device, weak=kind == "weak")
    if kind == "ndarray":
        return counters.copy(x)  # NumPy's arrays can be written to
    if kind == "scalar" and x.ndim == 0:
        return x[()]
    if x.ndim == 0 and x.dtype == _BY_KIND.get(kind, np.void):
        return x.item()
    raise FileFormatError(
        file.who, f"{leaf} is {x.dtype}{list(x.shape)}, and noted as {kind!r:.80}"
    )
