"""Worker threads for long kernels, started when the first one comes, parked while there is none.

They are none of Python's threads: they never hold its lock, and the end of the process is theirs.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from itertools import cycle, islice
from threading import RLock
from typing import Any

import numpy as np

from oxmlx.backends.llvm import team
from oxmlx.config import config
from oxmlx.fork import WORK, hold

HAS_THREADS = sys.platform != "win32"  # those of POSIX
MOST_CPUS = 1024  # in a set of them
FAULTS = "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP"
"""Signals that a thread sends to itself."""

_library = ctypes.CDLL(None) if HAS_THREADS else None
_current_cpu: Any = getattr(_library, "sched_getcpu", None)
_set_affinity: Any = getattr(_library, "pthread_setaffinity_np", None)
_teams: dict[int, Team] = {}
_lock = RLock()


def count_threads() -> int:
    """How many threads share long work: as many as there are CPUs, or as the user says."""
    return (config.num_threads or len(allowed_cpus())) if HAS_THREADS else 1


@cache
def allowed_cpus() -> tuple[int, ...]:
    """The CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


class Team:
    """A caller and workers; fewer of them, if the system gives no more threads.

    Each worker is kept on one CPU, where the system can do that: else it may well leave a worker on
    that of the caller, with whom it then takes turns.
    """

    def __init__(self, threads: int) -> None:
        memory = np.zeros(team.BYTES + team.ALIGNMENT, np.uint8)
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(memory))  # workers read it until the very end
        start = -memory.ctypes.data % team.ALIGNMENT
        self.memory = memory[start : start + team.BYTES]
        """What they share, to be given to native code."""
        self.home = current_cpu()
        """Of the caller."""
        self.cpus = [*islice(cycle(sorted(allowed_cpus(), key=self.home.__eq__)), threads - 1)]
        """Of the workers."""
        self.workers: list[ctypes.c_void_p] = []
        code, library = team.code(), ctypes.CDLL(None)
        address, work = ctypes.c_void_p(self.memory.ctypes.data), ctypes.c_void_p(code.work)
        ctypes.CFUNCTYPE(None, ctypes.c_void_p)(code.prepare)(address)
        with signals_for_others():
            for cpu in self.cpus:
                worker = ctypes.c_void_p()
                if library.pthread_create(ctypes.byref(worker), None, work, address):
                    break
                library.pthread_detach(worker)
                pin(worker, cpu)
                self.workers.append(worker)

    def make_room(self) -> None:
        """If the caller has moved to the CPU of a worker, they change places."""
        here = current_cpu()
        if here != self.home:
            with _lock:
                for k, worker in enumerate(self.workers):
                    if self.cpus[k] == here:
                        self.cpus[k] = self.home
                        pin(worker, self.home)
                        break
                self.home = here


def get_team(threads: int) -> Team:
    """The team of so many threads, the caller among them, ready for work."""
    found = _teams.get(threads)
    if found is None:
        team.code()  # compiled before the lock is taken: compilation has one of its own
        with _lock:
            found = _teams.get(threads)
            if found is None:
                found = _teams[threads] = Team(threads)
    found.make_room()
    return found


@contextmanager
def signals_for_others() -> Generator[None]:
    """Let threads that are made here leave signals to those that wait for them."""
    others = signal.valid_signals() - {getattr(signal, name) for name in FAULTS}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, others)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def current_cpu() -> int:
    """Where the caller runs; -1 if the system does not tell."""
    return _current_cpu() if _current_cpu else -1


def pin(worker: ctypes.c_void_p, cpu: int) -> None:
    """Keep a thread on one CPU."""
    if _set_affinity:
        one = (1 << cpu).to_bytes(MOST_CPUS // 8, sys.byteorder)
        _set_affinity(worker, ctypes.c_size_t(len(one)), one)


def leave_workers() -> None:
    """A child of `fork` has the memory of the teams and none of their threads."""
    _teams.clear()


hold(_lock, WORK)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=leave_workers)
