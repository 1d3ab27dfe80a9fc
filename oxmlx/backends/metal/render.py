"""Kernels as MSL 2.3 text, the same for an Apple GPU and the Linux executor.

Sizes and literals are read from a struct, so one text serves every shape and every value. It is
right for any number of threadgroups, and any multiple of 32 threads in each.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from oxmlx.backends.metal.block import block_fields, units
from oxmlx.backends.metal.frame import frame
from oxmlx.backends.metal.scalars import (
    ATOM,
    Spelling,
    from_memory,
    memory_type,
    register_type,
    spell,
    spell_const,
    to_memory,
)
from oxmlx.dtypes import is_bool, is_float
from oxmlx.errors import CheckError, MissingRule
from oxmlx.ir.kernel import (
    INDEX,
    Buffer,
    Const,
    Expr,
    Fold,
    Index,
    Kernel,
    Load,
    Loop,
    Part,
    Prefix,
    Scalar,
    Size,
    Store,
    nodes,
    scalar,
)
from oxmlx.ir.monoid import MONOIDS
from oxmlx.ir.rows import Pass, guarded_loads, make_rows, outside
from oxmlx.ir.scalar import SCALARS

LONG = 60  # characters of an expression that gets a name


def render(kernel: Kernel) -> str:
    """The MSL text of a kernel; `entry(kernel)` is its function.

    The arguments are the kernel's inputs, its outputs, the bytes of `pack_block(kernel)` if there
    are any, and a uint for each threadgroup, which counts them all in its own when it is done.

    Raises:
        DtypeError: MSL has no such dtype.
        MissingRule: MSL has no such operation.
    """
    return Renderer(kernel, names_of(kernel)).text()


def names_of(kernel: Kernel) -> dict[Buffer, str]:
    """What its arrays are called."""
    names = {b: f"x{k}" for k, b in enumerate(kernel.inputs)}
    return names | {b: f"y{k}" for k, b in enumerate(kernel.outputs)}


def entry(kernel: Kernel) -> str:
    """The name of the MSL function, which must not be one of Metal's own."""
    return f"ox_{kernel.name}"


class Renderer:
    """Prints one kernel.

    A kernel that folds rows gives a threadgroup to a row: its threads stride along the row and meet
    at a barrier after each pass. Otherwise, and where neighbouring points read neighbouring
    elements, a thread takes a point.

    Args:
        kernel: the kernel.
        names: what its arrays are called.
        numbers: what its numbers are called.
        tag: sets its threadgroup memory apart from that of other kernels in the function.
    """

    def __init__(
        self, kernel: Kernel, names: Mapping[Buffer, str], numbers: str = "prm", tag: str = ""
    ) -> None:
        self.kernel, self.rows = kernel, make_rows(kernel)
        folds = [f for p in self.rows.passes for f in p.folds]
        narrow = all(b.dtype.itemsize <= 4 for f in folds for b in f.body)  # shuffles take 32 bits
        self.by_group = bool(folds) and narrow and not self.rows.along_grid()
        self.grid = frozenset(kernel.grid)
        self.fields = block_fields(kernel)
        self.buffers, self.numbers, self.tag = names, numbers, tag
        self.of_indices = of_indices(kernel)
        self.guarded = guarded_loads(kernel)
        self.lines: list[str] = []
        self.shared: list[str] = []  # declarations of threadgroup memory
        self.depth, self.count = 2, Counter[str]()
        self.scope = self.grid
        self.known: dict[Expr, Spelling] = {}

    # The frame

    def text(self) -> str:
        """The kernel as a function of its own."""
        structs = [self.struct("P")] if self.fields else []
        body = self.body()
        return frame(entry(self.kernel), self.arrays(), structs, body, self.by_group)

    def body(self) -> list[str]:
        """The loop over the grid, and the threadgroup memory that it needs."""
        for p in self.rows.passes:
            self.render_pass(p)
        if self.rows.ends:
            if self.by_group:
                self.open("if (tid == 0)")
            self.emit(*(e for s in self.rows.ends for e in (*s.index, s.value)))
            for s in self.rows.ends:
                self.store(s)
            if self.by_group:
                self.close()
        if self.by_group and sum(bool(p.folds) for p in self.rows.passes) == 1:
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

    def struct(self, name: str) -> str:
        """The type of its numbers."""
        lines = [f"struct {name} {{"]
        for e, field in self.fields.items():
            note = f"  // {e}" if type(e) is Const else ""
            lines.append(f"  {register_type(e.dtype)} {field};{note}")
        return "\n".join((*lines, "};"))

    def arrays(self) -> list[str]:
        """The declarations of its arrays."""
        outputs = self.kernel.outputs
        return [
            f"device {'' if b in outputs else 'const '}{memory_type(b.dtype)}* {name}"
            for b, name in self.buffers.items()
        ]

    def points(self, body: str) -> None:
        """The loop over the grid, and the indices of a point that `body` mentions."""
        used = {i for i in self.kernel.grid if re.search(rf"\b{i.name}\b", body)}
        first, step = ("grp", "ng") if self.by_group else ("grp * nt + tid", "ng * nt")
        self.open_box(self.kernel.grid, "row" if self.by_group else "point", first, step, used)

    def open_box(
        self, loops: Sequence[Index], flat: str, first: str, step: str, used: set[Index]
    ) -> None:
        """One loop over a box, row-major; of several indices those `used` are declared."""
        sizes = [self.size(i.extent) for i in loops]
        name = loops[0].name if len(loops) == 1 else flat
        points = " * ".join(sizes) or "1"
        move = f"{name}++" if step == "1" else f"{name} += {step}"
        self.open(f"for (int {name} = {first}; {name} < {points}; {move})")
        rest = name
        for k in reversed(range(len(loops) if len(loops) > 1 else 0)):
            if loops[k] in used:
                self.line(f"int {loops[k].name} = {rest}{f' % {sizes[k]}' if k else ''};")
            rest = f"{rest} / {sizes[k]}"

    # Statements

    def line(self, text: str) -> None:
        self.lines.append("  " * self.depth + text)

    def open(self, head: str) -> None:
        self.line(head + " {")
        self.depth += 1

    def close(self) -> None:
        self.depth -= 1
        self.line("}")

    def fresh(self, kind: str) -> str:
        self.count[kind] += 1
        return f"{kind}{self.count[kind] - 1}"

    def render_pass(self, p: Pass) -> None:
        """Sweep the row once, then let the threads of the group agree on the folds."""
        elements = [e for body in p.bodies for e in body]
        elements += [e for s in p.stores for e in (*s.index, s.value)]
        self.emit(*outside(elements, self.grid), named=True)
        states = [self.declare(f) for f in p.folds]
        first, step = ("tid", "nt") if self.by_group else ("0", "1")
        self.open_box(p.loops, "k", first, step, set(p.loops))
        outer = self.enter(p.loops)
        self.emit(*elements)
        for f, state, body in zip(p.folds, states, p.bodies, strict=True):
            self.accumulate(f, state, body)
        for s in p.stores:
            self.store(s)
        self.leave(outer)
        self.close()
        if self.by_group and p.folds:
            self.agree(p.folds, states)
        for f, state in zip(p.folds, states, strict=True):
            self.bind(f, state)

    def serial(self, e: Loop) -> None:
        """A fold, or a prefix, in one thread."""
        state, n = self.declare(e), self.size(e.loop.extent)
        first, stop, k = "0", f"< {n}", e.loop.name
        if isinstance(e, Prefix):
            first, stop = (
                (self.show(e.at, 0), stop) if e.reverse else (first, f"<= {self.show(e.at, 5)}")
            )
        self.open(f"for (int {k} = {first}; {k} {stop}; {k}++)")
        outer = self.enter((e.loop,))
        self.emit(*e.body)
        self.accumulate(e, state, e.body)
        self.leave(outer)
        self.close()
        self.bind(e, state)

    def declare(self, e: Loop) -> list[str]:
        """The accumulators of a loop, at the identity."""
        names = [self.fresh("s") for _ in e.body]
        for name, unit in zip(names, units(e), strict=True):
            self.line(f"{register_type(unit.dtype)} {name} = {self.spell(unit)[0]};")
        return names

    def bind(self, e: Loop, state: list[str]) -> None:
        """From now on the value of a loop is called by its accumulators."""
        self.known[e] = state[0], ATOM
        if len(state) > 1:
            self.known |= {Part(n, e): (name, ATOM) for n, name in enumerate(state)}

    def accumulate(self, e: Loop, state: list[str], body: Sequence[Expr]) -> None:
        """state ⊕= body, whose components are known."""
        if e.monoid in SCALARS:  # mentions its operands once
            self.combine(e, state, [self.known[b] for b in body])
        else:
            self.combine(e, state, [(self.atom(b), ATOM) for b in body])

    def combine(self, e: Loop, state: list[str], value: Sequence[Spelling]) -> None:
        """state ⊕= value"""
        if e.monoid == "add" and is_float(e.dtype):
            self.line(f"{state[0]} += {value[0][0]};")
            return
        a = (self.variable((s, ATOM), b) for s, b in zip(state, e.body, strict=True))
        b = (self.variable(v, b) for v, b in zip(value, e.body, strict=True))
        out = MONOIDS[e.monoid].combine(scalar, tuple(a), tuple(b))
        self.emit(*out, named=len(out) > 1)
        for name, x in zip(state, out, strict=True):
            self.line(f"{name} = {self.show(x, 0)};")

    def variable(self, text: Spelling, like: Expr) -> Expr:
        """An expression that prints as `text`."""
        leaf = Load(Buffer(text[0], (), like.dtype), ())
        self.known[leaf] = text
        return leaf

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
                self.shared.append(f"threadgroup {register_type(b.dtype)} {slots[s]}[32];")
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

    def store(self, s: Store) -> None:
        """One element; the store's expressions are known."""
        if s.combine:
            raise MissingRule(
                "metal", f"cannot {s.combine} to {s.buffer} from many points", "Run on the CPU."
            )
        element = f"{self.buffers[s.buffer]}[{self.offset(s.buffer, s.index)}]"
        self.line(f"{element} = {to_memory(s.buffer.dtype, self.show(s.value, 0))};")

    # Expressions

    def emit(self, *roots: Expr, named: bool = False) -> None:
        """Make `roots` known here; what is long, loaded or used twice becomes a variable."""
        order = [e for e in nodes(*roots, kids=self.needs) if e not in self.known]
        uses = Counter(k for e in order for k in self.needs(e))
        uses.update(dict.fromkeys(roots, 1))
        for e in order:
            if isinstance(e, Loop):
                self.serial(e)
                continue
            self.known[e] = self.spell(e)
            twice = uses[e] > 1 or len(self.known[e][0]) > LONG or (named and e in roots)
            if isinstance(e, Load) or (twice and e.kids()):
                self.atom(e)

    def atom(self, e: Expr) -> str:
        """A variable, or constant, that holds `e`, which is known."""
        text, _ = self.known[e]
        if not re.fullmatch(r"[\w.]+", text):
            name = self.fresh("r" if self.scope == self.grid else "v")
            self.line(f"{register_type(e.dtype)} {name} = {text};")
            self.known[e] = name, ATOM
        return self.known[e][0]

    def needs(self, e: Expr) -> Sequence[Expr]:
        """What must be known before `e` is printed."""
        if e in self.known:
            return ()
        if isinstance(e, Loop):
            return [*outside(e.body, self.scope - {e.loop}), *e.outside]
        return e.kids()

    def enter(self, loops: Sequence[Index]) -> tuple[frozenset[Index], dict[Expr, Spelling]]:
        """Into a loop: what was known about another variable of the same name is forgotten."""
        outer = self.scope, self.known
        self.scope = self.scope.union(loops)
        self.known = {e: text for e, text in self.known.items() if e.free.isdisjoint(loops)}
        return outer

    def leave(self, outer: tuple[frozenset[Index], dict[Expr, Spelling]]) -> None:
        self.scope, self.known = outer

    def show(self, e: Expr, tight: int) -> str:
        text, own = self.known[e] if e in self.known else self.spell(e)
        return f"({text})" if own < tight else text

    def spell(self, e: Expr) -> Spelling:
        """The text of a node whose kids are known."""
        match e:
            case Size():
                return self.size(e), ATOM
            case Const():
                number = self.fields.get(e)
                return (f"{self.numbers}.{number}", ATOM) if number else spell_const(e)
            case Index():
                return e.name, ATOM
            case Load():
                element = f"{self.buffers[e.buffer]}[{self.offset(e.buffer, e.index, e)}]"
                return from_memory(e.dtype, element), ATOM
            case Scalar():
                return spell(e, self.show, e in self.of_indices)
            case _:
                raise CheckError("metal", f"cannot print {e}")

    def size(self, n: Size) -> str:
        return f"{self.numbers}.{self.fields[n]}"

    def offset(self, buffer: Buffer, index: tuple[Expr, ...], load: Load | None = None) -> str:
        """The place of an element, row-major."""
        extents = buffer.extents
        flat = index == self.kernel.grid and len(index) > 1 and not self.by_group
        if flat and extents == tuple(i.extent for i in self.kernel.grid):
            return "point"
        at, tight = "0", ATOM
        for k, (i, n) in enumerate(zip(index, extents, strict=True)):
            text, own = self.show(i, 6), self.known[i][1]
            if i.dtype != INDEX:
                text, own = f"int({text})", ATOM
            if load in self.guarded and not (isinstance(i, Index) and i.extent is n):
                text, own = f"clamp({text}, 0, {self.size(n)} - 1)", ATOM
            if k == 0:
                at, tight = text, own
            else:
                at, tight = f"{at if tight > 6 else f'({at})'} * {self.size(n)} + {text}", 6
        return at


def shuffle(name: str, like: Expr) -> str:
    """The value of a variable in another lane; there is no shuffle of bools."""
    if is_bool(like.dtype):
        return f"simd_shuffle_xor(ushort({name}), d) != 0"
    return f"simd_shuffle_xor({name}, d)"


def of_indices(kernel: Kernel) -> set[Expr]:
    """What says where elements are, of indices, sizes and constants alone: it does not overflow."""
    found: set[Expr] = set()
    places = [i for e in kernel.nodes if isinstance(e, Load) for i in e.index]
    for e in nodes(*places, *(i for s in kernel.stores for i in s.index)):
        leaf = isinstance(e, (Index, Size)) or type(e) is Const
        known = e.dtype == INDEX or is_bool(e.dtype)
        if known and (leaf or (isinstance(e, Scalar) and found.issuperset(e.args))):
            found.add(e)
    return found
