"""The command line of a bench: the help is its docstring, and it says what it lacks to run.

Only the standard library is imported here: a bench starts its command before it imports the rest.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from typing import TypeVar

Row = TypeVar("Row")
FLAGS = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
"""Those that let JAX have one thread."""


def use_one_core() -> None:
    """Give this process one thread of each framework, which are not imported yet, and one core: the
    time of the process is that of the core then."""
    os.environ["XLA_FLAGS"] = FLAGS
    os.environ["OXMLX_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


class Command(argparse.ArgumentParser):
    """The parser of a bench that needs oxmlx and some modules of others."""

    def __init__(self, doc: str | None, *needs: str) -> None:
        raw = argparse.RawDescriptionHelpFormatter
        super().__init__(description=doc, formatter_class=raw)
        self.needs = "oxmlx", *needs

    def start(self) -> argparse.Namespace:
        """The options; a wrong one, or a module that is not installed, ends the command."""
        options = self.parse_args()
        missing = [name for name in self.needs if find_spec(name) is None]
        if missing:
            self.error(
                f"not installed here: {', '.join(missing)}; `pip install -e '.[bench]'` brings what"
                " the benchmarks need, and `make bench` does that before it runs them"
            )
        return options

    def choose(self, word: str, rows: Iterable[Row], name: Callable[[Row], str]) -> Iterator[Row]:
        """The rows that have a word in their names, as they come; the command ends without any."""
        others: list[str] = []
        found = False
        for row in rows:
            if word in name(row):
                found = True
                yield row
            else:
                others.append(name(row))
        if not found:
            print("rows:", *others, sep="\n  ", file=sys.stderr)
            self.error(f"no row's name contains {word!r}; the names are listed above")
