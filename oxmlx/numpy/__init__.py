"""NumPy's functions under jax.numpy's names."""

import importlib as _importlib
import pathlib as _pathlib

for _file in sorted(_pathlib.Path(__file__).parent.glob("[a-z]*.py")):
    try:
        _module = _importlib.import_module(f"oxmlx.numpy.{_file.stem}")
    except Exception:
        continue
    for _name, _value in vars(_module).items():
        if str(getattr(_value, "__module__", "")).startswith("oxmlx.numpy"):
            globals().setdefault(_name, _value)
from oxmlx.dtypes import *  # noqa
from math import e, inf, nan, pi  # noqa

newaxis = None
