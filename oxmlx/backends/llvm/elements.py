"""Expressions as LLVM code: values of scalars and vectors, and the elements they load and store."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from oxmlx.backends.llvm.builder import (
    BOOL,
    Builder,
    Value,
    constant,
    mangled,
    memory_type,
    register_type,
    typed,
)
from oxmlx.backends.llvm.frame import Frame
from oxmlx.backends.llvm.scalars import scalar_op
from oxmlx.dtypes import Dtype
from oxmlx.errors import CheckError, MissingRule
from oxmlx.ir.kernel import (
    INDEX,
    Buffer,
    Const,
    Expr,
    Index,
    Kernel,
    Load,
    Loop,
    Scalar,
    Size,
    Store,
    nodes,
)
from oxmlx.ir.rows import guarded_loads, outside

AHEAD = 4096
"""Bytes from what is read to what the hardware is asked for early."""
I64: Dtype = np.dtype(np.int64)


class Place(NamedTuple):
    """Where an element lies, as a function of the lane."""

    terms: list[tuple[int, int, Expr]]
    """(coefficient, axis, what does not vary along the lanes)"""
    steps: list[tuple[int, int]]
    """(coefficient, axis) of the lane itself"""


class Elements:
    """Writes expressions of one kernel into a builder; `width` is the number of lanes."""

    def __init__(self, kernel: Kernel, width: int) -> None:
        self.kernel, self.width = kernel, width
        self.b, self.here = Builder(), Frame()
        self.guarded = guarded_loads(kernel)
        self.pointers: dict[Buffer, str] = {}
        self.extents: dict[Size, str] = {}
        self.strides: dict[tuple[Buffer, int], str] = {}

    @abstractmethod
    def serial(self, e: Loop) -> None:
        """Compute a fold or a prefix here."""

    @contextmanager
    def inside(self, *loops: Index) -> Generator[Frame]:
        """The body of loops, in a frame of its own."""
        before = self.here
        self.here = before.inside(*loops)
        yield self.here
        self.here = before

    def each_copy(self) -> Generator[int]:
        """One vector in flight after the other."""
        for k in range(len(self.here.bases)):
            self.here.copy = k
            yield k
        self.here.copy = 0

    # Expressions

    def emit(self, *roots: Expr) -> None:
        """Compute `roots` here."""
        for e in nodes(*roots, kids=self.needs):
            table = self.here.table(e)
            if e in table:
                continue
            if isinstance(e, Loop):
                self.serial(e)
            else:
                table[e] = self.spell(e)

    def needs(self, e: Expr) -> Sequence[Expr]:
        """What must be known before `e`."""
        if e in self.here.table(e) or isinstance(e, Load):
            return ()
        if isinstance(e, Loop):
            return [*outside(e.body, self.here.scope - {e.loop}), *e.outside]
        return e.kids()

    def value(self, e: Expr) -> Value:
        """The value of `e`, computed here unless it is known."""
        self.emit(e)
        return self.here.table(e)[e]

    def vector(self, e: Expr) -> Value:
        """The value of `e` in every lane."""
        return self.b.splat(self.value(e), self.width)

    def lanes_of(self, e: Expr) -> int:
        return self.width if self.here.varies(e) else 1

    def spell(self, e: Expr) -> Value:
        """A node whose kids are known."""
        match e:
            case Const():
                return Value(constant(e.value, register_type(e.dtype), 1), e.dtype, 1)
            case Size():
                return Value(self.b.do(f"trunc i64 {self.extents[e]} to i32"), INDEX, 1)
            case Index():
                return self.index(e)
            case Load():
                return self.load(e)
            case Scalar():
                lanes = max(map(self.lanes_of, e.args))
                args = tuple(self.b.splat(self.value(a), lanes) for a in e.args)
                return scalar_op(self.b, e.op, args, e.to)
            case _:
                raise CheckError("cpu", f"cannot print {e}", "Add it to the renderer.")

    def index(self, e: Index) -> Value:
        """A counter, as kernels compute with it."""
        b, here = self.b, self.here
        if e is not here.lane:
            return Value(b.do(f"trunc i64 {here.at[e]} to i32"), INDEX, 1)
        base = Value(b.do(f"trunc i64 {here.bases[here.copy]} to i32"), INDEX, 1)
        return b.binary("add", b.splat(base, self.width), self.iota())

    def iota(self) -> Value:
        """0, 1, 2, ..."""
        listed = ", ".join(f"i32 {k}" for k in range(self.width))
        return Value(f"<{listed}>", INDEX, self.width)

    def all_on(self) -> Value:
        """The mask of all lanes."""
        return Value(constant(True, "i1", self.width), BOOL, self.width)

    # Places

    def wide(self, e: Expr) -> str:
        """A scalar index as i64; the counter itself for a plain one."""
        match e:
            case Index():
                return self.here.at[e]
            case Size():
                return self.extents[e]
            case Const() if type(e) is Const:
                return str(int(e.value))
            case _:
                return self.b.widen(self.value(e), I64).text

    def contiguous(self, buffer: Buffer, index: tuple[Expr, ...]) -> Place | None:
        """Where an element lies, if the lanes read neighbours."""
        place = place_of(index, self.here.lane)
        return place if place and place.steps == [(1, len(buffer.shape) - 1)] else None

    def hoist(self, buffer: Buffer, index: tuple[Expr, ...]) -> None:
        """Compute the address of a row before the loop over its vectors."""
        place = self.contiguous(buffer, index)
        if place and all(x.free <= self.here.around for _, _, x in place.terms):
            self.row(buffer, index, place)

    def row(self, buffer: Buffer, index: tuple[Expr, ...], place: Place) -> str:
        """The address of the element at lane 0."""
        rows = self.here.rows
        if (buffer, index) not in rows:
            b, offset = self.b, "0"
            for c, axis, x in place.terms:
                at = b.arith("mul", self.wide(x), str(c))
                offset = b.arith("add", offset, b.arith("mul", at, self.strides[buffer, axis]))
            kind = memory_type(buffer.dtype)
            rows[buffer, index] = b.address(kind, self.pointers[buffer], offset)
        return rows[buffer, index]

    def neighbours(self, buffer: Buffer, index: tuple[Expr, ...]) -> str | None:
        """The address of a vector in memory, or nothing if its elements are scattered."""
        place = self.contiguous(buffer, index)
        if place is None:
            return None
        start = self.row(buffer, index, place)
        return self.b.address(memory_type(buffer.dtype), start, self.here.bases[self.here.copy])

    def scattered(self, buffer: Buffer, index: tuple[Expr, ...]) -> str:
        """The address of each lane's element."""
        b, offset = self.b, Value(constant(0, "i64", self.width), I64, self.width)
        for axis, i in enumerate(index):
            at = b.widen(self.vector(i), I64)
            stride = b.splat(Value(self.strides[buffer, axis], I64, 1), self.width)
            offset = b.binary("add", offset, b.binary("mul", at, stride))
        start, kind = self.pointers[buffer], memory_type(buffer.dtype)
        return b.do(f"getelementptr {kind}, ptr {start}, {b.type_of(offset)} {offset.text}")

    def single(self, buffer: Buffer, index: tuple[Expr, ...], guarded: bool) -> str:
        """The address of one element; of the nearest there is, if it may lie outside."""
        b, offset = self.b, "0"
        for axis, i in enumerate(index):
            at = self.wide(i)
            if guarded and not is_inside(i, buffer, axis):
                last = b.do(f"sub i64 {self.extents[buffer.extents[axis]]}, 1")
                at = b.call("llvm.smin.i64", "i64", [("i64", at), ("i64", last)])
                at = b.call("llvm.smax.i64", "i64", [("i64", at), ("i64", "0")])
            offset = b.arith("add", offset, b.arith("mul", at, self.strides[buffer, axis]))
        return b.address(memory_type(buffer.dtype), self.pointers[buffer], offset)

    def within(self, e: Load) -> Value | None:
        """The lanes that are on and whose index lies inside the buffer; nothing if it is all."""
        out = self.here.mask
        for axis, i in enumerate(e.index):
            if not is_inside(i, e.buffer, axis):
                at = self.b.widen(self.vector(i), I64)
                n = Value(self.extents[e.buffer.extents[axis]], I64, 1)
                inside = self.b.compare("ult", at, self.b.splat(n, self.width))
                out = self.b.binary("and", out, inside) if out else inside
        return out

    # Memory

    def load(self, e: Load) -> Value:
        """An element, or one for each lane."""
        b, kind, guarded = self.b, memory_type(e.dtype), e in self.guarded
        if not self.here.varies(e):
            text = b.load(kind, self.single(e.buffer, e.index, guarded))
            return b.from_memory(text, e.dtype, 1)
        wide = typed(kind, self.width)
        mask = self.within(e) if guarded else self.here.mask
        at = self.neighbours(e.buffer, e.index)
        if at is not None and mask is None:
            if e in self.here.early:
                b.prefetch(at, AHEAD)
            return b.from_memory(b.load(wide, at), e.dtype, self.width)
        on, zeros = mask or self.all_on(), (wide, "zeroinitializer")
        lanes, name = (b.type_of(on), on.text), mangled(kind, self.width)
        if at is not None:
            text = b.call(
                f"llvm.masked.load.{name}.p0", wide, [("ptr", at), ("i32", "1"), lanes, zeros]
            )
        else:
            many = typed("ptr", self.width), self.scattered(e.buffer, e.index)
            name = f"llvm.masked.gather.{name}.{mangled('ptr', self.width)}"
            text = b.call(name, wide, [many, ("i32", "1"), lanes, zeros])
        return b.from_memory(text, e.dtype, self.width)

    def store(self, s: Store) -> None:
        """Write an element, or one for each lane."""
        b, kind, here = self.b, memory_type(s.buffer.dtype), self.here
        if s.combine:
            raise MissingRule(
                "cpu", f"cannot {s.combine} to {s.buffer} from many points", "Use the reference."
            )
        if here.lane not in s.free:
            text = b.to_memory(self.value(s.value))
            at = self.single(s.buffer, s.index, False)
            b.line(f"store {kind} {text}, ptr {at}, align 1")
            return
        wide, text = typed(kind, self.width), b.to_memory(self.vector(s.value))
        at = self.neighbours(s.buffer, s.index)
        if at is not None and here.mask is None:
            b.line(f"store {wide} {text}, ptr {at}, align 1")
            return
        on = here.mask or self.all_on()
        lanes, name = (b.type_of(on), on.text), mangled(kind, self.width)
        if at is not None:
            b.call(
                f"llvm.masked.store.{name}.p0",
                "void",
                [(wide, text), ("ptr", at), ("i32", "1"), lanes],
            )
        else:
            many = typed("ptr", self.width), self.scattered(s.buffer, s.index)
            name = f"llvm.masked.scatter.{name}.{mangled('ptr', self.width)}"
            b.call(name, "void", [(wide, text), many, ("i32", "1"), lanes])


def is_inside(i: Expr, buffer: Buffer, axis: int) -> bool:
    """Is this index certain to lie inside?"""
    return isinstance(i, Index) and i.extent is buffer.extents[axis]


def place_of(index: tuple[Expr, ...], lane: Index | None) -> Place | None:
    """How an index depends on the lane, if it is affine."""
    out = Place([], [])
    for axis, e in enumerate(index):
        found = affine(e, lane)
        if found is None:
            return None
        step, rest = found
        out.terms.extend((c, axis, x) for c, x in rest)
        out.steps.extend([(step, axis)] if step else [])
    return out


def affine(e: Expr, lane: Index | None) -> tuple[int, list[tuple[int, Expr]]] | None:
    """`e` as step * lane + Σ coefficient * rest, if it is so."""
    if e is lane:
        return 1, []
    if lane not in e.free:
        return 0, [(1, e)]
    if not isinstance(e, Scalar) or e.dtype != INDEX:
        return None
    parts = [affine(a, lane) for a in e.args]
    match e.op, e.args, parts:
        case "add" | "sub", _, ((s, xs), (t, ys)):
            sign = 1 if e.op == "add" else -1
            return s + sign * t, [*xs, *((sign * c, y) for c, y in ys)]
        case "mul", (_, Const() as c), ((s, xs), _) if type(c) is Const:
            n = int(c.value)
            return s * n, [(k * n, x) for k, x in xs]
        case "neg", _, ((s, xs),):
            return -s, [(-c, x) for c, x in xs]
        case _:
            return None
