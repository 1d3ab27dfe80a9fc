"""The tuned MSL texts of `kernels/`, found in a wheel and in a checkout alike."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from oxmlx.errors import ArgumentError

_PACKAGE = Path(__file__).resolve().parents[2]
_PACKAGED = _PACKAGE / "_kernels"
FOLDER = _PACKAGED if _PACKAGED.is_dir() else _PACKAGE.parent / "kernels"


def kernel_names() -> tuple[str, ...]:
    """The names of the tuned kernels, sorted: one file of `kernels/` each."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.metal")))


@cache
def kernel_text(name: str) -> str:
    """The MSL text of the tuned kernel `name`, header comment included.

    Raises:
        ArgumentError: there is no kernel of that name.
    """
    if name not in kernel_names():
        known = ", ".join(kernel_names()) or "none"
        raise ArgumentError(
            "kernel_text", f"there is no kernel `{name}` in {FOLDER}", f"Known kernels: {known}."
        )
    return (FOLDER / f"{name}.metal").read_text(encoding="utf-8")
