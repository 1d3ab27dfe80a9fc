"""Kernels as MSL 2.3 text, the same for an Apple GPU and our executors.

Sizes and literals are read from a struct, so one text serves every shape and every value. It is
right for any number of threadgroups, and any multiple of 32 threads in each.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from oxmlx.backends.metal.elements import is_float_sum
from oxmlx.backends.metal.frame import THREADS, frame
from oxmlx.backends.metal.scalars import (
    ATOM,
    memory_type,
    register_type,
    to_memory,
)
from oxmlx.backends.metal.sweep import Sweeps
from oxmlx.dtypes import is_bool
from oxmlx.errors import MissingRule
from oxmlx.ir.kernel import (
    Buffer,
    Const,
    Expr,
    Fold,
    Kernel,
    Loop,
    Store,
)
from oxmlx.ir.plan import NOTHING, Over
from oxmlx.ir.rows import Pass, outside

NARROW = 32
"""Columns of a threadgroup, where there are few."""
BLOCK = 64
"""Floats that a thread adds up before their sum joins that of its other blocks, and blocks before
theirs joins the total: a long sum loses the last digits of what is added to it."""


def render(kernel: Kernel, over: Over = NOTHING) -> str:
    """The MSL text of a kernel; `entry(kernel)` is its function.

    The arguments are the kernel's inputs but for those that it writes over, its outputs, the bytes
    of `pack_block(kernel)` if there are any, and a uint for each threadgroup, which counts them all
    in its own when it is done.

    Raises:
        DtypeError: MSL has no such dtype.
        MissingRule: MSL has no such operation.
    """
    return Renderer(kernel, names_of(kernel, over)).text()


def names_of(kernel: Kernel, over: Over = NOTHING) -> dict[Buffer, str]:
    """What its arrays are called; an output over an input is one with it."""
    names = {b: f"x{k}" for k, b in enumerate(kernel.inputs) if k not in over.values()}
    names |= {b: f"y{k}" for k, b in enumerate(kernel.outputs)}
    return names | {kernel.inputs[k]: names[kernel.outputs[n]] for n, k in over.items()}


def entry(kernel: Kernel) -> str:
    """The name of the MSL function, which must not be one of Metal's own."""
    return f"ox_{kernel.name}"


class Renderer(Sweeps):
    """Prints one kernel.

    A kernel that folds rows gives a threadgroup to a row: its threads stride along the row and meet
    at a barrier after each pass. Where neighbouring points read neighbouring elements, it gives a
    threadgroup to neighbouring columns; if there are few of them, several threads share a column.
    Otherwise a thread takes a point.
    """

    # The frame

    def text(self) -> str:
        """The kernel as a function of its own."""
        structs = [self.struct("P")] if self.fields else []
        body = self.body()
        return frame(entry(self.kernel), self.arrays(), structs, body, self.by_group)

    def body(self) -> list[str]:
        """The loop over the grid, and the threadgroup memory that it needs."""
        ends = [e for s in self.rows.ends for e in (*s.index, s.value)]
        if not self.rows.passes and not any(isinstance(e, Loop) for e in self.kernel.nodes):
            self.depth = 1
            self.sweep(self.kernel.grid, "point", ("grp * nt + tid", "ng * nt"), ends, self.end)
            return self.lines
        for p in self.rows.passes:
            self.render_pass(p)
        if ends:
            one = "tid == 0" if self.by_group else f"tid < {self.wide} && inside"
            together = self.by_group or self.by_column
            if together:
                self.open(f"if ({one})")
            self.emit(*ends)
            self.end()
            if together:
                self.close()
        if self.shared and sum(bool(p.folds) for p in self.rows.passes) == 1:
            self.line(
                "threadgroup_barrier(mem_flags::mem_threadgroup);  // the next row reuses the slots"
            )
        body, self.lines, self.depth = self.lines, [], 1
        for declaration in self.shared:
            self.line(declaration)
        self.points("\n".join(body))
        self.lines += body
        self.close()
        return self.lines

    def end(self) -> None:
        """The stores of a point behind its passes."""
        for s in self.rows.ends:
            self.store(s)

    def struct(self, name: str) -> str:
        """The type of its numbers."""
        lines = [f"struct {name} {{"]
        for e, field in self.fields.items():
            note = f"  // {e}" if type(e) is Const else ""
            lines.append(f"  {register_type(e.dtype)} {field};{note}")
        return "\n".join((*lines, "};"))

    def arrays(self) -> list[str]:
        """The declarations of its arrays."""
        written = {self.buffers[b] for b in self.kernel.outputs}
        lines = (
            f"device {'' if name in written else 'const '}{memory_type(b.dtype)}* {name}"
            for b, name in self.buffers.items()
        )
        return list(dict.fromkeys(lines))

    def points(self, body: str) -> None:
        """The loop over the grid, and the indices of a point that `body` mentions."""
        grid, flat = self.kernel.grid, "row" if self.by_group else "point"
        name, points = self.name_of(grid, flat), self.count_of(grid)
        if self.by_column:
            wide = self.wide
            self.line(f"int {wide} = {points} > {NARROW} * int(ng) ? nt : {NARROW};")
            self.open(f"for (int strip = grp * {wide}; strip < {points}; strip += ng * {wide})")
            self.line(f"int {name} = strip + tid % {wide};")
            self.line(f"bool inside = {name} < {points};")
            self.line(f"{name} = min({name}, {points} - 1);")
        else:
            first, step = ("grp", "ng") if self.by_group else ("grp * nt + tid", "ng * nt")
            self.open(f"for (int {name} = {first}; {name} < {points}; {name} += {step})")
        self.indices(grid, flat, body)

    @property
    def wide(self) -> str:
        """What the columns of a threadgroup are called."""
        return f"wide{self.tag}"

    def render_pass(self, p: Pass) -> None:
        """Sweep the row once, then let the threads of the group agree on the folds."""
        elements = [e for body in p.bodies for e in body]
        elements += [e for s in p.stores for e in (*s.index, s.value)]
        self.emit(*outside(elements, self.grid), named=True)
        states = [self.declare(f) for f in p.folds]
        steps = ("0", "1")
        if self.by_group:
            steps = ("tid", "nt")
        elif self.by_column:
            steps = (f"tid / {self.wide}", f"nt / {self.wide}")

        if not self.by_group and any(map(is_float_sum, p.folds)):
            self.sweep_in_blocks(p, states, steps, elements)
        else:
            self.sweep(p.loops, "k", steps, elements, partial(self.meet, p, states))
        if self.by_group and p.folds:
            self.agree(p.folds, states)
        if self.by_column and p.folds:
            self.agree_by_column(p.folds, states)
        for f, state in zip(p.folds, states, strict=True):
            self.bind(f, state)

    def meet(self, p: Pass, states: Sequence[list[str]]) -> None:
        """What a pass does with an element."""
        for f, state, body in zip(p.folds, states, p.bodies, strict=True):
            self.accumulate(f, state, body)
        for s in p.stores:
            self.store(s)

    def sweep_in_blocks(
        self,
        p: Pass,
        states: Sequence[list[str]],
        steps: tuple[str, str],
        elements: Sequence[Expr],
    ) -> None:
        """A thread's part of a row, whose elements may be many, in blocks, and blocks of these."""
        first, step = steps
        n, length = self.count_of(p.loops), str(BLOCK) if step == "1" else f"{BLOCK} * ({step})"
        sums = {f: state for f, state in zip(p.folds, states, strict=True) if is_float_sum(f)}
        parts = {f: self.declare(f) for f in sums}
        self.open(f"for (int from = 0, block = 1; from < {n}; from += {length}, block++)")
        here = {f: self.declare(f) for f in sums}
        self.line(f"int to = min(int(from + {length}), {n});")
        start = "from" if first == "0" else f"from + {first}"
        blocks = [here.get(f, state) for f, state in zip(p.folds, states, strict=True)]
        self.sweep(p.loops, "k", (start, step), elements, partial(self.meet, p, blocks), "to")
        for f, (part,) in parts.items():
            self.line(f"{part} += {here[f][0]};")
        self.open(f"if (block % {BLOCK} == 0)")
        for f, (part,) in parts.items():
            self.line(f"{sums[f][0]} += {part};")
            self.line(f"{part} = 0.0f;")
        self.close()
        self.close()
        for f, (part,) in parts.items():
            self.line(f"{sums[f][0]} += {part};")

    def agree(self, folds: Sequence[Fold], states: Sequence[list[str]]) -> None:
        """Combine the accumulators of a threadgroup: in a simdgroup, then over its slots."""
        for f, state in zip(folds, states, strict=True):
            if f.monoid == "add":
                self.line(f"{state[0]} = simd_sum({state[0]});")
                continue
            self.open("for (ushort d = 16; d > 0; d /= 2)")
            others = [self.fresh("v") for _ in state]
            for name, other, b in zip(state, others, f.body, strict=True):
                self.line(f"{register_type(b.dtype)} {other} = {shuffle(name, b)};")
            self.combine(f, state, [(other, ATOM) for other in others])
            self.close()
        slots = {s: f"slots{self.tag}_{s}" for state in states for s in state}
        for f, state in zip(folds, states, strict=True):
            for s, b in zip(state, f.body, strict=True):
                self.share(slots[s], b, 32)
        self.open("if (lane == 0)")
        for s, slot in slots.items():
            self.line(f"{slot}[sg] = {s};")
        self.close()
        self.line("threadgroup_barrier(mem_flags::mem_threadgroup);")
        for s, slot in slots.items():
            self.line(f"{s} = {slot}[0];")
        self.open("for (uint g = 1; g < nt / 32; g++)")
        for f, state in zip(folds, states, strict=True):
            self.combine(f, state, [(f"{slots[s]}[g]", ATOM) for s in state])
        self.close()

    def agree_by_column(self, folds: Sequence[Fold], states: Sequence[list[str]]) -> None:
        """Combine the accumulators of the threads that share a column."""
        slots = {s: f"slots{self.tag}_{s}" for state in states for s in state}
        for f, state in zip(folds, states, strict=True):
            for s, b in zip(state, f.body, strict=True):
                self.share(slots[s], b, THREADS)
        for s, slot in slots.items():
            self.line(f"{slot}[tid] = {s};")
        self.line("threadgroup_barrier(mem_flags::mem_threadgroup);")
        for s, slot in slots.items():
            self.line(f"{s} = {slot}[tid % {self.wide}];")
        self.open(f"for (uint g = tid % {self.wide} + {self.wide}; g < nt; g += {self.wide})")
        for f, state in zip(folds, states, strict=True):
            self.combine(f, state, [(f"{slots[s]}[g]", ATOM) for s in state])
        self.close()

    def share(self, name: str, like: Expr, count: int) -> None:
        """Declare threadgroup memory for so many values."""
        self.shared.append(f"threadgroup {register_type(like.dtype)} {name}[{count}];")
        self.memory += 8 * count

    def store(self, s: Store) -> None:
        """One element; the store's expressions are known."""
        if s.combine:
            raise MissingRule(
                "metal", f"cannot {s.combine} to {s.buffer} from many points", "Run on the CPU."
            )
        element = f"{self.buffers[s.buffer]}[{self.offset(s.buffer, s.index)}]"
        self.line(f"{element} = {to_memory(s.buffer.dtype, self.show(s.value, 0))};")


def shuffle(name: str, like: Expr) -> str:
    """The value of a variable in another lane; there is no shuffle of bools."""
    if is_bool(like.dtype):
        return f"simd_shuffle_xor(ushort({name}), d) != 0"
    return f"simd_shuffle_xor({name}, d)"
