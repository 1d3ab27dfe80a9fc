"""Models in several safetensors files, with an index that says which tensor is where.

The layout is Hugging Face's: the index `model.safetensors.index.json` beside the files it names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np

from oxmlx.errors import ArgumentError, FileFormatError, MissingFileError
from oxmlx.io.access import access
from oxmlx.io.atomic import replacing
from oxmlx.io.buffers import check_texts, tree_to_buffers
from oxmlx.io.reader import SafeFile, map_file
from oxmlx.io.safetensors import check_tensor, load_safetensors, write_safetensors
from oxmlx.io.strict_json import parse_object
from oxmlx.ir.array import Array
from oxmlx.ir.device import Device

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"


def load_sharded(
    path: str | os.PathLike[str], device: Device | str | None = None
) -> dict[str, Array]:
    """The arrays of a model by name, from all files that its index names; nothing is copied.

    Args:
        path: the index, or a folder with `model.safetensors.index.json` or `model.safetensors`.
        device: where the arrays shall be; the default device if None.

    Raises:
        FileFormatError: the folder holds no model; the index names a file outside of its folder, or
            disagrees with the files; or a file is corrupt.
        DtypeError: a tensor has a dtype that oxmlx has not.
        MissingFileError: the index or a file that it names does not exist.

    >>> import numpy as np
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     weights = {"a": np.ones(3, "float32"), "b": np.zeros(3, "float32")}
    ...     save_sharded(folder, weights, max_shard_size=12)
    ...     sorted(os.listdir(folder))[0], load_sharded(folder)["a"].tolist()
    ('model-00001-of-00002.safetensors', [1.0, 1.0, 1.0])
    """
    index, who = Path(path), f"load_sharded({os.fspath(path)!r})"
    if index.is_dir():
        index = index / INDEX
        if not index.exists():
            single = index.with_name(SINGLE)
            if not single.exists():
                problem = f"the folder has neither {INDEX} nor {SINGLE}"
                raise FileFormatError(who, problem, "Pass the path of the file itself.")
            return load_safetensors(single, device)
    shards = read_index(index, who)
    files = {name: SafeFile(index.with_name(name), "load_sharded", device) for name in shards}
    for name, file in files.items():
        check_shard(name, set(file.keys()), shards[name], who)
    places = {tensor: files[name] for name, tensors in shards.items() for tensor in tensors}
    return {tensor: file.get_tensor(tensor) for tensor, file in places.items()}


def read_index(path: Path, who: str) -> dict[str, list[str]]:
    """The names of the tensors in each file, by the plain name of the file."""
    found = parse_object(bytes(map_file(path, who)[:]), "the index", who).get("weight_map")
    if not isinstance(found, dict):
        raise FileFormatError(who, f"the index has the weight_map {found!r:.80}, wanted a map")
    shards: dict[str, list[str]] = {}
    for tensor, file in found.items():
        if not isinstance(file, str) or not is_plain(file):
            problem = f"tensor {tensor!r:.80} is said to be in {file!r:.80}"
            raise FileFormatError(who, problem, "Wanted the name of a file beside the index.")
        shards.setdefault(file, []).append(tensor)
    return shards


def is_plain(name: str) -> bool:
    """Is it the name of a file, on any system, and not a way to another folder?

    >>> [is_plain(x) for x in ("model.safetensors", "../model", "C:model", "..", "")]
    [True, False, False, False, False]
    """
    pure = PurePosixPath(name).name == name and PureWindowsPath(name).name == name
    return pure and name not in ("", ".", "..") and "\0" not in name


def check_shard(file: str, have: set[str], wanted: list[str], who: str) -> None:
    """A file has exactly the tensors that the index gives it."""
    if missing := [tensor for tensor in wanted if tensor not in have]:
        problem = f"{file!r:.80} has no tensor {missing[0]!r:.80}, which the index says is there"
        raise FileFormatError(who, problem, f"{len(missing)} are missing from this file.")
    if extra := sorted(have.difference(wanted)):
        problem = f"{file!r:.80} has the tensor {extra[0]!r:.80}, which the index does not name"
        raise FileFormatError(who, problem, f"{len(extra)} of this file would be lost.")


def save_sharded(
    folder: str | os.PathLike[str],
    arrays: Any,
    max_shard_size: int = 5_000_000_000,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Save the arrays of a pytree in files of bounded size, and the index that names them.

    The index is written last and the files of the old one go after that: what breaks in between
    leaves the old model whole.

    Args:
        folder: made if it does not exist.
        arrays: a pytree of arrays.
        max_shard_size: bytes of arrays in one file; a larger array has a file of its own.
        metadata: texts to save with each file.

    Raises:
        ArgumentError: max_shard_size is not a positive integer; else as for `save_safetensors`.

    >>> import oxmlx as ox
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save_sharded(folder, {"a": ox.numpy.ones(2), "b": ox.numpy.ones(3)}, max_shard_size=12)
    ...     print(*sorted(path.name for path in Path(folder).iterdir()))
    ...     ox.io.load(folder)["b"]
    model-00001-of-00002.safetensors model-00002-of-00002.safetensors model.safetensors.index.json
    array([1., 1., 1.], dtype=float32)
    """
    root, who = Path(folder), f"save_sharded({os.fspath(folder)!r})"
    if type(max_shard_size) is not int or max_shard_size < 1:
        problem = f"max_shard_size is {max_shard_size!r}, wanted a positive number of bytes"
        raise ArgumentError(who, problem, "5 GB are 5_000_000_000.")
    buffers = tree_to_buffers(arrays, who)
    for name, x in buffers.items():
        check_tensor(name, x, who)
    check_texts(metadata, who)
    shards = split(buffers, max_shard_size)
    with access(root, who):
        root.mkdir(parents=True, exist_ok=True)
    old: set[str] = set()
    with suppress(MissingFileError, FileFormatError):  # no old index, or none that we understand
        old = set(read_index(root / INDEX, who))
    names = free_names(root, len(shards))
    try:
        for name, shard in zip(names, shards, strict=True):
            write_safetensors(root / name, shard, metadata, who)
    except BaseException:  # no index names them yet
        remove(root, names)
        raise
    index = {
        "metadata": {"total_size": sum(x.nbytes for x in buffers.values())},
        "weight_map": {t: name for name, shard in zip(names, shards, strict=True) for t in shard},
    }
    with replacing(root / INDEX, who) as file:
        file.write(json.dumps(index, indent=2, ensure_ascii=False).encode())
    remove(root, old.difference(names))


def remove(root: Path, names: Iterable[str]) -> None:
    """Delete files that no index names."""
    for name in names:
        (root / name).unlink(missing_ok=True)


def split(buffers: Mapping[str, np.ndarray], limit: int) -> list[dict[str, np.ndarray]]:
    """Consecutive arrays, of at most `limit` bytes together where one alone is not more.

    >>> x = np.ones(4, np.uint8)
    >>> [list(shard) for shard in split({"a": x, "b": x, "c": x}, 9)]
    [['a', 'b'], ['c']]
    """
    shards: list[dict[str, np.ndarray]] = []
    filled = limit
    for name, x in buffers.items():
        if not shards or filled + x.nbytes > limit:
            shards.append({})
            filled = 0
        shards[-1][name] = x
        filled += x.nbytes
    return shards


def free_names(root: Path, n: int) -> list[str]:
    """Names for `n` files, none of which exists: what an old index names is not overwritten."""
    for version in count(1):
        stem = "model" if version == 1 else f"model-v{version}"
        names = [f"{stem}-{k + 1:05}-of-{n:05}.safetensors" for k in range(n)]
        if not any(os.path.lexists(root / name) for name in names):
            return names
    return []
