"""The things that the sample pictures show: cars, bins, boxes, wires. Drawn flat, in design units."""

from __future__ import annotations

import math
from random import Random

from demo.sheet import Sheet, curve, tint

LEAVES = ("#8c6a22", "#a9772a", "#6f7a2e", "#7c8a35")


def car(sheet: Sheet, x: float, y: float, colour: str, rnd: Random, *, is_dusty: bool, plate: str) -> None:
    """A saloon seen from its left side; (x, y) is where its front bumper meets the ground. 190 units long."""
    ground = y
    sheet.oval(x + 96, ground + 3, 106, 8, "#4b4c4c")
    roof = [
        *curve((x + 44, y - 42), (x + 62, y - 62), (x + 78, y - 72), (x + 108, y - 72)),
        *curve((x + 108, y - 72), (x + 140, y - 72), (x + 152, y - 58), (x + 164, y - 42)),
    ]
    hull = [
        (x + 2, y - 10),
        *curve((x, y - 18), (x, y - 34), (x + 20, y - 38), (x + 46, y - 43)),
        *roof,
        *curve((x + 164, y - 42), (x + 182, y - 40), (x + 190, y - 36), (x + 190, y - 16)),
        (x + 188, y - 9),
    ]
    sheet.shape(hull, colour)
    sheet.shape([(x + 1, y - 22), (x + 190, y - 24), (x + 188, y - 9), (x + 3, y - 9)], tint(colour, -0.14))
    sheet.rect(x + 2, y - 14, 187, 6, tint(colour, -0.34), radius=3)
    glass = "#5d5f4f" if is_dusty else "#46545a"
    front = [
        (x + 54, y - 44),
        *curve((x + 56, y - 46), (x + 68, y - 62), (x + 84, y - 66), (x + 102, y - 66)),
        (x + 102, y - 44),
    ]
    back = [
        (x + 108, y - 66),
        *curve((x + 108, y - 66), (x + 132, y - 66), (x + 144, y - 58), (x + 154, y - 44)),
        (x + 108, y - 44),
    ]
    for pane in (front, back):
        sheet.shape(pane, glass)
    sheet.shape([(x + 70, y - 44), (x + 88, y - 65), (x + 94, y - 66), (x + 76, y - 44)], tint(glass, 0.16))
    for door in (x + 105, x + 150):
        sheet.line([(door, y - 42), (door, y - 16)], tint(colour, -0.25), 0.8)
    for handle in (x + 84, x + 132):
        sheet.rect(handle, y - 36, 12, 2.6, tint(colour, -0.3), radius=1.2)
    sheet.shape([(x + 3, y - 30), (x + 16, y - 34), (x + 18, y - 27), (x + 4, y - 23)], "#d9c9a0")
    sheet.shape([(x + 181, y - 36), (x + 189, y - 33), (x + 190, y - 25), (x + 183, y - 27)], "#8f2f25")
    for wheel in (x + 40, x + 150):
        _wheel(sheet, wheel, ground - 11, is_flat=is_dusty and wheel > x + 100)
    sheet.rect(x + 2, y - 19, 30, 8, "#1c58a0", radius=1)
    sheet.text(x + 17, y - 15, plate, 6, "#ffffff")
    if is_dusty:
        for _ in range(16):
            px, py = rnd.uniform(x + 8, x + 175), rnd.uniform(y - 73, y - 36)
            if py > y - 44 or x + 66 < px < x + 140:
                sheet.oval(px, py, 4.6, 1.9, rnd.choice(LEAVES), turn=rnd.uniform(-40, 40))


def _wheel(sheet: Sheet, x: float, y: float, *, is_flat: bool) -> None:
    sheet.oval(x, y, 18, 16 if is_flat else 18, "#23262a")
    sheet.oval(x, y, 14.5, 13.5, "#15171a")
    sheet.oval(x, y, 9.5, 9.5, "#9da0a0")
    for spoke in range(6):
        angle = math.radians(60 * spoke)
        sheet.line([(x, y), (x + 8.5 * math.cos(angle), y + 8.5 * math.sin(angle))], "#5b5f62", 1.6)
    sheet.oval(x, y, 2.8, 2.8, "#3d4144")


def ebike(sheet: Sheet, x: float, y: float, colour: str) -> None:
    """A scooter seen from the side, 74 units long; (x, y) is below its front wheel."""
    sheet.oval(x + 32, y + 2, 46, 4, "#4b4c4c")
    for wheel in (x, x + 62):
        sheet.oval(wheel, y - 11, 11, 11, "#202326")
        sheet.oval(wheel, y - 11, 5.5, 5.5, "#8d9193")
    sheet.line([(x, y - 11), (x + 10, y - 48)], "#3a3f43", 3)
    sheet.line([(x + 2, y - 50), (x + 16, y - 47)], "#202326", 2.6)
    sheet.shape(
        [(x + 8, y - 42), (x + 16, y - 42), (x + 22, y - 14), (x + 46, y - 14), (x + 46, y - 8), (x + 14, y - 8)],
        colour,
    )
    sheet.shape(
        [(x + 42, y - 28), (x + 72, y - 30), (x + 76, y - 16), (x + 62, y - 10), (x + 42, y - 10)], tint(colour, -0.12)
    )
    sheet.rect(x + 38, y - 35, 34, 7, "#25282b", radius=3)
    sheet.oval(x + 7, y - 40, 3.4, 3.4, "#e9dfb8")
    sheet.rect(x + 66, y - 25, 16, 8.5, "#f4f2ea", radius=1)
    sheet.text(x + 74, y - 20.8, "示例12", 5, "#14212a")


def bicycle(sheet: Sheet, x: float, y: float, colour: str) -> None:
    for wheel in (x, x + 40):
        sheet.oval(wheel, y - 13, 13, 13, "#26292c")
        sheet.oval(wheel, y - 13, 11, 11, "#8f908d")
        sheet.oval(wheel, y - 13, 1.6, 1.6, "#26292c")
    frame = [(x, y - 13), (x + 8, y - 36), (x + 28, y - 33), (x + 18, y - 13), (x + 8, y - 34)]
    sheet.line(frame, colour, 2.2)
    sheet.line([(x + 18, y - 13), (x + 40, y - 13), (x + 28, y - 33), (x + 18, y - 13)], colour, 2.2)
    sheet.line([(x + 5, y - 40), (x + 12, y - 40)], "#26292c", 2.2)
    sheet.rect(x + 23, y - 38, 11, 3.4, "#26292c", radius=1.5)


def bins(sheet: Sheet, x: float, y: float, rnd: Random, *, is_full: bool) -> None:
    """Four sorting bins: recyclable, kitchen, hazardous, other."""
    for index, colour in enumerate(("#2b6cb0", "#2f7d4f", "#b23a2e", "#5f666a")):
        left = x + index * 36
        if is_full:
            for _ in range(3):
                sheet.oval(
                    left + rnd.uniform(6, 24),
                    y - 54 - rnd.uniform(0, 6),
                    8,
                    7,
                    rnd.choice(("#2d3033", "#d8d6cf", "#c7b68c")),
                )
        sheet.shape([(left, y - 50), (left + 30, y - 50), (left + 27, y), (left + 3, y)], colour)
        sheet.rect(left - 1.5, y - 54, 33, 6, tint(colour, -0.2), radius=2)
        sheet.oval(left + 15, y - 27, 6.5, 6.5, tint(colour, 0.55))
        for wheel in (left + 6, left + 24):
            sheet.oval(wheel, y, 3.2, 3.2, "#23262a")


def bags(sheet: Sheet, x: float, y: float, rnd: Random, count: int) -> None:
    """A heap of refuse bags, the far ones first."""
    for index in range(count):
        px, size = x + rnd.uniform(0, 110), rnd.uniform(11, 18)
        py = y - size * 0.7 - (count - index) * 1.6
        colour = rnd.choice(("#25282b", "#25282b", "#e2e0d8", "#2f6f8f", "#b7a06a"))
        sheet.oval(px, py, size, size * 0.78, colour, turn=rnd.uniform(-15, 15))
        sheet.shape([(px - 3, py - size * 0.7), (px, py - size * 1.15), (px + 3, py - size * 0.7)], tint(colour, 0.12))
        sheet.oval(px - size * 0.3, py - size * 0.2, size * 0.22, size * 0.3, tint(colour, 0.14))


def boxes(sheet: Sheet, x: float, y: float, rnd: Random) -> None:
    """Cartons stacked against a wall."""
    for column, high in enumerate((3, 4, 2)):
        top = y
        for _ in range(high):
            tall, wide = rnd.uniform(22, 30), rnd.uniform(36, 42)
            left, colour = x + column * 40 + rnd.uniform(-2, 2), rnd.choice(("#b48a58", "#a87d4c", "#c19a6b"))
            top -= tall
            sheet.rect(left, top, wide, tall - 0.8, colour)
            sheet.shape(
                [(left, top), (left + 5, top - 5), (left + wide + 5, top - 5), (left + wide, top)], tint(colour, 0.2)
            )
            sheet.shape(
                [
                    (left + wide, top),
                    (left + wide + 5, top - 5),
                    (left + wide + 5, top + tall - 6),
                    (left + wide, top + tall - 0.8),
                ],
                tint(colour, -0.2),
            )
            sheet.rect(left + wide * 0.44, top, wide * 0.12, tall - 0.8, "#d8c39c")


def pile(sheet: Sheet, x: float, y: float, lamp: str) -> None:
    """A charging pile with its cable; the lamp says how it is."""
    sheet.rect(x, y - 82, 34, 82, "#e4e7e6", radius=4)
    sheet.rect(x, y - 10, 34, 10, "#7c878b")
    sheet.rect(x + 6, y - 74, 22, 16, "#22303a", radius=1.5)
    sheet.oval(x + 17, y - 48, 4, 4, lamp)
    sheet.rect(x + 12, y - 38, 10, 12, "#2c3a42", radius=2)
    sheet.line(curve((x + 17, y - 30), (x + 70, y - 10), (x + 56, y + 8), (x + 22, y - 2)), "#1d2328", 3)


def cylinder(sheet: Sheet, x: float, y: float, colour: str) -> None:
    """A gas bottle."""
    sheet.oval(x + 12, y + 1, 17, 3.5, "#4b4c4c")
    sheet.rect(x, y - 46, 24, 46, colour, radius=7)
    sheet.rect(x + 3, y - 44, 5, 38, tint(colour, 0.2), radius=2)
    sheet.rect(x + 7, y - 54, 10, 9, "#5c6366", radius=1.5)
    sheet.oval(x + 12, y - 55, 5, 2.6, "#9aa1a4")


def leaflet(sheet: Sheet, x: float, y: float, width: float, paper: str, ink: str) -> None:
    height = width * 1.35
    sheet.rect(x, y, width, height, paper)
    sheet.rect(x + width * 0.1, y + height * 0.1, width * 0.8, height * 0.14, ink)
    for row in range(4):
        sheet.rect(
            x + width * 0.1,
            y + height * (0.36 + 0.14 * row),
            width * (0.8 - 0.13 * (row % 2)),
            height * 0.05,
            tint(ink, 0.35),
        )


def tree(sheet: Sheet, x: float, y: float, tall: float, rnd: Random) -> None:
    sheet.shape([(x - 5, y), (x - 3, y - tall), (x + 3, y - tall), (x + 6, y)], "#6d5848")
    for _ in range(14):
        sheet.oval(
            x + rnd.uniform(-32, 32),
            y - tall - rnd.uniform(-8, 36),
            17,
            14,
            rnd.choice(("#5d7b4c", "#6c8a55", "#51704a")),
        )
