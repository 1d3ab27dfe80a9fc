"""Replacing a file as a whole: whoever opens it sees the old content or the new, never a part."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Generator[BinaryIO, None, None]:
    """A file to write that takes the place of `path` at the end of the block, unless it raises.

    A symlink stays one: what it points to is replaced. Arrays mapped from the old file keep it.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "note"
    ...     with replacing(path) as file:
    ...         _ = file.write(b"new")
    ...         path.exists()
    ...     path.read_bytes()
    False
    b'new'
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".oxmlx-{os.urandom(8).hex()}.tmp")  # one file system: a rename
    try:
        with open(temporary, "xb") as file:
            with suppress(FileNotFoundError):  # a private file stays one
                os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
