"""Kernel texts are found wherever the package was installed from."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from oxmlx.backends.metal import texts

REPOSITORY = Path(__file__).resolve().parents[3]
SOURCES = sorted((REPOSITORY / "kernels").glob("*.metal"))


def test_a_checkout_reads_the_texts_in_place() -> None:
    assert texts.FOLDER == REPOSITORY / "kernels"
    assert texts.kernel_names() == tuple(file.stem for file in SOURCES)
    for file in SOURCES:
        assert texts.kernel_text(file.stem) == file.read_text(encoding="utf-8")


def test_a_name_is_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outside.metal").write_text("")
    monkeypatch.setattr(texts, "FOLDER", tmp_path / "kernels")
    for name in ("../outside", str(tmp_path / "outside")):
        with pytest.raises(texts.ArgumentError):
            texts.kernel_text(name)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip would unpack from the wheel of this checkout."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(out / "site")
    return out / "site"


def test_a_wheel_carries_what_the_package_reads(installed: Path) -> None:
    assert (installed / "oxmlx" / "py.typed").exists()
    assert (installed / "oxmlx" / "_kernels" / "README.md").exists()
    packed = sorted((installed / "oxmlx" / "_kernels").glob("*.metal"))
    assert [file.read_bytes() for file in packed] == [file.read_bytes() for file in SOURCES]
    assert {path.name.partition("-")[0] for path in installed.iterdir()} == {"oxmlx"}


def test_an_installed_package_reads_its_own_copy(installed: Path) -> None:
    (installed / "oxmlx" / "_kernels" / "probe.metal").write_text("// ∂probe\n", encoding="utf-8")
    program = "from oxmlx.backends.metal import texts; print(ascii(texts.kernel_text('probe')))"
    process = subprocess.run(
        [sys.executable, "-c", program],
        cwd=installed,
        env={"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout == ascii("// ∂probe\n") + "\n"
