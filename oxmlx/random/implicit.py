"""How a gamma sample moves with its parameter: the implicit function theorem."""

from __future__ import annotations

from typing import Any

from oxmlx.control.while_loop import while_loop
from oxmlx.dtypes import finfo
from oxmlx.ops import math
from oxmlx.ops.axes import full
from oxmlx.ops.convert import cast
from oxmlx.ops.reduction import reduce_or
from oxmlx.ops.select import select
