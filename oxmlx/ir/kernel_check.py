"""Check a kernel: what typing rules of single nodes cannot see, scopes and stores."""

from __future__ import annotations

from oxmlx.dtypes import is_integer
from oxmlx.errors import CheckError
from oxmlx.ir.kernel import Index, Kernel, Load, Store, is_tuple
from oxmlx.ir.monoid import MONOIDS


def check_kernel(kernel: Kernel) -> None:
    """Raise a `CheckError` that shows the offending node, or do nothing.

    Indices are bound, names are unique, stores have the type of their buffer, write each element
    once, and write nothing that is read.
    """
    who = f"kernel {kernel.name}"
    names = [i.name for i in kernel.grid]
    names += [b.name for b in dict.fromkeys((*kernel.inputs, *kernel.outputs))]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CheckError(who, f"two things are called {twice[0]}")
    for e in kernel.nodes:
        if isinstance(e, Load) and e.buffer in kernel.outputs:
            raise CheckError(who, f"reads {e}, which it writes; points have no order")
        if isinstance(e, Load) and e.buffer not in kernel.inputs:
            raise CheckError(who, f"loads {e}, which is not among its inputs")
    for store in kernel.stores:
        check_store(kernel, store)
        several = [s for s in kernel.stores if s.buffer is store.buffer]
        if len(several) > 1 and not store.combine:
            raise CheckError(who, f"stores to {store.buffer} {len(several)} times")


def check_store(kernel: Kernel, store: Store) -> None:
    """Raise a `CheckError` if a store is malformed."""
    b, value = store.buffer, store.value
    who = f"kernel {kernel.name}, store to {b}"
    if is_tuple(value) or value.dtype != b.dtype:
        raise CheckError(who, f"got {value}: {value.dtype}")
    if len(store.index) != len(b.shape):
        raise CheckError(who, f"got {len(store.index)} indices")
    for i in store.index:
        if not is_integer(i.dtype):
            raise CheckError(who, f"index {i} must be an integer, got {i.dtype}")
    loose = value.free - store.free - frozenset(kernel.grid)
    if loose:
        problem = f"{value} uses {min(i.name for i in loose)}, which no grid or loop binds"
        raise CheckError(who, problem)
    if store.combine == "add":
        MONOIDS["add"].check(b.dtype)
        return
    if store.combine:
        raise CheckError(who, f"combines with {store.combine!r}", 'There are "" and "add".')
    index = list(store.index)
    if len(set(index)) != len(index) or any(type(i) is not Index for i in index):
        problem = f"must write each element once, got index ({', '.join(map(str, index))})"
        raise CheckError(who, problem, "Use one index an axis, or add.")
    if [i.extent for i in index if isinstance(i, Index)] != list(b.extents):
        raise CheckError(who, f"does not cover the buffer with {index}")
    if not store.free.issuperset(kernel.grid):
        raise CheckError(who, "is written at several points of the grid", "Use add.")
