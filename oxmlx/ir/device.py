"""Devices: where a buffer lives and which backend runs its equations."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from oxmlx.config import config
from oxmlx.errors import DeviceError


class Device:
    """One place to compute. Devices are made by their backend and compared by identity.

    >>> import oxmlx as ox
    >>> ox.devices("reference")[0]
    Device(reference:0)
    """

    __slots__ = ("index", "kind")

    def __init__(self, kind: str, index: int) -> None:
        self.kind, self.index = kind, index

    @property
    def platform(self) -> str:
        """The backend's name, spelled as in JAX."""
        return self.kind

    @property
    def id(self) -> int:
        """The number of this device among those of its kind, spelled as in JAX."""
        return self.index

    def __repr__(self) -> str:
        return f"Device({self})"

    def __str__(self) -> str:
        return f"{self.kind}:{self.index}"

    def __reduce__(self) -> tuple[Any, ...]:
        return as_device, (str(self),)


@dataclass(frozen=True)
class Kind:
    """Devices of one backend: how many there are, and where they stand among those of others."""

    count: Callable[[], int]
    rank: Callable[[], int]


_made: dict[tuple[str, int], Device] = {}
_kinds: dict[str, Kind] = {}
_default: ContextVar[Device | None] = ContextVar("default_device", default=None)


def register_backend(kind: str, count: Callable[[], int], rank: Callable[[], int]) -> None:
    """Announce a backend that has `count()` devices of this kind; a low `rank()` comes first."""
    _kinds[kind] = Kind(count, rank)


def devices(kind: str | None = None) -> list[Device]:
    """Every device, or those of one kind; the first is the default.

    Raises:
        DeviceError: no backend of this kind is installed.

    >>> import oxmlx as ox
    >>> ox.devices("reference")
    [Device(reference:0)]
    """
    if kind is not None and kind not in _kinds:
        known = ", ".join(dict.fromkeys(d.kind for d in devices()))
        problem = f"no backend is called {kind!r}"
        raise DeviceError("devices", problem, f"On this machine there is: {known}.")
    if kind is None:
        kinds = sorted([k for k, its in _kinds.items() if its.count()], key=rank_of)
    else:
        kinds = [kind]
    keys = [(k, n) for k in kinds for n in range(_kinds[k].count())]
    return [_made.setdefault(key, Device(*key)) for key in keys]


def device_count(backend: str | None = None) -> int:
    """How many devices there are, or how many a backend has: the length of `devices`.

    Raises:
        DeviceError: no backend of this kind is installed.

    >>> import oxmlx as ox
    >>> ox.device_count("reference")
    1
    """
    return len(devices(backend))


def rank_of(kind: str) -> int:
    """Where the devices of a kind stand among all."""
    return _kinds[kind].rank()


def as_device(x: Device | str | None) -> Device:
    """A device from its name (`reference` or `reference:0`); `None` is the default device.

    Raises:
        DeviceError: there is no such device.
    """
    if isinstance(x, Device):
        return x
    if x is None:
        return default_device()
    kind, _, number = x.partition(":")
    found = devices(kind)
    if not found:
        have = ", ".join(map(str, devices()))
        raise DeviceError("device", f"this machine has no {kind}", f"There is: {have}.")
    if number and not (number.isdigit() and int(number) < len(found)):
        have = ", ".join(map(str, found))
        raise DeviceError("device", f"there is no device {x!r}", f"Of this kind there is: {have}.")
    return found[int(number or 0)]


def default_device() -> Device:
    """The device on which new arrays are made."""
    chosen = _default.get()
    if chosen is None:
        chosen = as_device(config.device) if config.device else devices()[0]
    return chosen


def default_backend() -> str:
    """The kind of the device on which new arrays are made.

    >>> import oxmlx as ox
    >>> with ox.default_device("reference"):
    ...     ox.default_backend()
    'reference'
    """
    return default_device().kind


chosen_device = _default.get
"""The device that a `with` block around this line has chosen, if any."""


def use_device(device: Device | str) -> AbstractContextManager[Device]:
    """Make new arrays on `device` inside a `with` block of this thread.

    Raises:
        DeviceError: there is no such device.

    >>> import oxmlx as ox
    >>> with ox.default_device("reference"):
    ...     ox.numpy.zeros(2).device
    Device(reference:0)
    """
    return choice_of(as_device(device))


@contextmanager
def choice_of(chosen: Device) -> Generator[Device]:
    """The block itself: what it is to choose is checked before, outside any generator."""
    token = _default.set(chosen)
    try:
        yield chosen
    finally:
        _default.reset(token)
