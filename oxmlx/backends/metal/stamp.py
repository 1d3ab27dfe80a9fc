"""The stamp: a file that says that the GPU of this Mac agrees with the reference, as it is now.

Without it metal is never the default device; `python -m oxmlx.doctor` and `make parity` write it.
"""

from __future__ import annotations

import json
import logging
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path
from platform import mac_ver

from oxmlx.backends.metal.library import library
from oxmlx.config import config

FILE = "metal_parity.json"
log = logging.getLogger("oxmlx")


def is_real() -> bool:
    """Is the device a GPU, and not the executor for Linux?"""
    return config.metal == "" and library() is not None


def has_stamp() -> bool:
    """Did this GPU agree with the reference, under these versions?"""
    if not is_real():
        return False
    file, known = stamp_file(), facts()
    return file is not None and known is not None and read(file) == known


@cache
def advise() -> None:
    """Say once that the GPU has no stamp."""
    if is_real() and not has_stamp():
        log.warning("metal: not compared with the reference yet: run `python -m oxmlx.doctor`")


def stamp(agrees: bool) -> Path | None:
    """Write the stamp of a GPU that agrees, or take that of another one away.

    Returns:
        The file; nothing, if none was written.
    """
    file, known = stamp_file(), facts() if is_real() else None
    if file is None or known is None:
        return None
    read.cache_clear()
    try:
        if not agrees:
            file.unlink(missing_ok=True)
            return None
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(json.dumps(known | {"date": date.today().isoformat()}, indent=2) + "\n")
    except OSError:
        return None
    return file


def stamp_file() -> Path | None:
    """Where the stamp is kept, if anything is."""
    return None if config.cache == "off" else Path(config.cache).expanduser() / FILE


@cache
def facts() -> dict[str, str] | None:
    """What a stamp holds for; nothing if it cannot be told."""
    metadata = import_module("importlib.metadata")  # slow to import, and rarely used
    try:
        versions = {package: metadata.version(package) for package in ("oxmlx", "metalcompute")}
    except metadata.PackageNotFoundError:
        return None
    return versions | {"macos": mac_ver()[0], "device": library().get_devices()[0].deviceName}


@cache
def read(file: Path) -> dict[str, str] | None:
    """What a stamp says, its date aside; nothing if there is none."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    return {k: v for k, v in found.items() if k != "date"} if isinstance(found, dict) else None
