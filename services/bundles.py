"""The built front end, as the server sees it: names by content, and whether it fits its sources."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Bundles:
    """names: logical name to hashed file name. trouble: None, "missing" or "old" (sources changed since)."""

    folder: Path
    names: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None

    @property
    def urls(self) -> dict[str, str]:
        return {name: f"/assets/{file}" for name, file in self.names.items()}

    @property
    def font(self) -> Path | None:
        """The Chinese font that set-up took from its package."""
        return self.folder / self.names["font.ttf"] if "font.ttf" in self.names else None


def read_bundles(home: Path) -> Bundles:
    """home: the project's folder. Never raises: an app without its bundles still says what is missing."""
    folder = home / "web" / "dist"
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return Bundles(folder, trouble="missing")
    built_from = manifest.pop("sources", None)
    trouble = None if built_from == _sources_digest(home) else "old"
    return Bundles(folder, manifest, trouble)


def _sources_digest(home: Path) -> str:
    spec = importlib.util.spec_from_file_location("frontend_sources", home / "frontend" / "sources.py")
    if spec is None or spec.loader is None:
        return ""
    sources = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sources)
    return sources.sources_digest()
