"""Refusals of oxmlx.io.atomic."""

from tempfile import TemporaryDirectory

import numpy as np
from raise_coverage import Refusal

from oxmlx import io
from oxmlx.errors import FolderError


def save_onto_a_folder(suffix: str) -> None:
    with TemporaryDirectory(suffix=suffix) as folder:
        io.save(folder, {"w": np.ones(2)})


REFUSALS = [
    Refusal(
        "a folder as a safetensors file",
        lambda: save_onto_a_folder(".safetensors"),
        FolderError,
        ".safetensors is a folder\n  Give the name of a file in it.",
    ),
    Refusal(
        "a folder as an npz archive",
        lambda: save_onto_a_folder(".npz"),
        FolderError,
        ".npz is a folder\n  Give the name of a file in it.",
    ),
]
