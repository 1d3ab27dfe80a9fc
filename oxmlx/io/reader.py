"""Safetensors files opened lazily: the header is read, the tensors are views of the mapped file."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from types import EllipsisType
from typing import Any, BinaryIO

import numpy as np

from oxmlx.dtypes import Dtype, bool_
from oxmlx.errors import (
    ArgumentError,
    DtypeError,
    FileFormatError,
    OutOfBoundsError,
    StateDictError,
)
from oxmlx.io import counters
from oxmlx.io.access import access
from oxmlx.io.header import DTYPES, Entry, parse_header
from oxmlx.ir.array import Array
from oxmlx.ir.device import Device, as_device
from oxmlx.ops.convert import from_numpy


def safe_open(path: str | os.PathLike[str], device: Device | str | None = None) -> SafeFile:
    """Open a safetensors file without reading its tensors.

    Args:
        path: the file.
        device: where its arrays shall be; the default device if None.

    Raises:
        FileFormatError: the file is corrupt, or not a safetensors file.
        MissingFileError: there is no such file.

    >>> import numpy as np
    >>> import oxmlx as ox
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     ox.io.save(f"{folder}/w.safetensors", {"w": np.arange(6, dtype="f4").reshape(3, 2)})
    ...     with safe_open(f"{folder}/w.safetensors") as file:
    ...         [(name, file.get_slice(name).shape) for name in file.keys()]
    ...         file.get_slice("w")[1:, 0].tolist()
    [('w', (3, 2))]
    [2.0, 4.0]
    """
    return SafeFile(path, "safe_open", device)


class SafeFile:
    """An open safetensors file, with the methods of `safetensors.safe_open`.

    The file stays mapped as long as it is open, or an array that came from it is alive.

    >>> import oxmlx as ox
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     ox.io.save(f"{folder}/x.safetensors", {"w": ox.numpy.ones((2, 3))})
    ...     with ox.io.safe_open(f"{folder}/x.safetensors") as file:
    ...         file.keys(), file.get_tensor("w").shape
    (['w'], (2, 3))
    """

    def __init__(
        self, path: str | os.PathLike[str], who: str, device: Device | str | None = None
    ) -> None:
        self.who = f"{who}({os.fspath(path)!r})"
        self.device = as_device(device)
        data = map_file(Path(path), self.who)
        self.header = parse_header(data, self.who)
        self.data: np.ndarray | None = np.frombuffer(data, np.uint8)

    def keys(self) -> list[str]:
        """The names of the tensors, in the order of the header."""
        return list(self.header.tensors)

    def metadata(self) -> dict[str, str]:
        """The texts that were saved with the tensors."""
        return dict(self.header.metadata)

    def get_slice(self, name: str) -> LazyTensor:
        """One tensor, to look at its shape and dtype and to read parts of it.

        Raises:
            StateDictError: the file has no tensor of this name.
        """
        if name not in self.header.tensors:
            have = ", ".join(f"{have!r:.80}" for have in self.keys()[:5]) or "none"
            raise StateDictError(self.who, f"there is no tensor {name!r:.80}", f"It has {have}.")
        return LazyTensor(self, name, self.header.tensors[name])

    def get_tensor(self, name: str) -> Array:
        """One tensor as an array over the bytes of the file.

        Raises:
            StateDictError: the file has no tensor of this name.
            DtypeError: its dtype is none of oxmlx's.
        """
        return self.get_slice(name)[...]

    def close(self) -> None:
        """Let go of the file; arrays that came from it stay valid."""
        self.data = None

    def __enter__(self) -> SafeFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class LazyTensor:
    """A tensor of an open file; an index gives an array over the bytes that it selects.

    >>> import oxmlx as ox
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     ox.io.save(f"{folder}/x.safetensors", {"w": ox.numpy.arange(6).reshape(2, 3)})
    ...     with ox.io.safe_open(f"{folder}/x.safetensors") as file:
    ...         file.get_slice("w")[1]
    array([3, 4, 5], dtype=int32)
    """

    def __init__(self, file: SafeFile, name: str, entry: Entry) -> None:
        self.file, self.name, self.entry = file, name, entry

    @property
    def shape(self) -> tuple[int, ...]:
        """The extent of each axis."""
        return self.entry.shape

    @property
    def dtype(self) -> Dtype:
        """The type of one element."""
        if self.entry.dtype not in DTYPES:
            problem = f"tensor {self.name!r:.80} is {self.entry}, a dtype that oxmlx has not"
            advice = f"Convert it to one of {', '.join(DTYPES)} before."
            raise DtypeError(self.file.who, problem, advice)
        return DTYPES[self.entry.dtype]

    def get_shape(self) -> list[int]:
        """The shape, as `safetensors` gives it."""
        return list(self.entry.shape)

    def get_dtype(self) -> str:
        """The dtype by the name of the format: "F32"."""
        return self.entry.dtype

    def __getitem__(self, index: Any) -> Array:
        who, tensor = self.file.who, f"tensor {self.name!r:.80}"
        if self.file.data is None:
            raise ArgumentError(who, "the file is closed", "Read inside of the with block.")
        parts: tuple[Any, ...] = index if isinstance(index, tuple) else (index,)
        if not all(map(is_basic, parts)):
            problem = f"{tensor} got the index {index!r:.80}, wanted integers and slices"
            raise ArgumentError(who, problem, f"Read it first: file.get_tensor({self.name!r:.80}).")
        if ... not in parts:
            parts = (*parts, ...)  # so that one element is an array too
        raw = self.file.data[self.entry.begin : self.entry.end]
        whole = raw.view(self.dtype).reshape(self.shape)
        try:
            view = whole[parts]
        except IndexError as error:
            problem = f"{tensor} is {self.entry}, got the index {index!r:.80}: {error}"
            raise OutOfBoundsError(who, problem) from None
        except (TypeError, ValueError) as error:
            problem, advice = f"{tensor} got the index {index!r:.80}: {error}", "Use integers."
            raise ArgumentError(who, problem, advice) from None
        if self.dtype == bool_.dtype and view.size and view.view(np.uint8).max() > 1:
            problem = f"{tensor} is BOOL and has the byte {view.view(np.uint8).max()}"
            raise FileFormatError(who, problem, "Only 0 and 1 are truth values.")
        return from_numpy(view if view.flags.aligned else counters.copy(view), self.file.device)


def is_basic(part: object) -> bool:
    """Does this part of an index select without a copy?"""
    return isinstance(part, int | np.integer | slice | EllipsisType) and not isinstance(part, bool)


def map_file(path: Path, who: str) -> bytes | mmap.mmap:
    """The bytes of a file, which the system reads as they are looked at."""
    with open_regular(path, who) as file:
        if os.fstat(file.fileno()).st_size == 0:
            return b""  # which cannot be mapped
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def open_regular(path: Path, who: str) -> BinaryIO:
    """Open a file to read; a pipe would block and a device never end.

    Raises:
        FileFormatError: it is a folder, a pipe or a device.
        FilePermissionError: the system denies it.
        MissingFileError: there is no such file.
    """
    with access(path, who):
        if path.exists() and not path.is_file():
            problem = "this is a folder, a pipe or a device, wanted a regular file"
            raise FileFormatError(who, problem, "Pass the path of the file itself.")
        return open(path, "rb")
