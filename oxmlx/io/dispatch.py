"""`load` and `save`: the format is in the name of the file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oxmlx.errors import ArgumentError
from oxmlx.io.npz import load_npz, save_npz
from oxmlx.io.safetensors import load_safetensors, save_safetensors
from oxmlx.io.sharded import load_sharded
from oxmlx.ir.array import Array
from oxmlx.ir.device import Device


def load(path: str | os.PathLike[str], device: Device | str | None = None) -> dict[str, Array]:
    """The arrays of a file by name.

    Args:
        path: a `.safetensors` file, its `.index.json`, a folder with either, or a `.npz` file.
        device: where the arrays shall be; the default device if None.

    Raises:
        FileFormatError: the file is corrupt, or not what its name says.
        DtypeError: an array has a dtype that oxmlx has not.
        MissingFileError: there is no such file.
        ArgumentError: the name has another extension.

    >>> import numpy as np
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save(f"{folder}/w.safetensors", {"w": np.arange(3), "b": np.float16(2)})
    ...     {name: x.tolist() for name, x in load(f"{folder}/w.safetensors").items()}
    {'w': [0, 1, 2], 'b': 2.0}
    """
    suffix = Path(path).suffix
    if suffix == ".safetensors":
        return load_safetensors(path, device)
    if suffix == ".npz":
        return load_npz(path, device)
    if suffix == ".json" or Path(path).is_dir():
        return load_sharded(path, device)
    raise ArgumentError(
        f"load({os.fspath(path)!r})",
        f"nothing reads files in {suffix!r}",
        "There are .safetensors, .safetensors.index.json, .npz, and folders with a model.",
    )


def save(
    path: str | os.PathLike[str], arrays: Any, metadata: Mapping[str, str] | None = None
) -> None:
    """Save the arrays of a pytree under dotted names, atomically.

    Args:
        path: a `.safetensors` or `.npz` file, which is replaced if it exists.
        arrays: a pytree of arrays.
        metadata: texts to save with them, in a `.safetensors` file only.

    Raises:
        ArgumentError: the name has another extension, a leaf is no array, or metadata are no texts.
        DtypeError: the format cannot hold an array's dtype.
        TreeError: two leaves would have the same name.

    >>> import numpy as np
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save(f"{folder}/w.npz", {"layers": [np.ones(1, "float32"), np.zeros(1, "float32")]})
    ...     sorted(load(f"{folder}/w.npz"))
    ['layers.0', 'layers.1']
    """
    who, suffix = f"save({os.fspath(path)!r})", Path(path).suffix
    if suffix == ".safetensors":
        save_safetensors(path, arrays, metadata)
    elif suffix != ".npz":
        raise ArgumentError(who, f"nothing writes files in {suffix!r}", "Use .safetensors or .npz.")
    elif metadata:
        raise ArgumentError(who, "an npz archive has no metadata", "Use .safetensors.")
    else:
        save_npz(path, arrays)
