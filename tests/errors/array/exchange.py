"""Refusals of oxmlx.array.exchange."""

import numpy as np
from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, DeviceError, DtypeError

V = ox.array([1.0, 2.0, 3.0])


class Foreign:
    """Data on a GPU."""

    def __dlpack__(self) -> None: ...

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, 0


class Used:
    """A capsule that was read already."""

    def __init__(self) -> None:
        self.capsule = V.__dlpack__()
        np.from_dlpack(self)

    def __dlpack__(self, **_: object) -> object:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


USED = Used()

REFUSALS = [
    Refusal(
        "used capsule",
        lambda: ox.from_dlpack(USED),
        ArgumentError,
        "which is no unused DLPack capsule",
    ),
    Refusal(
        "no DLPack",
        lambda: ox.from_dlpack([1, 2]),
        ArgumentError,
        "from_dlpack: list does not speak DLPack",
    ),
    Refusal(
        "on another device",
        lambda: ox.from_dlpack(Foreign()),
        DeviceError,
        "from_dlpack: the data is on a device of DLPack's kind 2",
    ),
    Refusal(
        "buffer of bfloat16",
        lambda: V.astype("bfloat16").__buffer__(0),
        DtypeError,
        "memoryview: Python's buffers have no bf16",
    ),
]
