"""From Metal texts to kernels that run: by clang, many at once, kept on disk and in the process."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import RLock

from oxmlx.code_cache import CodeCache
from oxmlx.config import config
from oxmlx.emulate.clang import COMMON, KERNELS, RUNTIME, Build, clang
from oxmlx.emulate.errors import TextError
from oxmlx.emulate.library import CompiledKernel, Library, Runtime
from oxmlx.emulate.lint import check_text
from oxmlx.emulate.modes import Mode, current_mode
from oxmlx.emulate.rewrite import rewrite, unit

# Structs of C++ are made, copied and called in one space only, those of Metal in each.
_OF_STRUCTS = re.compile(
    "error: (no matching constructor|no viable overloaded '='|cannot initialize object parameter)"
)
_lock = RLock()
_libraries: dict[str, Library] = {}
_programs: dict[tuple[str, Build], dict[str, CompiledKernel]] = {}


def kernels_of(text: str, build: Build) -> dict[str, CompiledKernel]:
    """The kernels of a text, compiled.

    Raises:
        TextError: the text is no MSL 2.3.
        CompilerMissing: there is no clang.
    """
    with _lock:
        if (text, build) not in _programs:
            compile_many([text], build)
        return _programs[text, build]


def prepare(texts: Sequence[str], *modes: Mode) -> None:
    """Compile many texts at once, which costs little more than one; functions of them are then made
    without compiling.

    Args:
        texts: Metal texts; names may be the same in several.
        *modes: what they will be run in; the current mode, if none is given.

    Raises:
        TextError: one of them is no MSL 2.3.
        CompilerMissing: there is no clang.

    >>> texts = [f"kernel void f(device int* x [[buffer(0)]]) {{ x[0] = {n}; }}" for n in range(9)]
    >>> prepare(texts)
    """
    for build in dict.fromkeys(mode.build for mode in modes or (current_mode(),)):
        compile_many(texts, build)


def compile_many(texts: Sequence[str], build: Build) -> None:
    """Compile those texts that are not compiled yet, by one call of clang."""
    with _lock:
        runtime()
        missing = [t for t in dict.fromkeys(texts) if (t, build) not in _programs]
        missing = [text for text in missing if not _recall(text, build)]
        for text in missing:
            check_text(text)
        if missing:
            _compile(missing, build)


def _compile(texts: Sequence[str], build: Build) -> None:
    try:
        machine_code = _run_clang(unit(texts), build.flags, texts)
    except TextError:
        if len(texts) == 1:
            raise
        for text in texts:  # which of them is it?
            _compile([text], build)
        return
    digest = hashlib.sha256(machine_code).hexdigest()
    _put(machine_code, "library", digest)
    library = _libraries[digest] = Library(machine_code)
    for number, text in enumerate(texts):
        _programs[text, build] = library.texts.get(number, {})
        record = json.dumps({"library": digest, "text": number}).encode()
        _put(record, *_made_from(text, build.flags))


def _recall(text: str, build: Build) -> bool:
    """Find a text on disk."""
    if (record := _get(*_made_from(text, build.flags))) is None:
        return False
    found = json.loads(record)
    digest = found["library"]
    if digest not in _libraries:
        if (machine_code := _get("library", digest)) is None:
            return False
        _libraries[digest] = Library(machine_code)
    _programs[text, build] = _libraries[digest].texts.get(found["text"], {})
    return True


@cache
def runtime() -> Runtime:
    """The machine that kernels run on, compiled and loaded once."""
    source = '#include "runtime.cpp"\n'
    flags = (*COMMON, "-O2", f"-I{RUNTIME}")
    made_from = _made_from(source, flags)
    if (machine_code := _get(*made_from)) is None:
        machine_code = _run_clang(source, flags, ())
        _put(machine_code, *made_from)
    return Runtime(machine_code)


def typecheck(text: str) -> None:
    """Check the pointers of a text in real address spaces, as the Metal compiler does.

    Args:
        text: a Metal text.

    Raises:
        TextError: a device pointer is passed for a threadgroup one, const is dropped, and so on.
        CompilerMissing: there is no clang.

    >>> typecheck("kernel void f(device float* x [[buffer(0)]]) { x[0] = 1.0; }")
    >>> typecheck("kernel void f(device float* x [[buffer(0)]]) { thread float* p = x; p[0] = 1; }")
    Traceback (most recent call last):
    ...
    oxmlx.emulate.errors.TextError: Metal text: program_source:1:62: error: cannot initialize a \
variable of type 'float *' with an lvalue of type 'device float *'
    """
    check_text(text)
    source = f'#line 1 "program_source"\n{rewrite(text)}'
    # MSL 2.3 is C++14; what clang takes beyond it is a warning
    as_metal = ("-std=c++14", "-DEMU_TYPECHECK", *KERNELS, "-Werror=c++17-extensions")
    flags = ("-fsyntax-only", "-ferror-limit=0", *as_metal)
    right, said = clang().run(*flags, "-x", "c++", "-", source=source)
    said = "\n".join(line for line in said.splitlines() if not _OF_STRUCTS.search(line))
    if not right and "error:" in said:
        raise TextError("Metal text", _errors(said))


def _run_clang(source: str, flags: Sequence[str], texts: Sequence[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        text, code = Path(folder) / "program_source", Path(folder) / "kernels.so"
        text.write_text(source, encoding="utf-8")
        files = ("-x", "c++", str(text), "-o", str(code), "-lm")
        right, said = clang().run(*flags, *clang().rounding, *files)
        if not right:
            raise TextError("Metal text" if texts else "oxmlx.emulate", _errors(said))
        return code.read_bytes()


def _errors(said: str) -> str:
    """The errors of clang, without its notes and the text that it quotes."""
    lines = [line for line in said.splitlines() if "error:" in line]
    return "\n  ".join(lines or said.splitlines()[-5:])


@cache
def _ourselves() -> str:
    """What compiles: another emulator makes other code of the same text."""
    files = sorted([*RUNTIME.parent.glob("*.py"), *RUNTIME.glob("*.h"), *RUNTIME.glob("*.cpp")])
    return "\0".join(file.read_text(encoding="utf-8") for file in files)


def _made_from(text: str, flags: Sequence[str]) -> tuple[str, ...]:
    return text, _ourselves(), clang().version, *flags


def _cache() -> CodeCache | None:
    return None if config.cache == "off" else CodeCache(Path(config.cache).expanduser())


def _get(*made_from: str) -> bytes | None:
    kept = _cache()
    return kept.get(kept.path("emulate", *made_from)) if kept else None


def _put(data: bytes, *made_from: str) -> None:
    if kept := _cache():
        kept.put(kept.path("emulate", *made_from), data)
