"""Who refers to an array: what anybody else can still read is not alone."""

from __future__ import annotations

import mmap
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oxmlx.backends.llvm.memory import SMALL, maker
from oxmlx.backends.ownership import is_alone, may_change

F32 = np.dtype(np.float32)
MAKERS: dict[str, Callable[[], Any]] = {
    "NumPy's": lambda: np.zeros((4, 6), F32),
    "a lease": maker((4, SMALL), F32),
    "a view of what nobody else has": lambda: np.zeros(24, F32).reshape(4, 6),
    "a view of a lease": lambda: maker((SMALL,), F32)().reshape(4, -1),
    "a view of a view": lambda: np.zeros(24, F32).reshape(4, 6)[1:].T,
}
HOLDERS: dict[str, Callable[[Any], Any]] = {
    "a name": lambda x: x,
    "a row": lambda x: x[0],
    "another type": lambda x: x.view(np.int32),
    "a memoryview": memoryview,
    "a memoryview of a view": lambda x: memoryview(x[1:]),
    "DLPack": np.from_dlpack,
    "an iterator": iter,
    "a function": lambda x: lambda: x,
    "an object array": lambda x: np.array([x, None], object),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_only_a_list_has_is_alone(make: Callable[[], Any]) -> None:
    assert is_alone([np.zeros(3), make()], 1)
    arrays = [make()]
    assert is_alone(arrays, 0)
    assert is_alone(arrays, 0), "looking must not change the answer"


@pytest.mark.parametrize("hold", HOLDERS.values(), ids=HOLDERS)
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_who_can_read_it_is_counted(make: Callable[[], Any], hold: Callable[[Any], Any]) -> None:
    arrays = [make()]
    holder = hold(arrays[0])
    assert not is_alone(arrays, 0)
    del holder
    assert is_alone(arrays, 0)


def test_an_array_is_not_alone_with_itself_or_with_what_it_was_made_of() -> None:
    x = np.zeros(6, F32)
    arrays = [x, x]
    del x
    assert not any(is_alone(arrays, k) for k in range(2))
    whole = np.zeros(6, F32)
    arrays = [whole, whole.reshape(2, 3)]
    del whole
    assert not any(is_alone(arrays, k) for k in range(2))


def owner_of(x: np.ndarray) -> np.ndarray:
    return owner_of(x.base) if type(x.base) is np.ndarray else x


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_is_remembered_does_not_change(make: Callable[[], Any]) -> None:
    """Who keeps a copy of an array while it lives would take that for the new elements."""
    arrays = [make()]
    assert may_change(arrays, 0)
    memory = weakref.ref(owner_of(arrays[0]))
    assert not may_change(arrays, 0)
    assert is_alone(arrays, 0)
    del memory
    assert may_change(arrays, 0)
    other = arrays[0]
    assert not may_change(arrays, 0)
    del other


class Mine(np.ndarray[Any, Any]):
    """An array of somebody's."""


def test_memory_that_is_not_numpys_is_nobodys_to_write_to(tmp_path: Path) -> None:
    read_only = np.zeros(6, F32)
    read_only.flags.writeable = False
    np.zeros(6, F32).tofile(tmp_path / "x")
    foreign = [
        read_only,
        np.frombuffer(bytearray(24), F32),
        np.frombuffer(mmap.mmap(-1, 24), F32),
        np.memmap(tmp_path / "x", F32, "r+"),
        np.asarray(np.memmap(tmp_path / "x", F32, "r+")),
        np.broadcast_to(np.zeros((), F32), (3,)),
        np.zeros(3, F32).view(Mine),
        np.float32(1),
        [1.0],
    ]
    del read_only
    assert not any(is_alone(foreign, k) for k in range(len(foreign)))
