"""NumPy's npz archives, without pickle; bfloat16 and keys are records whose fields name them."""

from __future__ import annotations

import ast
import os
import zipfile
import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from oxmlx.dtypes import KEY_DTYPES, SCALAR_TYPES, Dtype, bfloat16, bool_
from oxmlx.errors import ArgumentError, DtypeError, FileFormatError
from oxmlx.io import counters
from oxmlx.io.atomic import replacing
from oxmlx.io.buffers import check_text, tree_to_buffers
from oxmlx.io.header import MAX_BYTES, MAX_RANK
from oxmlx.io.reader import open_regular
from oxmlx.ir.array import Array
from oxmlx.ir.device import Device
from oxmlx.ops.convert import from_numpy

# NumPy would write bfloat16 as two nameless bytes.
TAGGED_BFLOAT16 = np.dtype([("bfloat16", "<u2")])

WIDEST = 16  # bytes of a complex128
_STORED: list[Dtype] = [
    *(t.dtype for t in SCALAR_TYPES if t is not bfloat16),
    *KEY_DTYPES.values(),
    TAGGED_BFLOAT16,
]
# By the text that the header of a .npy file has for it, so that no file makes us build a dtype.
_BY_DESCRIPTION = {repr(np.lib.format.dtype_to_descr(dtype)): dtype for dtype in _STORED}

MAX_TEXT = 10_000  # bytes of a header, as in NumPy
MAX_NAME = 60_000  # bytes; the field for its length has 16 bits
_MAGIC = b"\x93NUMPY"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises for cut, encrypted, unknown or inconsistent archives.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)


def load_npz(path: str | os.PathLike[str], device: Device | str | None = None) -> dict[str, Array]:
    """The arrays of an npz archive by name; Python objects in it are refused, not unpickled.

    Args:
        path: the file.
        device: where the arrays shall be; the default device if None.

    Raises:
        FileFormatError: the file is corrupt, or not an npz archive.
        DtypeError: an array has a dtype that oxmlx has not: objects, texts, a foreign byte order.
        MissingFileError: there is no such file.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/w.npz", w=np.arange(3, dtype=np.int64))
    ...     load_npz(f"{folder}/w.npz")["w"].aval
    i64[3]
    """
    who = f"load_npz({os.fspath(path)!r})"
    with open_regular(Path(path), who) as file:
        try:
            members = read_members(file, who)
        except (FileFormatError, DtypeError):
            raise
        except _BROKEN as error:
            problem = f"the file is no intact npz archive: {error!s:.200}"
            raise FileFormatError(who, problem, "Download or save it again.") from error
    return {name: from_numpy(x, device) for name, x in members.items()}


def read_members(file: Any, who: str) -> dict[str, np.ndarray]:
    """The array of each member of an archive."""
    size = os.fstat(file.fileno()).st_size
    members: dict[str, np.ndarray] = {}
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            name = info.filename.removesuffix(".npy")
            if name == info.filename or name in members:
                problem = f"it has the member {info.filename!r:.80}, wanted distinct .npy files"
                raise FileFormatError(who, problem)
            if info.header_offset < 0 or info.header_offset + info.compress_size > size:
                raise FileFormatError(who, f"array {name!r:.80} lies outside of the file")
            if info.compress_type not in _METHODS:
                problem = f"array {name!r:.80} is compressed by method {info.compress_type}"
                raise FileFormatError(who, problem, "NumPy stores or deflates.")
            members[name] = parse_npy(archive.read(info), name, who)
    return members


def parse_npy(data: bytes, name: str, who: str) -> np.ndarray:
    """The array in the bytes of a .npy file, over those bytes."""
    array = f"array {name!r:.80}"
    wide = 4 if data[6:7] > b"\x01" else 2  # bytes of the length of the header, by version
    start = 8 + wide + int.from_bytes(data[8 : 8 + wide], "little")
    if data[:6] != _MAGIC or data[6:8] not in (b"\x01\x00", b"\x02\x00") or start > len(data):
        raise FileFormatError(who, f"{array} begins with {data[:10]!r}, which is no .npy header")
    header = parse_npy_header(data[8 + wide : start])
    if header is None:
        raise FileFormatError(who, f"{array} has the header {data[8 + wide : start]!r:.80}")
    description, fortran, shape = header
    dtype = _BY_DESCRIPTION.get(repr(description))
    if dtype is None:
        problem = f"{array} has the dtype {description!r:.80}, none that oxmlx can hold"
        raise DtypeError(who, problem, npy_advice(repr(description)))
    if prod(shape) * dtype.itemsize != len(data) - start:
        needs = f"{prod(shape) * dtype.itemsize} bytes"
        problem = f"{array} has the shape {shape} of {dtype} and needs {needs}"
        raise FileFormatError(who, f"{problem}, there are {len(data) - start}")
    counters.count(len(data) - start)
    raw = (
        np.frombuffer(data, np.uint8, offset=start) if len(data) > start else np.empty(0, np.uint8)
    )
    if dtype == bool_.dtype and raw.size and raw.max() > 1:
        raise FileFormatError(who, f"{array} is bool and has the byte {raw.max()}")
    flat = raw.view(bfloat16.dtype if dtype == TAGGED_BFLOAT16 else dtype)
    flat = flat if flat.flags.aligned else flat.copy()
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def parse_npy_header(text: bytes) -> tuple[Any, bool, tuple[int, ...]] | None:
    """Dtype description, Fortran order and shape; None if the text has another form."""
    if len(text) > MAX_TEXT:
        return None
    try:
        found = ast.literal_eval(text.decode("latin1"))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None  # what literal_eval may raise
    if not isinstance(found, dict) or found.keys() != {"descr", "fortran_order", "shape"}:
        return None
    fortran, shape = found["fortran_order"], found["shape"]
    if type(fortran) is not bool or type(shape) is not tuple or len(shape) > MAX_RANK:
        return None
    if not all(type(n) is int and 0 <= n <= MAX_BYTES for n in shape):
        return None
    too_large = prod(max(n, 1) for n in shape) > MAX_BYTES // WIDEST
    return None if too_large else (found["descr"], fortran, shape)


def npy_advice(description: str) -> str:
    """What to do about a dtype that we do not have."""
    if "V2" in description:
        return "If NumPy wrote bfloat16: np.load it and .view(ml_dtypes.bfloat16)."
    if "O" in description:
        return "It would have to be unpickled, which can run any code: oxmlx never does."
    return "Convert it in NumPy with astype, and save it again."


def save_npz(path: str | os.PathLike[str], arrays: Any) -> None:
    """Save the arrays of a pytree under dotted names, atomically.

    `numpy.load` reads the file; bfloat16 is there a record with one field of that name.

    Args:
        path: the file, which is replaced if it exists.
        arrays: a pytree of arrays.

    Raises:
        ArgumentError: a leaf is no array, or a name cannot stand in an archive.
        TreeError: two leaves would have the same name.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save_npz(f"{folder}/w.npz", {"layers": [{"w": np.ones(2, "bfloat16")}]})
    ...     load_npz(f"{folder}/w.npz")["layers.0.w"].aval
    bf16[2]
    """
    who = f"save_npz({os.fspath(path)!r})"
    buffers = tree_to_buffers(arrays, who)
    for name in buffers:
        check_text(name, "the name of an array", who)
        if member_info(name).filename != f"{name}.npy" or len(name.encode()) > MAX_NAME:
            problem = f"an array is called {name!r:.80}, which an archive cannot hold"
            raise ArgumentError(who, problem, "Rename it.")
    with replacing(path, who) as file, zipfile.ZipFile(file, "w") as archive:
        for name, x in sorted(buffers.items()):
            stored = x.view(TAGGED_BFLOAT16) if x.dtype == bfloat16.dtype else x
            with archive.open(member_info(name), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, stored, allow_pickle=False)


def member_info(name: str) -> zipfile.ZipInfo:
    """The entry of an array in an archive, dated always the same; zip cuts a name at a NUL."""
    return zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
