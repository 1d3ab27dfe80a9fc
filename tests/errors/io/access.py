"""Refusals of oxmlx.io.access."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
from raise_coverage import Refusal

from oxmlx import io
from oxmlx.errors import FilePermissionError, FolderError, MissingFileError

W = {"w": np.ones(2)}


def beside_a_file(call: Callable[[Path], object]) -> None:
    """Call with the path of a file in a folder that has nothing else."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_bytes(b"")
        call(file)


def without_permission() -> None:
    denied = PermissionError(13, "Permission denied")  # root is never denied anything
    with patch("builtins.open", side_effect=denied):
        io.load("secret.npz")


REFUSALS = [
    Refusal(
        "nothing where a relative path leads",
        lambda: io.load("absent.safetensors"),
        MissingFileError,
        f"there is no file {Path.cwd() / 'absent.safetensors'}",
    ),
    Refusal(
        "nothing to load",
        lambda: beside_a_file(lambda file: io.load(file.with_name("absent.npz"))),
        MissingFileError,
        "absent.npz\n  Look for it",
    ),
    Refusal(
        "nothing to open",
        lambda: beside_a_file(lambda file: io.safe_open(file.with_name("absent"))),
        MissingFileError,
        "absent'): there is no file ",
    ),
    Refusal(
        "no folder to save in",
        lambda: beside_a_file(lambda file: io.save(file.with_name("absent") / "w.npz", W)),
        MissingFileError,
        "absent\n  Check the path, or make the folder first",
    ),
    Refusal(
        "saving below a file",
        lambda: beside_a_file(lambda file: io.save(file / "w.npz", W)),
        FolderError,
        "needs a folder where there is a file\n  Choose another path",
    ),
    Refusal(
        "a file for a folder",
        lambda: beside_a_file(lambda file: io.save_sharded(file, W)),
        FolderError,
        "needs a folder where there is a file",
    ),
    Refusal(
        "no permission",
        without_permission,
        FilePermissionError,
        "load_npz('secret.npz'): the system denies access to secret.npz\n  Choose another place",
    ),
]
