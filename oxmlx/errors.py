"""Typed errors: who refused, what it got and wanted, what to do next, and the user's line.

A class derives from the builtin exceptions that JAX, NumPy or MLX raise for the same mistake, so
code that catches those keeps working.
"""

from __future__ import annotations

from oxmlx.source import Location


class OxmlxError(Exception):
    """Base class of every error that oxmlx raises on purpose.

    Args:
        who: the function or primitive that refuses, as it prints in the IR.
        problem: what it got against what it wanted.
        advice: what to do next; may be empty.
        where: the user's line, when it is not the line that is running now.
    """

    def __init__(
        self, who: str, problem: str, advice: str = "", where: Location | None = None
    ) -> None:
        Exception.__init__(self, who, problem, advice)  # OSError's would take them for an errno
        self.who, self.problem, self.advice, self.where = who, problem, advice, where

    def __str__(self) -> str:
        text = f"{self.who}: {self.problem}"
        if self.advice:
            text += f"\n  {self.advice}"
        return text if self.where is None else f"{text}\n  at {self.where}"


class ShapeError(OxmlxError, ValueError, TypeError):
    """Shapes that do not fit an operation."""


class AxisError(ShapeError, IndexError):
    """An axis that an operand does not have, or one given twice."""


class UnboundAxisError(AxisError, NameError):
    """A collective over an axis name that no vmap around it has."""


class DtypeError(OxmlxError, TypeError, ValueError):
    """A dtype that an operation does not accept."""


class OverflowingLiteralError(OxmlxError, OverflowError):
    """A Python or NumPy number that its target dtype cannot hold."""


class OutOfBoundsError(OxmlxError, IndexError):
    """A static index outside its axis."""


class ArgumentError(OxmlxError, ValueError, TypeError):
    """An argument that a function does not understand."""


class TreeError(OxmlxError, ValueError, TypeError):
    """Pytrees whose structures differ; the text names the path."""


class ConcretizationError(OxmlxError, TypeError):
    """A traced value was asked for a Python value it does not have yet."""


class LeakedTracerError(OxmlxError, RuntimeError, TypeError):
    """A traced value outlived the transformation that made it."""


class GradientError(OxmlxError, TypeError, ValueError):
    """A function that cannot be differentiated as asked."""


class StaticValueError(OxmlxError, TypeError, ValueError):
    """A static argument or primitive parameter that cannot be hashed."""


class MissingRule(OxmlxError, NotImplementedError):
    """A primitive has no rule for a transformation."""


class DonatedError(OxmlxError, RuntimeError):
    """An array was read after its buffer was given away."""


class DeviceError(OxmlxError, ValueError):
    """A device that does not exist, or arrays on different devices."""


class KeyTypeError(OxmlxError, TypeError):
    """A random function without a key, or with something that is not one."""


class ImmutableError(OxmlxError, TypeError):
    """An attempt to change an array, or a frozen module, in place."""


class EvaluationError(OxmlxError, RuntimeError):
    """An equation failed when it ran; every array that depends on it says so."""


class CheckError(OxmlxError, ValueError):
    """A malformed jaxpr or kernel: an error in a rule, not in the user's program."""


class CompileError(OxmlxError, RuntimeError):
    """A backend's compiler refused the text of a kernel."""


class OutOfMemoryError(OxmlxError, MemoryError, RuntimeError):
    """A device has no memory left for a buffer."""


class FallbackError(OxmlxError, NotImplementedError):
    """A program needs the host, which the switch `fallback` forbids."""


class FileFormatError(OxmlxError, ValueError):
    """A file that is corrupt, hostile, or not what it says it is."""


class MissingFileError(OxmlxError, FileNotFoundError):
    """A file that does not exist, or the folder for it."""


class FolderError(OxmlxError, IsADirectoryError, NotADirectoryError):
    """A folder where a file is wanted, or the other way round."""


class FilePermissionError(OxmlxError, PermissionError):
    """A file that the system does not let us read or write."""


class StateDictError(OxmlxError, KeyError, ValueError):
    """A state dict whose names, shapes or dtypes do not match the module."""
