"""`make release`: one archive that installs and runs on a machine with no network at all.

In it: the sources of the last commit, the built bundles with their font, every wheel of requirements.txt for this
kind of machine, the installer, and a checksum of every file. The sample city is built from the sources.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
SUMS = "SHA256SUMS"


def main(into: Path) -> Path:
    """Writes shengliguan-VERSION.tar.gz and its .sha256 into `into`; gives the archive's path."""
    version = (HOME / "VERSION").read_text().strip()
    name = f"shengliguan-{version}"
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / name
        _sources(folder)
        _bundles(folder)
        _wheels(folder / "wheels")
        shutil.copy(HOME / "deploy" / "install.sh", folder / "install.sh")
        _checksums(folder)
        archive = into / f"{name}.tar.gz"
        with tarfile.open(archive, "w:gz", compresslevel=1) as packed:  # wheels do not get smaller
            packed.add(folder, name)
    digest = _hash(archive)
    archive.with_name(archive.name + ".sha256").write_text(f"{digest}  {archive.name}\n")
    print(f"{archive} ({archive.stat().st_size / 1e6:.0f} MB)")
    return archive


def _sources(folder: Path) -> None:
    """What git has committed, nothing that only this machine has."""
    folder.mkdir(parents=True)
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=HOME, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed, check=True)


def _bundles(folder: Path) -> None:
    subprocess.run([sys.executable, str(HOME / "frontend" / "build.py")], check=True)
    shutil.copytree(HOME / "web" / "dist", folder / "web" / "dist")


def _wheels(folder: Path) -> None:
    """Exactly what requirements.txt pins, as wheels; a package without one fails here and not at the city's desk."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(HOME / "requirements.txt"), "-d", str(folder)], check=True)


def _checksums(folder: Path) -> None:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    (folder / SUMS).write_text("".join(f"{_hash(p)}  ./{p.relative_to(folder).as_posix()}\n" for p in files))


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME / "release")
