"""How many bytes reading had to copy: none, for a safetensors file whose tensors are aligned."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

bytes_copied = 0
_lock = Lock()


def count(nbytes: int) -> None:
    """Add to `bytes_copied`."""
    global bytes_copied
    with _lock:
        bytes_copied += nbytes


def copy(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`x` in aligned memory of its own, counted."""
    count(x.nbytes)
    return np.array(x)
