"""Refusals of oxmlx.emulate.cuda.nvrtc."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from raise_coverage import Refusal

from oxmlx.emulate import CompilerMissing, TextError
from oxmlx.emulate.cuda.nvrtc import Nvrtc, nvrtc

LOG = b'program_source(3): error: identifier "y" is undefined\0'


def without_one() -> None:
    def load(name: str) -> None:
        raise OSError(name)

    with patch("ctypes.CDLL", load):
        nvrtc.__wrapped__()


def wrong_text() -> None:
    def size(program: Any, found: Any) -> None:
        found._obj.value = len(LOG)

    def log(program: Any, found: Any) -> None:
        found.value = LOG

    def nothing(*_: Any) -> int:
        return 0

    names = ("Version", "GetNumSupportedArchs", "GetSupportedArchs", "CreateProgram")
    library = SimpleNamespace(**{f"nvrtc{name}": nothing for name in (*names, "DestroyProgram")})
    library.nvrtcCompileProgram = lambda *_: 6
    library.nvrtcGetProgramLogSize, library.nvrtcGetProgramLog = size, log
    with patch.object(Nvrtc, "architectures", lambda self: [90]):
        Nvrtc(library).compile("", 90)


REFUSALS = [
    Refusal(
        "no NVRTC",
        without_one,
        CompilerMissing,
        "found no NVRTC, neither in a CUDA toolkit nor among Python's packages\n"
        "  Install it: pip install nvidia-cuda-nvrtc",
    ),
    Refusal(
        "no C++ for CUDA",
        wrong_text,
        TextError,
        'Metal text: program_source(3): error: identifier "y" is undefined',
    ),
]
