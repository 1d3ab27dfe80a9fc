"""Replacing a file as a whole: whoever opens it sees the old content or the new, never a part."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from oxmlx.errors import FolderError
from oxmlx.io.access import access


@contextmanager
def replacing(path: str | os.PathLike[str], who: str) -> Generator[BinaryIO, None, None]:
    """A file to write that takes the place of `path` at the end of the block, unless it raises.

    Args:
        path: the file.
        who: what errors call it.

    Raises:
        FolderError: `path` is a folder, or its folder is a file.
        MissingFileError: its folder does not exist.
        FilePermissionError: the system denies it.

    A symlink stays one: what it points to is replaced. Arrays mapped from the old file keep it.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "note"
    ...     with replacing(path, "note") as file:
    ...         _ = file.write(b"new")
    ...         path.exists()
    ...     path.read_bytes()
    False
    b'new'
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise FolderError(who, f"{target} is a folder", "Give the name of a file in it.")
    temporary = target.with_name(f".oxmlx-{os.urandom(8).hex()}.tmp")  # one file system: a rename
    file = create(temporary, target, who)
    try:
        with file:
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


def create(temporary: Path, target: Path, who: str) -> BinaryIO:
    """A new file, whose errors speak of the one that it is to replace."""
    with access(target, who):
        return open(temporary, "xb")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
