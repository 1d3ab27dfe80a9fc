"""Errors that cannot be raised where they arise, which is in the destructor of a handle."""

from __future__ import annotations

from oxmlx.emulate.errors import EmulationError

_noted: list[EmulationError] = []


def note(error: EmulationError) -> None:
    """Keep an error for whoever asks next."""
    _noted.append(error)


def check() -> None:
    """Raise the first error of the queued runs that are over, if there is one, and forget them all.

    The next call of a function does it as well, and so does the end of `mode`.

    Raises:
        FaultError: a kernel did what no kernel may do.
        HazardError: the host used a buffer before its run was over.

    >>> check()
    """
    if _noted:
        error = _noted[0]
        _noted.clear()
        raise error
