"""Refusals of oxmlx.emulate.noted."""

from raise_coverage import Refusal

from oxmlx.emulate import HazardError, check
from oxmlx.emulate.noted import note


def noted() -> None:
    note(HazardError("twice", "the first"))
    note(HazardError("twice", "the second"))
    check()


REFUSALS = [Refusal("what a queued run did", noted, HazardError, "twice: the first")]
