"""Arrays as a user meets them: made from Python's data, printed, exchanged with other libraries."""

from oxmlx.array import builtins, exchange, printing
from oxmlx.array.construct import array, asarray
from oxmlx.array.exchange import from_dlpack
from oxmlx.array.printing import array_repr, array_str

__all__ = ["array", "array_repr", "array_str", "asarray", "from_dlpack"]

builtins.install()
printing.install()
exchange.install()
