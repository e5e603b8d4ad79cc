"""Says which sources a bundle was built from: one digest, asked by the build and by the server.

Standard library only, because the build runs before anything else is installed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SINGLE_FILES = (
    "frontend/package.json",
    "frontend/package-lock.json",
    "frontend/build.mjs",
    "frontend/build.py",
    "frontend/app-icon.mjs",
    "ui/mark.svg",  # the icons of the offline app are drawn from it
    "domain/policy/issues.toml",  # names the icons that the sprite must hold
)


def source_files(root: Path = ROOT) -> list[Path]:
    """Every file that a bundle depends on, sorted by its path below `root`; tests and missing files are left out."""
    found = [path for path in (root / "frontend" / "src").rglob("*") if path.is_file() and ".test." not in path.name]
    found += [root / name for name in SINGLE_FILES if (root / name).is_file()]
    return sorted(found, key=lambda path: path.relative_to(root).as_posix())


def sources_digest(root: Path = ROOT) -> str:
    """Hex SHA-256 over names and bytes of `source_files`; line ends count as they lie on the disk."""
    digest = hashlib.sha256()
    for path in source_files(root):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
