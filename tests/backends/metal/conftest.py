"""Tests of the device metal run on the Linux executor, but where there is a GPU for it, or
OXMLX_METAL says which executor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oxmlx.backends.metal.gpu import Gpu, gpu
from oxmlx.backends.metal.library import find
from oxmlx.config import config


@pytest.fixture(scope="module", autouse=True)
def emulated() -> Iterator[None]:
    before = config.metal
    config.update("metal", before or ("" if find("metalcompute") else "emulate"))
    yield
    config.update("metal", before)


@pytest.fixture
def device() -> Gpu:
    """The device, with nothing kept from other tests."""
    found = gpu()
    found.flush()
    return found
