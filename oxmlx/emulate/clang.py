"""The compiler: which clang there is, and what it is told."""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from oxmlx.emulate.errors import CompilerMissing

OLDEST, NEWEST = 15, 30  # half is no type of x86 before 15
RUNTIME = Path(__file__).with_name("runtime")

COMMON = ("-std=c++17", "-fPIC", "-shared", "-fno-exceptions", "-fno-rtti", "-fno-stack-protector")
KERNELS = (
    *("-include", str(RUNTIME / "metal.h"), "-g1", "-fvisibility=hidden", "-mf16c"),
    "-Werror=vla",
    # A loop without an end is for the watchdog to find, not for the compiler to remove.
    *("-fno-math-errno", "-fno-finite-loops"),
)
# Not -ffast-math: linked with that, a library would flush denormals in all of the process.
FAST = (
    *("-ffinite-math-only", "-fassociative-math", "-freciprocal-math", "-fno-signed-zeros"),
    *("-fno-trapping-math", "-fapprox-func", "-ffp-contract=fast"),
)
CHECKED = (
    *("-fsanitize=thread", "-mllvm", "-tsan-instrument-func-entry-exit=0"),
    *("-mllvm", "-tsan-instrument-atomics=0"),
)


@dataclass(frozen=True, slots=True)
class Build:
    """How a text is compiled."""

    instrumented: bool = False
    fast_math: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of clang."""
        level = ("-O1", *CHECKED) if self.instrumented else ("-O2",)
        return *COMMON, *KERNELS, *level, *(FAST if self.fast_math else ("-ffp-contract=off",))


@dataclass(frozen=True, slots=True)
class Clang:
    """A clang that is new enough."""

    command: tuple[str, ...]
    version: str
    major: int

    @property
    def rounding(self) -> tuple[str, ...]:
        """Every operation on halves is rounded, as on a GPU; 15 knows no other way."""
        return () if self.major < 16 else ("-Xclang", "-ffloat16-excess-precision=none")

    def run(self, *arguments: str, source: str | None = None) -> tuple[bool, str]:
        """Whether it succeeded, and what it said."""
        done = subprocess.run(
            [*self.command, *arguments], input=source, capture_output=True, text=True
        )
        return done.returncode == 0, done.stderr


def clang() -> Clang:
    """The compiler: that of $CXX, else the first clang++ on the path that is new enough.

    Raises:
        CompilerMissing: there is none, or the machine is not one that the emulator runs on.
    """
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "AMD64"):
        raise CompilerMissing(
            "oxmlx.emulate",
            f"runs on Linux on x86-64, and this is {sys.platform} on {platform.machine()}",
            "On a Mac, metalcompute itself runs the kernels.",
        )
    found = _find(os.environ.get("CXX", ""), os.environ.get("PATH", ""))
    if found is None:
        raise CompilerMissing(
            "oxmlx.emulate",
            f"found no clang of version {OLDEST} or newer, by $CXX or on the path",
            "Install one: apt install clang-16",
        )
    return found


@cache
def _find(cxx: str, path: str) -> Clang | None:
    names = ["clang++", *(f"clang++-{n}" for n in range(NEWEST, OLDEST - 1, -1))]
    for command in ([shlex.split(cxx)] if cxx else []) + [[name] for name in names]:
        if (program := shutil.which(command[0], path=path)) is None:
            continue
        full = (program, *command[1:])
        said = subprocess.run([*full, "--version"], capture_output=True, text=True).stdout
        version = re.search(r"clang version (\d+)", said)
        if version and int(version[1]) >= OLDEST:
            return Clang(full, said, int(version[1]))
    return None
