"""Refusals of oxmlx.emulate.clang."""

import sys
from unittest.mock import patch

from raise_coverage import Refusal

from oxmlx.emulate import CompilerMissing
from oxmlx.emulate.clang import clang


def on_a_mac() -> None:
    with patch.object(sys, "platform", "darwin"):
        clang()


def without_one() -> None:
    with patch.dict("os.environ", {"PATH": "/nowhere", "CXX": ""}):
        clang()


REFUSALS = [
    Refusal(
        "another machine",
        on_a_mac,
        CompilerMissing,
        "runs on Linux on x86-64, and this is darwin",
    ),
    Refusal(
        "no clang",
        without_one,
        CompilerMissing,
        "found no clang of version 15 or newer, by $CXX or on the path\n"
        "  Install one: apt install clang-16",
    ),
]
