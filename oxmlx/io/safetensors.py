"""Whole safetensors files: mapped when loaded, written atomically, equal arrays as equal bytes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from oxmlx.dtypes import is_key, short_name
from oxmlx.errors import ArgumentError, DtypeError
from oxmlx.io.atomic import replacing
from oxmlx.io.buffers import check_text, check_texts, tree_to_buffers
from oxmlx.io.header import NAMES, render_header
from oxmlx.io.reader import SafeFile
from oxmlx.ir.array import Array
from oxmlx.ir.device import Device


def load_safetensors(
    path: str | os.PathLike[str], device: Device | str | None = None
) -> dict[str, Array]:
    """The arrays of a safetensors file by name: views of the mapped file, without a copy.

    Args:
        path: the file.
        device: where the arrays shall be; the default device if None.

    Raises:
        FileFormatError: the file is corrupt, or not a safetensors file.
        DtypeError: a tensor has a dtype that oxmlx has not.
        MissingFileError: there is no such file.

    >>> import numpy as np
    >>> from tempfile import TemporaryDirectory
    >>> from oxmlx.io import counters
    >>> with TemporaryDirectory() as folder:
    ...     save_safetensors(f"{folder}/w.safetensors", {"w": np.ones((256, 256), "bfloat16")})
    ...     before = counters.bytes_copied
    ...     load_safetensors(f"{folder}/w.safetensors")["w"].aval, counters.bytes_copied - before
    (bf16[256,256], 0)
    """
    file = SafeFile(path, "load_safetensors", device)
    return {name: file.get_tensor(name) for name in file.header.tensors}


def save_safetensors(
    path: str | os.PathLike[str], arrays: Any, metadata: Mapping[str, str] | None = None
) -> None:
    """Save the arrays of a pytree under dotted names, atomically.

    Args:
        path: the file, which is replaced if it exists.
        arrays: a pytree of arrays.
        metadata: texts to save with them.

    Raises:
        ArgumentError: a leaf is no array, or metadata are no texts.
        DtypeError: the format cannot hold an array's dtype: complex128, or keys.
        TreeError: two leaves would have the same name.

    >>> import numpy as np
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     params = {"layers": [{"weight": np.ones((2, 3), "float32")}]}
    ...     save_safetensors(f"{folder}/w.safetensors", params, {"step": "7"})
    ...     load_safetensors(f"{folder}/w.safetensors")["layers.0.weight"].tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    who = f"save_safetensors({os.fspath(path)!r})"
    write_safetensors(path, tree_to_buffers(arrays, who), metadata, who)


def write_safetensors(
    path: str | os.PathLike[str],
    buffers: Mapping[str, np.ndarray],
    metadata: Mapping[str, str] | None,
    who: str,
) -> None:
    """Write a file from NumPy arrays; equal arrays and metadata give equal bytes."""
    texts = check_texts(metadata, who)
    for name, x in buffers.items():
        check_tensor(name, x, who)
    # Wide elements first: then each tensor begins at a multiple of its element's size.
    order = sorted(buffers.items(), key=lambda item: (-item[1].dtype.itemsize, item[0]))
    header = render_header({name: (x.dtype, x.shape) for name, x in order}, texts)
    with replacing(path, who) as file:
        file.write(header)
        for _, x in order:
            file.write(np.ascontiguousarray(x).reshape(-1).view(np.uint8).data)


def check_tensor(name: str, x: np.ndarray, who: str) -> None:
    """The format can hold this name and this dtype."""
    check_text(name, "the name of an array", who)
    if name == "__metadata__":
        problem = "an array is called '__metadata__', where the format keeps its metadata"
        raise ArgumentError(who, problem, "Rename it.")
    if x.dtype not in NAMES:
        advice = "Use save_npz or save_state, which can."
        if is_key(x.dtype):
            advice = f"{advice} Or save ox.random.key_data(key)."
        problem = f"leaf {name!r:.80} is {short_name(x.dtype)}, which safetensors cannot hold"
        raise DtypeError(who, problem, advice)
