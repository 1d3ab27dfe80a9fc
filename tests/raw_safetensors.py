"""Safetensors files spelled by hand, right or wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

T = TypeVar("T")


def pack(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    """A file with this header (bytes, or an object to write as JSON) and these data."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def tensor(dtype: str, shape: Any, begin: Any, end: Any) -> dict[str, Any]:
    """The entry of one tensor in a header."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def on_file(data: bytes, read: Callable[[Path], T], name: str = "x.safetensors") -> T:
    """What `read` makes of a file with these bytes."""
    return on_files({name: data}, lambda folder: read(folder / name))


def on_files(files: dict[str, bytes], read: Callable[[Path], T]) -> T:
    """What `read` makes of a folder with these files."""
    with TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        return read(Path(folder))
