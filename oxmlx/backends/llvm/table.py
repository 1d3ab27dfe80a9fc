"""The table of a native loop: its code, and the arrays which that is about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from math import prod
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.llvm import matrix
from oxmlx.backends.llvm.builder import Builder
from oxmlx.backends.llvm.code import (
    Again,
    Call,
    Instruction,
    Jump,
    Match,
    Move,
    Point,
    Start,
    Swap,
)
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
from oxmlx.ir.plan import Block, Branch, Free, Group, Launch, Library, Plan, Repeat

Array = NDArray[Any]


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
        self.spare: dict[int, list[int]] = {}
        """Those of so many bytes that are not in use."""
        self.own_inputs: frozenset[int] = frozenset()
        """Those inputs of what is written now to which it may write."""
        self.held: frozenset[int] = frozenset()
        """Those that are in use beside what is written now."""
        self.code: list[Instruction] = []
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

    # Arrays

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
            self.drop(self.at.pop(v, -1))

    def drop(self, at: int) -> None:
        """Nobody needs an array any more: another value may lie there, if it is ours."""
        if at in self.places and at not in self.held:
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

    def place(self, a: Var | Literal) -> int:
        """The array of an atom."""
        if isinstance(a, Literal):
            return self.own(np.array(a.value))
        if a not in self.at:
            self.at[a] = self.wanted[a] if a in self.wanted else self.progress(a.aval)
        return self.at[a]

    def replace(self, y: Var, x: Var) -> bool:
        """Let a value lie where one lay that dies, if that is memory of ours, and where it is
        wanted."""
        at = self.at[x]
        ours = at in self.own_inputs or (at in self.places and at not in self.held)
        if not ours or self.wanted.get(y, at) != at:
            return False
        self.at[y] = self.at.pop(x)
        return True

    def give(self, v: Var, at: int) -> None:
        """An array has the value of a variable, which may be wanted in another one."""
        if v in self.wanted:
            self.copy(at, self.wanted[v], v.aval)
            self.drop(at)
            at = self.wanted[v]
        self.at[v] = at

    # Steps

    def write(
        self,
        plan: Plan,
        inputs: Sequence[int],
        outputs: Sequence[int] = (),
        own: Collection[int] = (),
    ) -> list[int]:
        """The code of a plan on arrays of these numbers; results go to `outputs`, if given.

        Args:
            own: those of the inputs to which it may write, when it has done with their values.

        Returns:
            The numbers of the results.
        """
        before = self.at, self.wanted, self.held, self.own_inputs
        self.at, self.wanted = dict(zip(plan.inputs, inputs, strict=True)), {}
        self.held, self.own_inputs = self.held | {*inputs, *outputs}, frozenset(own)
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
                case Library(_, eqn) if eqn.prim.name == "dot_general":
                    self.add(fetch(eqn), eqn.inputs, eqn.outputs, {})
                case Library(_, eqn, over) if eqn.prim.amends:
                    self.amend(fetch(eqn), eqn, over)
                case Free(variables):
                    self.free(variables)
                case Branch():
                    self.branch(step)
                case Repeat(length=length) if length:
                    self.repeat(step)
                case Block(body=body):
                    outs = [*map(self.place, step.outputs)]
                    self.write(body, [*map(self.place, step.inputs)], outs)
                case _:
                    self.fits = False
            if not self.fits:
                return []
        results = [self.place(a) for a in plan.outputs]
        for a, n, m in zip(plan.outputs, results, outputs, strict=False):
            if n != m:
                self.copy(n, m, a.aval)
        for n in {*results[: len(outputs)]}.difference(outputs):
            self.drop(n)
        self.at, self.wanted, self.held, self.own_inputs = before
        return results

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

    def amend(self, code: Launchable, eqn: Eqn, over: Mapping[Var, Var]) -> None:
        """The calls of updates, in the place of an array that dies or in that of a copy."""
        assert isinstance(code, Amendment)
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
        self.code.append(Call(address, *division[:2], tuple(arrays), tuple(map(int, numbers))))

    def copy(self, n: int, m: int, aval: Aval) -> None:
        """The call that copies an array to another one."""
        size = aval.size * aval.dtype.itemsize
        self.code.append(Call(copy_entry(), 1, 0, (n, m), (size,)))
        self.work += TRAFFIC * aval.size

    # Control

    def branch(self, step: Branch) -> None:
        """The code of some plans, of which a number says the one that is run."""
        index, *operands = map(self.place, step.inputs)
        own = [self.at[y] for y, x in step.over.items() if self.replace(y, x)]
        outputs, ends = [*map(self.place, step.outputs)], list[int]()
        *others, last = step.branches
        for k, plan in enumerate(others):
            test = self.jump()
            self.write(plan, operands, outputs, own)
            ends.append(self.jump())
            self.code[test] = Match(index, k, len(self.code))
        self.write(last, operands, outputs, own)
        for end in ends:
            self.code[end] = Jump(len(self.code))

    def jump(self) -> int:
        """The number of an instruction whose target is not known yet."""
        self.code.append(Jump(0))
        return len(self.code) - 1

    def repeat(self, step: Repeat) -> None:
        """A loop within the loop, on carries of its own."""
        given, stacked = [*map(self.place, step.inputs)], step.outputs[step.carries :]
        own = slice(step.consts, step.consts + step.carries)
        avals = [a.aval for a in step.inputs]
        now = [self.progress(a) for a in avals[own]]
        stay, held, work = in_place(step.body, own), self.held, self.work
        ways = zip(now, avals[own], stay, strict=True)
        following = [at if stays else self.progress(a) for at, a, stays in ways]
        for start, at, a in zip(given[own], now, avals[own], strict=True):
            self.copy(start, at, a)
        stacks = [*given[own.stop :], *map(self.place, stacked)]
        rows = self.rows(stacks, [*avals[own.stop :], *(v.aval for v in stacked)], step)
        counter = self.own(np.empty(0))
        self.code.append(Start(counter))
        first, inputs = len(self.code), len(avals) - own.stop
        self.held = held | {*given, *stacks}
        body = [*given[: own.start], *now, *(at for at, _ in rows[:inputs])]
        self.write(step.body, body, [*following, *(at for at, _ in rows[inputs:])], now)
        self.held = held
        self.turn(rows, now, following)
        self.code.append(Again(counter, step.length, first))
        self.work = work + (self.work - work) * step.length
        for a, b in zip(now, following, strict=True):
            if a != b:
                self.drop(b)
        for v, at in zip(step.outputs, now, strict=False):
            self.give(v, at)

    def turn(
        self, rows: Sequence[tuple[int, int]], now: Sequence[int], following: Sequence[int]
    ) -> None:
        """What comes between two steps: rows move on, and carries change places."""
        self.code += [Move(at, size) for at, size in rows]
        self.code += [Swap(a, b) for a, b in zip(now, following, strict=True) if a != b]

    def rows(
        self, stacks: Sequence[int], avals: Sequence[Aval], step: Repeat
    ) -> list[tuple[int, int]]:
        """Arrays that go along stacks, and by how many bytes in a step."""
        out: list[tuple[int, int]] = []
        for stack, a in zip(stacks, avals, strict=True):
            at, size = self.own(np.empty(0)), row_bytes(a)
            self.code.append(Point(at, stack, size * (step.length - 1) * step.reverse))
            out.append((at, -size if step.reverse else size))
        return out


def in_place(body: Plan, carries: slice) -> list[bool]:
    """Which carries does a body leave where they lie, changed or not?"""
    origins = body.origins
    return [origins.get(a) is v for v, a in zip(body.inputs[carries], body.outputs, strict=False)]


def row_bytes(a: Aval) -> int:
    """The size of a slice of a stack."""
    return prod(a.shape[1:]) * a.dtype.itemsize


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
