"""The places where the sample pictures are taken: a block, a car park, a street, a stairwell, a wall, a lawn."""

from __future__ import annotations

from random import Random

from demo import things
from demo.sheet import Sheet, tint

CURB = 196.0  # where wall meets ground, in design units


def facade(sheet: Sheet, rnd: Random) -> None:
    """A residential block: windows in rows, air conditioners, a plinth, the unit's door with its plate."""
    wall = rnd.choice(("#d2cbbd", "#cfc4b4", "#c9cdca", "#d8c9b5"))
    sheet.shade(-300, 170, wall, tint(wall, -0.14))
    for row in range(-3, 3):
        for column in range(-3, 9):
            _window(sheet, 25 + column * 72, 8 + row * 82, has_unit=(row * 5 + column * 3) % 4 == 1)
    sheet.shade(146, 190, tint(wall, -0.24), tint(wall, -0.3))
    sheet.rect(312, 92, 52, 98, "#857568")
    sheet.rect(318, 100, 40, 90, "#4c5650")
    sheet.rect(337, 100, 1.6, 90, "#39423d")
    sheet.rect(310, 68, 56, 15, "#1f5c93", radius=2)
    sheet.text(338, 75.5, "3幢2单元", 10, "#ffffff")
    sheet.shade(188, CURB, "#cfc8ba", "#bdb6a8")
    sheet.shade(CURB, 640, "#8a8b88", "#5d5f60")


def parking(sheet: Sheet, rnd: Random) -> None:
    facade(sheet, rnd)
    for top in range(-4, 9):
        x = top * 74.0
        sheet.shape([(x, CURB), (x + 3, CURB), (x - 40, 330), (x - 45, 330)], "#c3bfb4")


def street(sheet: Sheet, rnd: Random) -> None:
    """Shops, a pavement with a tactile strip, the road with its line."""
    shops(sheet, rnd)
    sheet.shade(CURB, 236, "#b9b4aa", "#a9a49a")
    for index in range(-8, 20):
        sheet.line([(index * 30, CURB), (index * 30 - 12, 236)], "#a29d93", 0.7)
    sheet.rect(-400, 212, 1200, 8, "#c9a53f")
    sheet.rect(-400, 236, 1200, 6, "#d6d2c8")
    sheet.shade(242, 640, "#77797a", "#56585a")
    for index in range(-4, 10):
        sheet.rect(index * 70, 286, 38, 4, "#d8d5cc")


def shops(sheet: Sheet, rnd: Random) -> None:
    sheet.shade(-300, 90, "#d3ccbf", "#c4bcae")
    for row in range(-3, 1):
        for column in range(-3, 9):
            _window(sheet, 25 + column * 72, 4 + row * 82, has_unit=column % 3 == 0)
    for index in range(-2, 5):
        left, colour = index * 132 + 4, ("#8c3b32", "#2f6150", "#2c557c", "#8a6a2b")[index % 4]
        sheet.rect(left, 92, 124, 24, colour)
        sheet.text(left + 62, 104, f"示例商铺{index % 9 + 1}", 12, "#ffffff")
        sheet.rect(left, 118, 124, 78, "#78706a")
        sheet.rect(left + 5, 122, 74, 70, "#5c6a70")
        sheet.shape([(left + 5, 170), (left + 50, 122), (left + 64, 122), (left + 14, 192), (left + 5, 192)], "#71828a")
        sheet.rect(left + 84, 122, 35, 74, "#465157")
    sheet.shade(CURB, 640, "#8a8b88", "#5d5f60")


def corridor(sheet: Sheet, rnd: Random) -> None:
    """A stairwell hall: green dado, a flat's door, stairs going up."""
    sheet.shade(-300, 120, "#dcdad0", "#cdcabf")
    sheet.shade(120, 214, "#7f9d8c", "#728f7e")
    sheet.shade(214, 640, "#9a978f", "#6f6d68")
    sheet.rect(36, 62, 70, 152, "#5b4436")
    sheet.rect(42, 68, 58, 142, "#7a5a45")
    sheet.oval(92, 142, 3, 3, "#d8b766")
    sheet.rect(58, 84, 26, 14, "#1f5c93", radius=1.5)
    sheet.text(71, 91, "201", 9, "#ffffff")
    for step in range(9):
        sheet.rect(268 + step * 22, 214 - step * 19, 240, 19, tint("#a7a49b", -0.05 * (step % 2)))
        sheet.rect(268 + step * 22, 214 - step * 19, 240, 3, "#c5c2b8")
    sheet.line([(262, 160), (440, 4)], "#8b5a3c", 5)
    for post in range(7):
        sheet.line([(264 + post * 27, 158 - post * 23.5), (264 + post * 27, 212 - post * 23.5)], "#4d5154", 1.8)


def plain_wall(sheet: Sheet, rnd: Random) -> None:
    wall = rnd.choice(("#d0c9bc", "#c7cbc7", "#d5c8b6"))
    sheet.shade(-300, 150, wall, tint(wall, -0.1))
    sheet.shade(150, CURB, tint(wall, -0.24), tint(wall, -0.32))
    for index in range(-4, 9):
        sheet.line([(index * 78, -300), (index * 78, 150)], tint(wall, -0.08), 1)
    for column in (-116, -44, 28, 318):
        _window(sheet, column, -8, has_unit=column == -44)
    sheet.rect(302, -300, 7, 496, tint(wall, -0.3))
    for clamp in (20, 110, 180):
        sheet.rect(299, clamp, 13, 4, tint(wall, -0.45))
    sheet.rect(322, 74, 58, 16, "#1f5c93", radius=2)
    sheet.text(351, 82, "5幢1单元", 10, "#ffffff")
    sheet.shade(CURB, 640, "#8f8f8b", "#5f6162")


def fire_lane(sheet: Sheet, rnd: Random) -> None:
    """The hatched lane in front of a block that must stay free."""
    facade(sheet, rnd)
    for index in range(-6, 14):
        x = index * 44.0
        sheet.shape([(x, 214), (x + 8, 214), (x - 34, 276), (x - 44, 276)], "#d9ad2b")
    sheet.rect(-400, 210, 1200, 4, "#d9ad2b")
    sheet.rect(-400, 276, 1200, 4.5, "#d9ad2b")
    sheet.text(56, 292, "消防车通道", 15, "#d9ad2b")


def lawn(sheet: Sheet, rnd: Random) -> None:
    facade(sheet, rnd)
    sheet.shade(CURB, 640, "#7f9a62", "#55703f")
    sheet.shape([(-300, 330), (700, 250), (700, 275), (-300, 372)], "#c2bcae")
    for _ in range(90):
        x, y = rnd.uniform(-60, 460), rnd.uniform(CURB + 4, 330)
        sheet.line([(x, y), (x + rnd.uniform(-2, 2), y - 5)], rnd.choice(("#8fae70", "#64834b")), 0.8)
    things.tree(sheet, 40, 214, 78, rnd)


def _window(sheet: Sheet, x: float, y: float, *, has_unit: bool) -> None:
    sheet.rect(x, y, 50, 56, "#8d877c")
    sheet.rect(x + 3, y + 3, 44, 50, "#55646a")
    sheet.shape([(x + 3, y + 36), (x + 32, y + 3), (x + 45, y + 3), (x + 12, y + 53), (x + 3, y + 53)], "#6b7d83")
    sheet.rect(x + 23.5, y + 3, 2.6, 50, "#a7a196")
    sheet.rect(x - 2, y + 56, 54, 4, "#c3bdb1")
    if has_unit:
        sheet.rect(x + 52, y + 40, 19, 17, "#d0cdc5", radius=1)
        sheet.oval(x + 61, y + 48.5, 6, 6, "#9b9890")
