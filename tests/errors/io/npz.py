"""Refusals of oxmlx.io.npz."""

import io
import zipfile
from typing import Any

import numpy as np
from raise_coverage import Refusal
from raw_safetensors import on_file, on_files

from oxmlx.errors import ArgumentError, DtypeError, FileFormatError
from oxmlx.io import load_npz, save_npz
from oxmlx.io.npz import parse_npy


def npy(x: Any, pickle: bool = False) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(x), allow_pickle=pickle)
    return file.getvalue()


def archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as zipped:
        for name, data in members:
            zipped.writestr(name, data)
    return file.getvalue()


def pointing_at_the_end() -> bytes:
    data = archive(("a.npy", b""))
    directory = data.index(b"PK\x01\x02")
    return data[: directory + 42] + (len(data) - 4).to_bytes(4, "little") + data[directory + 46 :]


def row(name: str, data: bytes, text: str, error: type[Exception] = FileFormatError) -> Refusal:
    return Refusal(name, lambda: on_file(data, load_npz, "x.npz"), error, text)


def header(name: str, text: bytes, problem: str = "array 'a' has the header ") -> Refusal:
    text = text.ljust(200)
    data = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    return Refusal(name, lambda: parse_npy(data, "a", "load"), FileFormatError, problem)


def twice() -> bytes:
    # zipfile warns of one name for two members, so the second is renamed in the bytes
    return archive(("a.npy", npy(1)), ("b.npy", npy(2))).replace(b"b.npy", b"a.npy")


FLOATS = npy(np.ones(2, np.float32))
REFUSALS = [
    row("no archive", b"not an archive", "the file is no intact npz archive: File is not a zip"),
    row("empty file", b"", "x.npz'): the file is no intact npz archive"),
    row("cut short", archive(("a.npy", FLOATS))[:-30], "the file is no intact npz archive"),
    row(
        "bad checksum",
        archive(("a.npy", FLOATS)).replace(np.ones(2, "f4").tobytes(), bytes(8)),
        "the file is no intact npz archive: Bad CRC-32 for file 'a.npy'",
    ),
    row("another file in it", archive(("a.txt", b"1")), "it has the member 'a.txt', wanted"),
    row("a name twice", twice(), "it has the member 'a.npy', wanted distinct .npy files"),
    row(
        "lzma",
        archive(("a.npy", FLOATS), method=zipfile.ZIP_LZMA),
        "array 'a' is compressed by method 14\n  NumPy stores or deflates.",
    ),
    row(
        "member before the file",
        archive(("a.npy", FLOATS))[1:],
        "array 'a' lies outside of the file",
    ),
    row("member at the end", pointing_at_the_end(), "the file is no intact npz archive: Truncated"),
    row("no npy", archive(("a.npy", b"hello, world")), "array 'a' begins with b'hello, wor'"),
    row("nothing", archive(("a.npy", b"")), "array 'a' begins with b''"),
    row("header cut short", archive(("a.npy", FLOATS[:60])), "array 'a' begins with b'\\x93NUMPY"),
    row("data cut short", archive(("a.npy", FLOATS[:-1])), "needs 8 bytes, there are 7"),
    row("data too long", archive(("a.npy", FLOATS + b"1")), "needs 8 bytes, there are 9"),
    row(
        "a bool that is 2", archive(("a.npy", npy(True)[:-1] + b"\2")), "is bool and has the byte 2"
    ),
    row("pickle", archive(("a.npy", npy([{}], True))), "oxmlx never does.", DtypeError),
    row("texts", archive(("a.npy", npy("é"))), "has the dtype '<U1', none that oxmlx", DtypeError),
    row(
        "big-endian", archive(("a.npy", npy(np.ones(1, ">f4")))), "has the dtype '>f4'", DtypeError
    ),
    row(
        "nameless bfloat16",
        archive(("a.npy", npy(np.zeros(1, "V2")))),
        "np.load it and .view(ml_dtypes.bfloat16)",
        DtypeError,
    ),
    header("header of code", b"__import__('os').abort()"),
    header("header of a list", b"[1]"),
    header("header without shape", b"{'descr': '<f4', 'fortran_order': False}"),
    header("order of 1", b"{'descr': '<f4', 'fortran_order': 1, 'shape': ()}"),
    header("shape of a list", b"{'descr': '<f4', 'fortran_order': False, 'shape': [0]}"),
    header("true extent", b"{'descr': '|u1', 'fortran_order': False, 'shape': (False,)}"),
    header("negative extent", b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 0)}"),
    header("overflow hidden by a 0", b"{'descr':'<f4','fortran_order':False,'shape':(0,2**62)}"),
    header(
        "overflow",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904)}",
    ),
    header(
        "gigabytes that are not there",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,)}",
        "needs 4000000000 bytes, there are 0",
    ),
    header("nested too deeply", b"(" * 9000),
    header("header too long", b"{" + b" " * 20_000),
    *(
        Refusal(
            f"name with {what}",
            lambda name=name: on_files(
                {}, lambda folder: save_npz(folder / "x", {name: np.ones(1)})
            ),
            ArgumentError,
            "which an archive cannot hold",
        )
        for what, name in {"NUL": "a\0b", "too many letters": "a" * 70_000}.items()
    ),
]
