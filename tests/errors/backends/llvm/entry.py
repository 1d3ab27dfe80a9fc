"""Refusals of oxmlx.backends.llvm.entry."""

from unittest import mock

import numpy as np
from raise_coverage import Refusal

from oxmlx.backends.llvm import entry
from oxmlx.errors import CompileError


class Elsewhere:
    """An array whose elements are not where NumPy's ABI has them."""

    ctypes = np.zeros(3).ctypes


def probe():
    with mock.patch.object(entry.np, "arange", lambda n: Elsewhere()):
        entry.method.__wrapped__("hold")


REFUSALS = [
    Refusal(
        "arrays of an unknown layout",
        probe,
        CompileError,
        "cpu: NumPy arrays have an unknown layout",
    ),
]
