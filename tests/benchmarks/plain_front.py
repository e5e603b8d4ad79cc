"""The whole app, with Streamlit's /static as it lies on the disk: the peer of bench_page.py, used by nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from web import static

static.COMPRESSED = ()

from app import app  # noqa: E402, F401
