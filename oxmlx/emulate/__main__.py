"""`python -m oxmlx.emulate check FILE...`: what Metal would refuse, and which kernels there are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from oxmlx.emulate.compiler import typecheck
from oxmlx.emulate.errors import EmulationError
from oxmlx.emulate.signature import Kernel, kernels
from oxmlx.emulate.tokens import tokenize


def main(arguments: list[str] | None = None) -> int:
    """Check files; 1 if one of them has an error."""
    parser = argparse.ArgumentParser(
        prog="python -m oxmlx.emulate", description="Metal compute kernels on Linux."
    )
    commands = parser.add_subparsers(required=True)
    check = commands.add_parser("check", help="lint and typecheck texts, and list their kernels")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    return max(check_file(file) for file in parser.parse_args(arguments).files)


def check_file(file: Path) -> int:
    """Print what is wrong with a file, or the kernels in it."""
    try:
        text = file.read_text(encoding="utf-8")
        typecheck(text)
    except (OSError, EmulationError) as error:
        print(f"{file}: {error}")
        return 1
    for kernel in kernels(tokenize(text)):
        print(f"{file}:{kernel.line}: {describe(kernel)}")
    return 0


def describe(kernel: Kernel) -> str:
    """Name, group size, buffers, and what it asks of its thread."""
    threads = f"{kernel.limit} threads a group" if kernel.limit != "0" else "groups of any size"
    lines = [f"{kernel.name}, {threads}"]
    for p in kernel.parameters:
        what = p.builtin if p.buffer is None else f"buffer {p.buffer}"
        lines.append(f"  {what}: {p.type} {p.name}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
