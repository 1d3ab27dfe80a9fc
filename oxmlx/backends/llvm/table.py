"""The table of a native loop: which code is called in a step, on which of the arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeGuard

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.llvm import matrix
from oxmlx.backends.llvm.builder import Builder
from oxmlx.backends.llvm.contract import Contraction
from oxmlx.backends.llvm.launch import Launcher
from oxmlx.backends.llvm.memory import maker
from oxmlx.backends.llvm.render import ENTRY
from oxmlx.backends.llvm.scatter import Amendment
from oxmlx.backends.llvm.scratch import pieces
from oxmlx.backends.llvm.share import TRAFFIC, Division
from oxmlx.backends.llvm.shelf import fetch
from oxmlx.backends.llvm.target import target
from oxmlx.backends.runner import Launchable
from oxmlx.cached import cached_property
from oxmlx.ir.aval import Aval
from oxmlx.ir.jaxpr import Atom, Eqn, Literal, Var
from oxmlx.ir.plan import Free, Group, Launch, Library, Plan

Array = NDArray[Any]


class Call(NamedTuple):
    """Code at an address, what it is run for, and its argument block: the addresses of arrays, by
    their numbers, and then numbers."""

    entry: int
    rows: int
    lanes: int
    arrays: tuple[int, ...]
    numbers: tuple[int, ...]


class Table:
    """What native code goes through, while it is written.

    The memory of results is new in each run. All else that calls make is work in progress, and lies
    in memory of the thread, where an array has the place of one that nobody reads any more.
    """

    def __init__(self) -> None:
        self.template: list[Any] = []
        """The arrays of a run, those that are there already."""
        self.given: list[tuple[int, int]] = []
        """The arrays that are inputs of the loop."""
        self.makers: list[tuple[int, Callable[[], Array]]] = []
        """Those in new memory."""
        self.scratch: list[tuple[int, int]] = []
        """Those for work in progress within a call, and their bytes."""
        self.places: dict[int, int] = {}
        """Those for values that only calls read, and their bytes."""
        self.carried: set[int] = set()
        """Those with values that change in each step, and stay where they are."""
        self.spare: dict[int, list[int]] = {}
        """Those of so many bytes that are not in use."""
        self.calls: list[Call] = []
        self.moves: list[tuple[int, int]] = []
        """The arrays whose address moves on after a step, and by how many bytes."""
        self.swaps: list[tuple[int, int]] = []
        """The arrays that change places."""
        self.tested, self.condition = -1, 0
        """Before which call it is decided whether to go on, and the array that says so."""
        self.at: dict[Any, int] = {}
        """The arrays of variables."""
        self.wanted: dict[Any, int] = {}
        """Those that are given to variables which are not made yet."""
        self.work = 0
        """Of all calls."""
        self.fits = True
        """Is every step so short that one thread does it, and is there code for it?"""
        self.kept: list[Any] = []
        """What owns the code that is called."""

    def own(self, x: Array | None) -> int:
        """An array that is there already: its number."""
        self.template.append(x)
        return len(self.template) - 1

    def input(self, k: int) -> int:
        """Input k of the loop."""
        at = self.own(None)
        self.given.append((at, k))
        return at

    def new(self, aval: Aval) -> int:
        """New memory for a value, in each run."""
        at = self.own(None)
        self.makers.append((at, maker(aval.shape, aval.dtype)))
        return at

    def progress(self, aval: Aval) -> int:
        """Memory for a value that only calls read."""
        size = aval.size * aval.dtype.itemsize
        if spare := self.spare.get(size):
            return spare.pop()
        at = self.own(None)
        self.places[at] = size
        return at

    def free(self, variables: Sequence[Var]) -> None:
        """Nobody reads some values any more."""
        for v in variables:
            at = self.at.pop(v, -1)
            if at in self.places:
                self.spare.setdefault(self.places[at], []).append(at)

    def share(self, sizes: Sequence[int]) -> list[int]:
        """Scratch arrays of so many bytes, which all calls share: they come one after another."""
        for n, size in enumerate(sizes):
            if n == len(self.scratch):
                self.scratch.append((self.own(None), 0))
            at, before = self.scratch[n]
            self.scratch[n] = at, max(before, size)
        return [at for at, _ in self.scratch[: len(sizes)]]

    def arrays(self, inputs: Sequence[Array]) -> list[Array]:
        """The arrays for one run."""
        out = self.template.copy()
        for at, k in self.given:
            out[at] = inputs[k]
        for at, make in self.makers:
            out[at] = make()
        numbers, sizes = self.pieces
        for at, piece in zip(numbers, pieces(sizes), strict=True):
            out[at] = piece
        return out

    @cached_property
    def pieces(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The arrays in memory of the thread, and their bytes."""
        every = [*self.scratch, *self.places.items()]
        return tuple(at for at, _ in every), tuple(size for _, size in every)

    def write(self, plan: Plan, inputs: Sequence[int], outputs: Sequence[int] = ()) -> list[int]:
        """The calls of a plan on arrays of these numbers; results go to `outputs`, if given.

        Returns:
            The numbers of the results.
        """
        self.at = dict(zip(plan.inputs, inputs, strict=True))
        self.wanted = {}
        for a, n in zip(plan.outputs, outputs, strict=False):
            if a not in self.at:
                self.wanted.setdefault(a, n)
        for step in plan.steps:
            match step:
                case Launch():
                    self.launch(step)
                case Group(launches):
                    for launch in launches:
                        self.launch(launch)
                case Library(_, eqn, over):
                    code = fetch(eqn)
                    if isinstance(code, Amendment):
                        self.amend(code, eqn, over)
                    else:
                        self.add(code, eqn.inputs, eqn.outputs, {})
                case Free(variables):
                    self.free(variables)
                case _:
                    self.fits = False
                    return []
        results = [self.place(a) for a in plan.outputs]
        for a, n, m in zip(plan.outputs, results, outputs, strict=False):
            if n != m:
                self.copy(n, m, a.aval)
        return results

    def place(self, a: Var | Literal) -> int:
        """The array of an atom."""
        if isinstance(a, Literal):
            return self.own(np.array(a.value))
        if a not in self.at:
            self.at[a] = self.wanted[a] if a in self.wanted else self.progress(a.aval)
        return self.at[a]

    def launch(self, step: Launch) -> None:
        """The call of a kernel, if it is over something."""
        if step.kernel.is_empty:
            self.fits = False
            return
        shapes = [v.aval.shape for v in step.outputs]
        self.add(Launcher(step.kernel, shapes), step.inputs, step.outputs, step.over)

    def add(
        self,
        code: Launchable,
        inputs: Sequence[Atom],
        outputs: Sequence[Var],
        over: Mapping[Var, Var],
    ) -> None:
        """The call of a kernel or a product on the arrays of variables, `over` some that die."""
        if not is_short(code):
            self.fits = False
            return
        reads = [*map(self.place, inputs)]
        for y, x in over.items():
            self.replace(y, x)
        writes = [*map(self.place, outputs)]
        if isinstance(code, Launcher):
            slots = *reads, *writes, *self.share(code.scratch)
            engine, name, division, numbers = code.engine, ENTRY, code.division, code.numbers
        elif job := code.in_order:
            a, b = reads[:: -1 if code.swaps else 1]
            slots = a, b, self.own(job.offsets), *writes, *self.share(job.scratch)
            engine, name = job.engine, matrix.ENTRY
            _, numbers, division, _ = job.code
        else:
            return
        self.kept.append(code)
        self.work += code.work
        self.call(engine, name, division, slots, numbers)

    def amend(self, code: Amendment, eqn: Eqn, over: Mapping[Var, Var]) -> None:
        """The calls of updates, in the place of an array that dies or in that of a copy."""
        task, (y,) = code.task, eqn.outputs
        if code.is_narrow or (task and task.division.chunks > 1):
            self.fits = False
            return
        old, *others = map(self.place, eqn.inputs)
        if not (y in over and self.replace(y, over[y])):
            self.copy(old, self.place(y), y.aval)
        if task:
            self.work += task.work
            updates, *indices = others
            slots = self.place(y), updates, self.own(code.lines), *indices
            self.call(task.engine, ENTRY, task.division, slots, task.numbers)
        self.kept.append(code)

    def replace(self, y: Var, x: Var) -> bool:
        """Let a value lie where one lay that dies, if that is memory of ours, and where it is
        wanted."""
        at = self.at[x]
        if not (at in self.places or at in self.carried) or self.wanted.get(y, at) != at:
            return False
        self.at[y] = self.at.pop(x)
        return True

    def call(
        self,
        engine: Any,
        name: str,
        division: Division,
        arrays: Sequence[int],
        numbers: Iterable[Any],
    ) -> None:
        """The call of a function for all of its rows and lanes."""
        address = engine.get_function_address(name)
        self.calls.append(Call(address, *division[:2], tuple(arrays), tuple(map(int, numbers))))

    def copy(self, n: int, m: int, aval: Aval) -> None:
        """The call that copies an array to another one."""
        size = aval.size * aval.dtype.itemsize
        self.calls.append(Call(copy_entry(), 1, 0, (n, m), (size,)))
        self.work += TRAFFIC * aval.size


def is_short(code: Any) -> TypeGuard[Launcher | Contraction]:
    """Is it a kernel, or a product of operands that lie in order, which one thread does?"""
    if isinstance(code, Launcher):
        return code.division.chunks <= 1
    job = code.in_order if isinstance(code, Contraction) else None
    return job is not None and job.code.division.chunks <= 1


@cache
def copy_entry() -> int:
    """Code that copies an array: its bytes are the one number."""
    b = Builder()
    source, to = (b.get("ptr", b.address("ptr", "%args", str(k))) for k in range(2))
    size = b.get("i64", b.address("i64", "%args", "2"))
    given = [("ptr", to), ("ptr", source), ("i64", size), ("i1", "false")]
    b.call("llvm.memcpy.p0.p0.i64", "void", given)
    b.close("void @copy(ptr %args, i64 %first, i64 %last, i64 %from, i64 %to)")
    return target().address("\n\n".join([*b.declared.values(), b.text]) + "\n", "copy")
