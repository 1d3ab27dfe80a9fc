"""Elements of arrays as MSL expressions, and the variables that hold them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from oxmlx.backends.metal.block import block_fields, units
from oxmlx.backends.metal.scalars import (
    ATOM,
    Spelling,
    from_memory,
    register_type,
    spell,
    spell_const,
)
from oxmlx.dtypes import is_bool, is_float
from oxmlx.errors import CheckError
from oxmlx.ir.kernel import (
    INDEX,
    Buffer,
    Const,
    Expr,
    Index,
    Kernel,
    Load,
    Loop,
    Part,
    Prefix,
    Scalar,
    Size,
    nodes,
    scalar,
)
from oxmlx.ir.monoid import MONOIDS
from oxmlx.ir.rows import guarded_loads, make_rows, outside
from oxmlx.ir.scalar import SCALARS

LONG = 60  # characters of an expression that gets a name
MOST_STATES = 16
"""Accumulators of a column: threads that share it meet in threadgroup memory, which is small."""


class Elements:
    """The lines of a kernel so far, and what is known there.

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
        few = sum(len(f.body) for f in folds) <= MOST_STATES
        along_grid = self.rows.along_grid()
        self.by_column = bool(folds) and few and along_grid
        self.by_group = bool(folds) and narrow and not along_grid
        self.memory = 0  # bytes of threadgroup memory
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

    # Loops in one thread

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
        if is_float_sum(e):
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


def is_float_sum(e: Loop) -> bool:
    """Does the order of what is added matter?"""
    return e.monoid == "add" and is_float(e.dtype)


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
