"""Attributes that are computed once, whoever forks meanwhile."""

from __future__ import annotations

import subprocess
import sys

import pytest

from oxmlx.cached import cached_property


class Counted:
    """How often its value was computed."""

    def __init__(self) -> None:
        self.times = 0

    @cached_property
    def value(self) -> int:
        """A value."""
        self.times += 1
        if self.times == 1:
            raise ArithmeticError("not yet")
        return 7


def test_it_is_computed_once_and_not_kept_if_that_fails() -> None:
    x = Counted()
    with pytest.raises(ArithmeticError):
        _ = x.value
    assert (x.value, x.value, x.times) == (7, 7, 2)
    assert Counted.value.__doc__ == "A value."


def test_a_child_computes_though_its_parent_was_about_to() -> None:
    program = """
import os, threading, time
from oxmlx.cached import cached_property
started, end = threading.Event(), threading.Event()
class Slow:
    @cached_property
    def value(self):
        if threading.current_thread() is not threading.main_thread():
            started.set()
            end.wait()
        return 7
thread = threading.Thread(target=lambda: Slow().value)
thread.start()
started.wait()
child = os.fork()
if not child:
    os._exit(Slow().value)
until = time.monotonic() + 20
state = 0, 0
while not state[0] and time.monotonic() < until:
    time.sleep(0.01)
    state = os.waitpid(child, os.WNOHANG)
if not state[0]:
    os.kill(child, 9)
end.set()
thread.join()
print(state[1] >> 8)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout == "7\n", run.stderr
