"""The drawing page under one finger: what its tests press, where a place lies on the glass, what the page keeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

import shapely

TABLET = {"width": 1180, "height": 820}


class Board:
    """The drawing page under one finger."""

    def __init__(self, page) -> None:
        self.page = page
        page.locator(".slg-map[data-ready]").wait_for()
        self.box = page.locator("canvas").first.bounding_box()

    def tool(self, name: str) -> None:
        self.page.get_by_role("toolbar").get_by_role("button", name=name, exact=True).tap()

    def touch(self, x: float, y: float) -> None:
        """A finger on a place given as a share of the map's width and height."""
        self.page.touchscreen.tap(self.box["x"] + x * self.box["width"], self.box["y"] + y * self.box["height"])

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A finger that is put down, moved and lifted; the map has drawn every step before the next."""
        glass = self.page.context.new_cdp_session(self.page)
        for n, share in enumerate((0.0, 0.25, 0.5, 0.75, 1.0)):
            x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
            at = {"x": self.box["x"] + x * self.box["width"], "y": self.box["y"] + y * self.box["height"]}
            glass.send("Input.dispatchTouchEvent", {"type": "touchMove" if n else "touchStart", "touchPoints": [at]})
            self.drawn()
        glass.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        self.drawn()

    def drawn(self) -> None:
        self.page.wait_for_function(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
        )

    def ring(self, corners) -> None:
        """Corner by corner; each must have arrived before the next, as it has for a hand."""
        for n, corner in enumerate(corners):
            self.touch(*corner)
            if n >= 2:
                self.page.get_by_role("button", name=f"合上边界（{n + 1} 个角）").wait_for()
            self.drawn()
        closing = self.page.get_by_role("button", name="合上边界")
        closing.tap()
        closing.wait_for(state="hidden")

    def place(self) -> Callable[[tuple[float, float]], tuple[float, float]]:
        """Where a lon/lat lies, as a share of width and height: measured with three corners that catch nothing."""
        self.tool("吸附")
        self.tool("画界")
        for corner in ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8)):
            self.touch(*corner)
        self.page.get_by_role("button", name="合上边界（3 个角）").wait_for()
        (west, north), _, (east, south) = kept_shape(self.page)["open"]["corners"][:3]
        self.page.evaluate("localStorage.clear()")
        self.page.reload()
        self.__init__(self.page)
        return lambda at: (
            0.2 + 0.6 * (at[0] - west) / (east - west), 0.2 + 0.6 * (at[1] - north) / (south - north)
        )  # fmt: skip


def kept_shape(page) -> dict:
    return json.loads(
        page.evaluate("Object.entries(localStorage).find(([key]) => key.startsWith('slg.zone-draft.'))[1]")
    )


def edges(zone):
    points = shapely.get_coordinates(shapely.orient_polygons(zone).exterior)
    return [
        (tuple(a), tuple(b)) for a, b in pairwise(points) if shapely.Point(a).distance(shapely.Point(b)) > 0.0003
    ]  # fmt: skip


def beside(start, end):
    """The square on the outer side of an edge that runs anticlockwise round its zone."""
    (ax, ay), (bx, by) = start, end
    dx, dy = bx - ax, by - ay
    return shapely.Polygon([start, (ax + dy, ay - dx), (bx + dy, by - dx), end])
