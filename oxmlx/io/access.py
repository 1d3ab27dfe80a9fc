"""What the system refuses to open, as errors of ours: they name the user's path, not a detour."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from oxmlx.errors import FilePermissionError, FolderError, MissingFileError


@contextmanager
def access(path: Path, who: str) -> Generator[None, None, None]:
    """A block that opens `path`, or makes it.

    Raises:
        MissingFileError: it does not exist, or the folder for it does not.
        FolderError: a folder on the way is a file.
        FilePermissionError: the system denies it.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, FileExistsError, PermissionError) as error:
        refusal = refusal_of(path, who, error)
        refusal.errno, refusal.filename = error.errno, str(path)
        raise refusal from None


def refusal_of(
    path: Path, who: str, error: OSError
) -> MissingFileError | FolderError | FilePermissionError:
    """The error to raise in place of the system's."""
    folder = path.parent
    if isinstance(error, PermissionError):
        problem = f"the system denies access to {path}"
        advice = "Choose another place, or look at the permissions: ls -ld of it and its folder."
        return FilePermissionError(who, problem, advice)
    if not isinstance(error, FileNotFoundError):
        problem = f"{path} needs a folder where there is a file"
        return FolderError(who, problem, "Choose another path, or move the file away.")
    if folder.is_dir():
        problem = f"there is no file {path.absolute()}"
        advice = "Look for it with os.listdir of its folder."
    else:
        problem = f"there is no folder {folder.absolute()}"
        advice = "Check the path, or make the folder first, with os.makedirs."
    return MissingFileError(who, problem, advice)
