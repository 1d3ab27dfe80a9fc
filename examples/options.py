"""Values on the examples' command lines, as argparse's `type`: a wrong one is refused in a line."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from math import inf
from pathlib import Path


def positive(text: str) -> int:
    """An integer from 1."""
    if int(text) < 1:
        raise ArgumentTypeError(f"wanted 1 or more, got {text}")
    return int(text)


def seed(text: str) -> int:
    """An integer that starts the random numbers of oxmlx, and those of NumPy."""
    if not 0 <= int(text) < 2**64:
        raise ArgumentTypeError(f"wanted 0 or more, and less than 2**64, got {text}")
    return int(text)


def rate(text: str) -> float:
    """A number above 0."""
    if not 0 < float(text) < inf:
        raise ArgumentTypeError(f"wanted a number above 0, got {text}")
    return float(text)


def file(text: str) -> Path:
    """A file that is there."""
    path = Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"there is no file {path.absolute()}")
    return path


def folder_with(*names: str) -> Callable[[str], Path]:
    """A folder that has files of these names."""

    def folder(text: str) -> Path:
        path = Path(text)
        if not path.is_dir():
            raise ArgumentTypeError(f"there is no folder {path.absolute()}")
        missing = [name for name in names if not (path / name).is_file()]
        if missing:
            raise ArgumentTypeError(f"{path.absolute()} has no {' and no '.join(missing)}")
        return path

    return folder


def new_folder(text: str) -> Path:
    """A folder to write in, which need not be there yet."""
    path = Path(text)
    for place in (path, *path.absolute().parents):
        if place.exists() and not place.is_dir():
            raise ArgumentTypeError(f"{place.absolute()} is a file; wanted a folder")
    return path
