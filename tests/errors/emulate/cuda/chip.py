"""Refusals of oxmlx.emulate.cuda.chip."""

from unittest.mock import patch

from fake_cuda import Library
from raise_coverage import Refusal

from oxmlx.emulate import EmulationError
from oxmlx.emulate.cuda.chip import chip
from oxmlx.emulate.cuda.driver import Driver


def third() -> None:
    with patch("oxmlx.emulate.cuda.chip.driver", lambda: Driver(Library())):
        chip.__wrapped__(2)


REFUSALS = [Refusal("a GPU that is not there", third, EmulationError, "Device not found")]
