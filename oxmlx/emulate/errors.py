"""What the emulator refuses: all of it is `metalcompute.error`, as `oxmlx.emulate.error`."""

from __future__ import annotations

from oxmlx.emulate.finding import Finding
from oxmlx.errors import CompileError, OxmlxError


class EmulationError(OxmlxError, RuntimeError):
    """Whatever metalcompute raises, or would crash of, or be silent about."""


class CompilerMissing(EmulationError):
    """There is no clang to compile Metal texts with, or no machine to run them on."""


class DeviceMissing(EmulationError):
    """There is no GPU of NVIDIA's, or no driver for it."""


class TextError(EmulationError, CompileError):
    """A text that the Metal compiler would refuse, with the lines and reasons."""


class HazardError(EmulationError):
    """A call that metalcompute answers with a crash, a hang or a wrong result, and no error."""


class FaultError(EmulationError):
    """A kernel that ran, and did what no kernel may do.

    Args:
        who: the name of the kernel.
        findings: what it did, with the line of the text; the first is the most telling.
    """

    def __init__(self, who: str, findings: tuple[Finding, ...]) -> None:
        super().__init__(who, "\n  ".join(map(str, findings)))
        self.findings = findings
