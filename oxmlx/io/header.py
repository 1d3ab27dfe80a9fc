"""The header of a safetensors file: parsed and checked whole before any tensor is touched.

8 bytes of little-endian length, a JSON object {name: dtype, shape, data_offsets}, then the data.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

from oxmlx import dtypes
from oxmlx.dtypes import Dtype
from oxmlx.errors import FileFormatError
from oxmlx.io.strict_json import parse_object

MAX_HEADER = 100_000_000  # bytes, the format's own bound
MAX_RANK = 64  # NumPy's
MAX_BYTES = 2**63 - 1

DTYPES: dict[str, Dtype] = {
    "BOOL": dtypes.bool_.dtype,
    "U8": dtypes.uint8.dtype,
    "I8": dtypes.int8.dtype,
    "U16": dtypes.uint16.dtype,
    "I16": dtypes.int16.dtype,
    "U32": dtypes.uint32.dtype,
    "I32": dtypes.int32.dtype,
    "U64": dtypes.uint64.dtype,
    "I64": dtypes.int64.dtype,
    "F16": dtypes.float16.dtype,
    "BF16": dtypes.bfloat16.dtype,
    "F32": dtypes.float32.dtype,
    "F64": dtypes.float64.dtype,
    "C64": dtypes.complex64.dtype,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}

# What the format has beyond our dtypes: such a tensor can be listed, not read.
_FOREIGN_BITS = {
    **{"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E8M0": 8},
    **{"F8_E4M3": 8, "F8_E5M2": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8},
}
BITS = _FOREIGN_BITS | {name: 8 * dtype.itemsize for name, dtype in DTYPES.items()}


class Entry(NamedTuple):
    """One tensor: the format's name of its dtype, its shape, and its bytes in the file."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    def __str__(self) -> str:
        return f"{self.dtype}[{','.join(map(str, self.shape))}]"


class Header(NamedTuple):
    """What a file says of itself: its tensors in the order of the text, and the metadata."""

    tensors: dict[str, Entry]
    metadata: dict[str, str]


def parse_header(data: bytes | mmap.mmap, who: str) -> Header:
    """Read the header of a file and check it against the file's size.

    Args:
        data: the whole file; only the header is looked at.
        who: who reads which file, for the error.

    Raises:
        FileFormatError: a length, a field, a shape or an offset is wrong; bytes of the data belong
            to no tensor, or to two.

    >>> text = b'{"w":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}'
    >>> parse_header(len(text).to_bytes(8, "little") + text + bytes(4), "load").tensors
    {'w': Entry(dtype='F16', shape=(2,), begin=62, end=66)}
    """
    size = len(data)
    if size < 8:
        problem = f"the file has {size} bytes, and the length of the header alone takes 8"
        raise FileFormatError(who, problem, "Is it empty, or still being downloaded?")
    length = int.from_bytes(data[:8], "little")
    if length > MAX_HEADER:
        problem = f"the header claims {length} bytes, of at most {MAX_HEADER}"
        raise FileFormatError(who, problem, "Is this a safetensors file?")
    if length > size - 8:
        problem = f"the header claims {length} bytes, and the file has {size - 8} after its length"
        raise FileFormatError(who, problem, "The file is cut short, or not a safetensors file.")
    found = parse_object(data[8 : 8 + length], "the header", who)
    metadata = check_metadata(found.pop("__metadata__", None), who)
    tensors = {name: check_entry(name, x, 8 + length, who) for name, x in found.items()}
    check_layout(tensors, 8 + length, size, who)
    return Header(tensors, metadata)


def check_metadata(found: Any, who: str) -> dict[str, str]:
    """The `__metadata__` of a header, a map of texts."""
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise FileFormatError(who, f"__metadata__ is {found!r:.80}, wanted a map of texts")
    for key, value in found.items():
        if not isinstance(value, str):
            raise FileFormatError(who, f"__metadata__[{key!r:.80}] is {value!r:.80}, wanted a text")
    return found


def check_entry(name: str, found: Any, start: int, who: str) -> Entry:
    """One tensor of a header, whose fields agree with each other.

    Args:
        start: where the data begin in the file, from which offsets count.
    """
    tensor = f"tensor {name!r:.80}"
    if not isinstance(found, dict) or found.keys() != {"dtype", "shape", "data_offsets"}:
        problem = f"{tensor} is {found!r:.80}, wanted the fields dtype, shape, data_offsets"
        raise FileFormatError(who, problem)
    dtype, shape, offsets = found["dtype"], found["shape"], found["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise FileFormatError(
            who, f"{tensor} has the dtype {dtype!r:.80}, which the format has not"
        )
    if not is_lengths(shape) or len(shape) > MAX_RANK:
        problem = f"{tensor} has the shape {shape!r:.80}, wanted at most {MAX_RANK} natural numbers"
        raise FileFormatError(who, problem)
    if prod(max(n, 1) for n in shape) * BITS[dtype] > 8 * MAX_BYTES:
        raise FileFormatError(
            who, f"{tensor} has the shape {shape!r:.80}, too large for any memory"
        )
    if not is_lengths(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        problem = f"{tensor} has the data_offsets {offsets!r:.80}, wanted [begin, end]"
        raise FileFormatError(who, problem)
    begin, end = offsets
    entry = Entry(dtype, tuple(shape), start + begin, start + end)
    bits = prod(shape) * BITS[dtype]
    if 8 * (end - begin) != bits:
        needs = bits // 8 if bits % 8 == 0 else bits / 8
        problem = f"{tensor} is {entry} and needs {needs} bytes, its data_offsets span "
        raise FileFormatError(who, f"{problem}{end - begin}")
    return entry


def is_lengths(found: Any) -> bool:
    """Is it a list of natural numbers that an index can hold? True and 1.0 are none."""
    return isinstance(found, list) and all(type(n) is int and 0 <= n <= MAX_BYTES for n in found)


def check_layout(tensors: Mapping[str, Entry], start: int, size: int, who: str) -> None:
    """The tensors cover the data from `start` to the end of the file, each byte once."""
    reached, before = start, ""
    for name, entry in sorted(tensors.items(), key=lambda item: item[1][2:]):
        tensor = f"tensor {name!r:.80}"
        if entry.end > size:
            problem = f"{tensor} ends at byte {entry.end} of a file of {size}"
            raise FileFormatError(who, problem, "The file is cut short.")
        if entry.begin < reached:
            raise FileFormatError(who, f"{tensor} overlaps tensor {before!r:.80}")
        if entry.begin > reached:
            problem = f"bytes {reached} to {entry.begin}, before {tensor}, belong to no tensor"
            raise FileFormatError(who, problem)
        reached, before = entry.end, name
    if reached < size:
        raise FileFormatError(who, f"the last {size - reached} bytes belong to no tensor")


def render_header(tensors: Mapping[str, tuple[Dtype, tuple[int, ...]]], metadata: Any) -> bytes:
    """The length and the text of a header whose tensors follow one another in this order.

    Args:
        tensors: dtype and shape by name; each dtype has a name in the format.
        metadata: a map of texts.

    >>> render_header({"w": (dtypes.float16.dtype, (2,))}, {"step": "7"})[8:].decode().rstrip()
    '{"__metadata__":{"step":"7"},"w":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}'
    """
    found: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))} if metadata else {}
    end = 0
    for name, (dtype, shape) in tensors.items():
        begin, end = end, end + prod(shape) * dtype.itemsize
        found[name] = {"dtype": NAMES[dtype], "shape": shape, "data_offsets": (begin, end)}
    text = json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # so that the data begin at a multiple of 8
    return len(text).to_bytes(8, "little") + text
