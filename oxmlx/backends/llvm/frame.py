"""What is known at one point of the text of a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from oxmlx.backends.llvm.builder import Value
from oxmlx.ir.kernel import Buffer, Expr, Index

Element = tuple[Buffer, tuple[Expr, ...]]


@dataclass
class Frame:
    """The loops around this point, the vectors in flight, and the values computed so far."""

    scope: frozenset[Index] = frozenset()
    """The indices of the loops around."""
    at: dict[Index, str] = field(default_factory=dict[Index, str])
    """Their counters, as i64; not that of the lane."""
    lane: Index | None = None
    """The index along which vectors run."""
    bases: Sequence[str] = ("0",)
    """Of each vector in flight, the lane of its first element."""
    masks: Sequence[Value | None] = (None,)
    """Of each, the lanes that are on, if not all are."""
    early: AbstractSet[Expr] = frozenset()
    """Loads for whose memory the hardware is asked early."""
    copy: int = 0
    """The vector that is worked on."""
    uniform: dict[Expr, Value] = field(default_factory=dict[Expr, Value])
    """What is the same in all lanes."""
    varying: list[dict[Expr, Value]] = field(default_factory=lambda: [{}])
    """What is not, for each vector in flight."""
    rows: dict[Element, str] = field(default_factory=dict[Element, str])
    """Addresses of elements at lane 0."""

    def inside(self, *loops: Index) -> Frame:
        """The frame in the body of loops: what is computed there is not known outside, and what was
        known about other variables of the same names is forgotten."""

        def still(table: dict[Expr, Value]) -> dict[Expr, Value]:
            return {e: x for e, x in table.items() if e.free.isdisjoint(loops)}

        return replace(
            self,
            scope=self.scope.union(loops),
            at=dict(self.at),
            uniform=still(self.uniform),
            varying=[still(table) for table in self.varying],
            rows={
                key: text
                for key, text in self.rows.items()
                if all(e.free.isdisjoint(loops) for e in key[1])
            },
        )

    @property
    def mask(self) -> Value | None:
        """The lanes of the vector that is worked on that are on, if not all are."""
        return self.masks[self.copy]

    @property
    def around(self) -> frozenset[Index]:
        """The indices of the scalar loops around."""
        return self.scope if self.lane is None else self.scope - {self.lane}

    def varies(self, e: Expr) -> bool:
        """Has `e` a value for each lane?"""
        return self.lane in e.free

    def table(self, e: Expr) -> dict[Expr, Value]:
        """Where the value of `e` is kept."""
        return self.varying[self.copy] if self.varies(e) else self.uniform
