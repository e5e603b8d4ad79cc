"""Times view and thumbnail of a 12 MP photo against its bare decode. Run: python tests/benchmarks/bench_views.py

One core each. The bare decode is what nobody can go below: Pillow reads all 12 million pixels into RGB and no more.
The view path shrinks while it decodes (JPEG draft), so it may well beat it. Target: a backlog is worked off at 60 %
of the bare decode rate or faster, with stamp, thumbnail, facts, re-encoding, fsync and the way through the worker.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))
from figures import figure, is_short
from PIL import Image, features

from demo.pictures import picture
from media.client import MediaWorker
from media.stamp import Stamp
from media.views import make_views
from media.worker import NICENESS
from services.bundles import read_bundles

ROUNDS = 5 if is_short() else 9
LEAST_SHARE = 0.60
STAMP = Stamp("2026-11-09 15:20:33", "UTC+08:00", "剡湖街道 · 示例第三网格", "120.82120, 29.59030 ±5 米", "网格员B", "R-1", "近景", "示意数据")  # fmt: skip


def main() -> None:
    font = read_bundles(Path(__file__).parents[2]).font
    print(
        f"pillow {Image.__version__} libjpeg-turbo {features.version('libjpeg_turbo')} stamp {'yes' if font else 'no'}"
    )
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)  # the worker's own: neighbours then slow both sides alike
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "12mp.jpg"
        path.write_bytes(picture("zombie_vehicle", "panorama", 7, taken_at=datetime(2026, 11, 9, 15, 20, tzinfo=UTC)))
        print(f"photo: 4000 x 3000, {path.stat().st_size / 1e6:.1f} MB")
        outs = {"out_view": f"{folder}/view.jpg", "out_thumb": f"{folder}/thumb.jpg"}
        asked = {
            "path": str(path),
            **outs,
            "stamp": STAMP.as_dict() if font else None,
            "font": str(font) if font else None,
        }
        worker = MediaWorker()
        try:
            run(path, font, worker, asked)
        finally:
            worker.close()


def run(path: Path, font: Path | None, worker: MediaWorker, asked: dict[str, object]) -> None:
    ways: dict[str, Callable[[], object]] = {
        "bare decode": lambda: bare_decode(path),
        "make_views": lambda: make_views(path, STAMP if font else None, font),
        "through the worker, with facts": lambda: worker.make(asked),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):  # interleaved, so that a busy moment hits all of them; the first turn warms up
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if turn:
                took[name].append(time.perf_counter() - start)
    bare = median(took["bare decode"])
    for name, seconds in took.items():
        middle = median(seconds)
        print(f"{name:32} {middle * 1000:6.1f} ms   {bare / middle:5.2f} of the bare decode rate")
    share = bare / median(took["through the worker, with facts"])
    figure("views of one photo through the worker: rate", share, at_least=LEAST_SHARE, peer="bare decode of the 12 MP photo",
           note=f"stamp {'yes' if font else 'no: no font built'}")  # fmt: skip


def bare_decode(path: Path) -> None:
    with Image.open(path) as image:
        image.load()


if __name__ == "__main__":
    main()
