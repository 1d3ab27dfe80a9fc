"""Machine code kept on disk: a text is compiled once for a computer, not for every process."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

DIGEST = 32  # bytes of the checksum in front of the code


class CodeCache:
    """Files of machine code in one folder of the user's, named by what they were made from.

    A file that is damaged is as good as none; one that cannot be written is not missed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, *made_from: str) -> Path:
        """The file of the code that was made from all of this."""
        name = hashlib.sha256("\0".join(made_from).encode()).hexdigest()
        return self.folder / name[:2] / name[2:]

    def get(self, path: Path) -> bytes | None:
        """The code, if it is there and whole."""
        try:
            data = path.read_bytes()
        except OSError:
            return None
        digest, code = data[:DIGEST], data[DIGEST:]
        return code if hashlib.sha256(code).digest() == digest else None

    def put(self, path: Path, code: bytes) -> None:
        """Keep code; another process that does so too writes the same."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(code).digest() + code)
            os.replace(temporary, path)
        except OSError:
            return
