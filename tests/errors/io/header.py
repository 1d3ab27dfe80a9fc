"""Refusals of oxmlx.io.header."""

from typing import Any

from raise_coverage import Refusal
from raw_safetensors import pack, tensor

from oxmlx.errors import FileFormatError
from oxmlx.io.header import MAX_HEADER, parse_header

F32 = tensor("F32", [1], 0, 4)


def row(name: str, header: Any, data: bytes, text: str, length: int | None = None) -> Refusal:
    file = pack(header, data, length)
    return Refusal(name, lambda: parse_header(file, "load('x')"), FileFormatError, text)


def field(name: str, entry: Any, text: str) -> Refusal:
    return row(name, {"w": entry}, b"1234", f"load('x'): tensor 'w' {text}")


REFUSALS = [
    Refusal(
        "short file",
        lambda: parse_header(b"\x08\0\0", "load('x')"),
        FileFormatError,
        "load('x'): the file has 3 bytes, and the length of the header alone takes 8",
    ),
    row("length beyond the file", {}, b"", "claims 3 bytes, and the file has 2 after", 3),
    row("oversized header", {}, b"", f"claims {MAX_HEADER + 1} bytes, of at most", MAX_HEADER + 1),
    row("largest length", {}, b"", "the header claims 18446744073709551615 bytes", 2**64 - 1),
    row("pickle", b"\x80\x04]q\x00.", b"", "the header is not JSON"),
    row("metadata are a list", {"__metadata__": []}, b"", "__metadata__ is [], wanted a map"),
    row("metadata of a number", {"__metadata__": {"a": 1}}, b"", "__metadata__['a'] is 1, wanted"),
    field("no object", ["F32", [1], [0, 4]], "is ['F32', [1], [0, 4]], wanted the fields"),
    field("field missing", {"dtype": "F32", "shape": [1]}, "is {'dtype': 'F32', 'shape': [1]}"),
    field("field too many", {**F32, "order": "big"}, "is {'dtype': 'F32'"),
    field("unknown dtype", {**F32, "dtype": "F7"}, "has the dtype 'F7', which the format has not"),
    field("dtype of a list", {**F32, "dtype": ["F32"]}, "has the dtype ['F32'], which"),
    field("negative extent", {**F32, "shape": [-1]}, "has the shape [-1], wanted"),
    field("fractional extent", {**F32, "shape": [1.0]}, "has the shape [1.0], wanted"),
    field("true extent", {**F32, "shape": [True]}, "has the shape [True], wanted"),
    field(
        "extent beyond 64 bits", {**F32, "shape": [2**64]}, "has the shape [18446744073709551616]"
    ),
    field("shape of a number", {**F32, "shape": 1}, "has the shape 1, wanted"),
    field("too many axes", {**F32, "shape": [1] * 65}, "has the shape [1, 1, 1"),
    field(
        "overflowing product",
        {**F32, "shape": [2**31, 2**31]},
        "has the shape [2147483648, 2147483648], too large for any memory",
    ),
    field(
        "overflow hidden by a 0",
        tensor("F32", [0, 2**62], 0, 0),
        "has the shape [0, 4611686018427387904], too large for any memory",
    ),
    field("offsets backwards", tensor("F32", [1], 4, 0), "has the data_offsets [4, 0], wanted"),
    field("negative offset", tensor("F32", [1], -4, 0), "has the data_offsets [-4, 0], wanted"),
    field("one offset", {**F32, "data_offsets": [4]}, "has the data_offsets [4], wanted"),
    field("offsets of None", {**F32, "data_offsets": None}, "has the data_offsets None, wanted"),
    field(
        "shape against offsets", {**F32, "shape": [2]}, "is F32[2] and needs 8 bytes, its data_off"
    ),
    field("dtype against offsets", {**F32, "dtype": "F64"}, "is F64[1] and needs 8 bytes"),
    field("half a byte", tensor("F4", [1], 0, 1), "is F4[1] and needs 0.5 bytes"),
    field("beyond the file", tensor("F32", [2], 0, 8), "ends at byte 77 of a file of 73"),
    row("cut short", {"w": F32}, b"123", "tensor 'w' ends at byte 73 of a file of 72"),
    row(
        "overlap",
        {"b": tensor("U8", [3], 1, 4), "a": tensor("U8", [2], 0, 2)},
        b"1234",
        "tensor 'b' overlaps tensor 'a'",
    ),
    row("same bytes twice", {"a": F32, "b": F32}, b"1234", "tensor 'b' overlaps tensor 'a'"),
    row(
        "hole",
        {"a": tensor("U8", [1], 0, 1), "b": tensor("U8", [2], 2, 4)},
        b"1234",
        "before tensor 'b', belong to no tensor",
    ),
    row("bytes behind", {"a": F32}, b"12345678", "the last 4 bytes belong to no tensor"),
    row("empty map and data", {}, b"1", "the last 1 bytes belong to no tensor"),
]
