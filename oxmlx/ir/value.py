"""Values: what a traced program computes with. `ops.operators` installs their operators."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np

from oxmlx.dtypes import is_key
from oxmlx.errors import (
    ConcretizationError,
    DtypeError,
    ImmutableError,
    OutOfBoundsError,
    ShapeError,
)
from oxmlx.ir.aval import Aval
from oxmlx.source import current_location

if TYPE_CHECKING:
    from oxmlx.ir.surface import Surface
else:

    class Surface:
        """Nothing: what stands in for it is installed."""

        __slots__ = ()


class Value(Surface):
    """An array, or a tracer that stands for one: anything with an aval.

    `oxmlx.Array` is this class, so `isinstance(x, oxmlx.Array)` holds inside transformations too.

    >>> import oxmlx as ox
    >>> x = ox.array([1.0, 2.0])
    >>> isinstance(x, ox.Array), x.shape, (x + 1).tolist()
    (True, (2,), [2.0, 3.0])
    """

    __slots__ = ()
    __array_priority__: ClassVar[float] = 1000
    aval: Aval

    @property
    def shape(self) -> tuple[int, ...]:
        """The extent of each axis."""
        return self.aval.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of one element."""
        return self.aval.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.aval.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.aval.size

    @property
    def itemsize(self) -> int:
        """The bytes of one element."""
        return self.aval.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self.aval.size * self.aval.dtype.itemsize

    @property
    def weak_type(self) -> bool:
        """Whether the dtype gives way to that of another array."""
        return self.aval.weak

    @abstractmethod
    def concrete(self, what: str) -> Any:
        """The NumPy array behind this value, or an error that says `what` was asked."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        data = self.concrete("a NumPy array")
        if dtype is not None and np.dtype(dtype) != data.dtype:
            return data.astype(dtype)
        return data.copy() if copy else data

    def item(self, *index: int) -> Any:
        """The one element, as a Python number."""
        if not index:
            return one_element(self, "item", "a Python number").item()
        try:
            return self.concrete("a Python number").item(*index)
        except IndexError as e:
            raise OutOfBoundsError("item", f"{e}, in {self.aval}") from None

    def tolist(self) -> Any:
        """The elements as nested Python lists."""
        return self.concrete("a Python list").tolist()

    def __bool__(self) -> bool:
        if is_key(self.aval.dtype):
            advice = "Compare with None: `key if key is not None else ...`."
            raise DtypeError("bool", f"a random key is neither true nor false: {self.aval}", advice)
        return bool(one_element(self, "bool", "a Python bool"))

    def __int__(self) -> int:
        return int(one_element(self, "int", "a Python int"))

    def __float__(self) -> float:
        return float(one_element(self, "float", "a Python float"))

    def __complex__(self) -> complex:
        return complex(one_element(self, "complex", "a Python complex"))

    def __index__(self) -> int:
        return self.concrete("a Python index").__index__()

    def __len__(self) -> int:
        if not self.aval.shape:
            raise ShapeError(
                "len",
                f"an array of rank 0 has no length, got {self.aval}",
                "Use x.item() for its number, or x.size.",
            )
        return self.aval.shape[0]

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise ImmutableError(
            "array[index] = value",
            "arrays are immutable",
            "Use x = x.at[index].set(value), which returns the changed array.",
        )

    __hash__ = None  # == is elementwise, so values cannot be dict keys


def one_element(x: Value, who: str, what: str) -> Any:
    """The NumPy array behind a value of one element.

    Raises:
        ShapeError: it has none, or several.
    """
    if x.aval.size != 1:
        advice = "Index the one you want, or use x.tolist() for all."
        if who == "bool":
            advice = "Use x.any() or x.all(), or ox.numpy.where to choose elementwise."
        problem = f"{what} was asked of {x.aval}, which has {x.aval.size} elements"
        raise ShapeError(who, problem, advice)
    return x.concrete(what)


STATIC = "Mark the argument it comes from as static, as in ox.jit(f, static_argnums=0)"
ADVICE = {
    "a NumPy array": "Use the function of ox.numpy, such as ox.numpy.sin for np.sin; "
    "ox.pure_callback calls what has none there.",
    "a Python index": f"{STATIC}; instead of range in a loop, use ox.lax.fori_loop.",
    "shape as Python numbers": f"{STATIC}: a program is compiled for one shape.",
}
"""What to do instead, by what was asked of a traced value."""

CONTROL_FLOW = (
    "Use ox.lax.cond, ox.lax.while_loop or ox.numpy.where instead of Python control flow, "
    "mark the argument as static, or print with ox.debug.print."
)


class Tracer(Value):
    """A value seen by one trace."""

    __slots__ = ("aval", "owner")
    owner: Any

    def concrete(self, what: str) -> Any:
        self.check_around(what)
        raise ConcretizationError(
            f"{self!r}",
            f"{what} was asked of a value that is not known while the function is traced",
            ADVICE.get(what, CONTROL_FLOW),
            where=current_location(),
        )

    def check_around(self, what: str) -> None:
        """Refuse where the trace has ended, that `what` was asked."""
        self.owner.check_around(self, f"{self!r}", f"{what} was asked of a value that")

    def __repr__(self) -> str:
        return f"Traced<{self.aval}>"
