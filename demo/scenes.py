"""One small scene for each kind of problem: a ground, the thing itself, and where to look for the close-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from demo import things
from demo.grounds import corridor, facade, fire_lane, lawn, parking, plain_wall, shops, street
from demo.sheet import Point, Sheet, curve, tint


@dataclass(frozen=True)
class Scene:
    """ground draws the place, thing draws the problem; the points are where the nearer shots look."""

    ground: Callable[[Sheet, Random], None]
    thing: Callable[[Sheet, Random], None]
    focus: Point
    detail: Point
    plate: Point = (200.0, 200.0)
    landmark: Point = (318.0, 124.0)


def _shed(sheet: Sheet, rnd: Random) -> None:
    sheet.rect(104, 112, 150, 92, "#b58168")
    for row in range(12):
        for column in range(-1, 11):
            left = max(104.0, 104 + column * 15 + (row % 2) * 7.5)
            right = min(254.0, 104 + column * 15 + (row % 2) * 7.5 + 14)
            if right > left:
                sheet.rect(left, 113 + row * 7.6, right - left, 6.4, tint("#a9664c", rnd.uniform(-0.1, 0.12)))
    sheet.rect(198, 136, 38, 68, "#5f6a70")
    sheet.rect(122, 138, 52, 36, "#65777e")
    sheet.shape([(92, 114), (104, 92), (262, 92), (274, 114)], "#3f78a8")
    for rib in range(9):
        sheet.line([(108 + rib * 19, 93), (99 + rib * 20.5, 113)], "#5f93bd", 1.4)


def _opened_wall(sheet: Sheet, rnd: Random) -> None:
    sheet.shape([(120, 98), (134, 84), (176, 88), (214, 80), (232, 100), (228, 196), (116, 196), (124, 150)], "#8a5a45")
    sheet.shape(
        [(130, 104), (140, 94), (176, 97), (208, 92), (220, 106), (217, 196), (127, 196), (134, 150)], "#33302d"
    )
    for _ in range(26):
        x, y = rnd.uniform(86, 262), rnd.uniform(194, 216)
        sheet.rect(x, y, rnd.uniform(6, 15), rnd.uniform(4, 9), rnd.choice(("#a9664c", "#c3b9aa", "#8f8a82")))
    for index in range(4):
        sheet.oval(258 + index * 15, 206 - (index % 2) * 9, 13, 9, "#d8d2c2")


def _felled(sheet: Sheet, rnd: Random) -> None:
    for x, y in ((130, 246), (214, 236), (262, 258)):
        sheet.oval(x, y + 9, 19, 5, "#4d6138")
        sheet.rect(x - 13, y - 14, 26, 22, "#6a5442")
        sheet.oval(x, y - 14, 13, 5, "#d2b48a")
        sheet.oval(x, y - 14, 7, 2.6, "#b8945f")
    sheet.shape([(146, 286), (330, 262), (334, 272), (148, 297)], "#745b47")
    for _ in range(20):
        sheet.oval(
            rnd.uniform(250, 350),
            rnd.uniform(250, 286),
            9,
            6,
            rnd.choice(("#8a9a4e", "#a08f45")),
            turn=rnd.uniform(0, 90),
        )


def _flying_wire(sheet: Sheet, rnd: Random) -> None:
    things.ebike(sheet, 136, 232, rnd.choice(("#b23a2e", "#2c6a8f", "#e2e2dd")))
    sheet.line(curve((122, 44), (128, 150), (180, 110), (188, 208)), "#e4572e", 2.4)
    sheet.rect(178, 205, 17, 9, "#f2f0ea", radius=1.5)
    sheet.oval(183, 209.5, 1.6, 1.6, "#c33327")


def _cars_in(lane: str) -> Callable[[Sheet, Random], None]:
    def draw(sheet: Sheet, rnd: Random) -> None:
        colour = rnd.choice(
            ("#b9b9a6", "#aeb4ae", "#bdb39c") if lane == "dust" else ("#8c2f2a", "#3c5f86", "#d5d8d8", "#3b3f43")
        )
        ground = {"dust": 252, "fire": 262, "pavement": 238}[lane]
        things.car(sheet, 96, ground, colour, rnd, is_dusty=lane == "dust", plate="示例07")

    return draw


def _fume(sheet: Sheet, rnd: Random) -> None:
    sheet.rect(196, 62, 16, 40, "#a9b0b3")
    sheet.rect(172, 96, 58, 22, "#8f979b")
    for rib in range(3):
        sheet.rect(194, 66 + rib * 11, 20, 3, "#7d858a")
    for index in range(10):
        sheet.oval(206 + index * 13, 56 - index * 3.2, 11 + index * 3, 8 + index * 2, tint("#8f8f8b", 0.06 * index))
    for drip in range(6):
        sheet.rect(176 + drip * 9, 118, 2.4, rnd.uniform(8, 40), "#4f463a")


def _bikes(sheet: Sheet, rnd: Random) -> None:
    for index in range(6):
        things.bicycle(sheet, 62 + index * 38, 232 + (index % 2) * 8, rnd.choice(("#2f7bbf", "#d8a722", "#3b8f5a")))


def _lock(sheet: Sheet, rnd: Random) -> None:
    sheet.oval(200, 262, 46, 7, "#58595a")
    sheet.rect(160, 256, 80, 7, "#c9a22c", radius=2)
    sheet.line([(170, 256), (184, 214), (216, 214), (230, 256)], "#d8b02f", 6)
    sheet.line([(177, 236), (223, 236)], "#2a2d30", 6)
    sheet.rect(193, 224, 14, 13, "#3a3e42", radius=2)


def _meters(sheet: Sheet, rnd: Random) -> None:
    sheet.rect(142, 58, 116, 84, "#9aa2a5", radius=2)
    sheet.rect(148, 64, 104, 72, "#5c6468")
    for index in range(4):
        sheet.rect(154 + index * 24, 72, 19, 28, "#dfe3e2", radius=2)
        sheet.rect(157 + index * 24, 77, 13, 8, "#2c3a42")
    for index in range(9):
        start = (156 + index * 11, 104)
        end = (rnd.uniform(112, 300), rnd.uniform(150, 192))
        colour = rnd.choice(("#c33327", "#2c6a8f", "#d8b02f", "#25282b"))
        sheet.line(curve(start, (start[0], 150), (end[0], 120), end), colour, 1.6)
    sheet.shape([(262, 60), (300, 70), (300, 146), (262, 138)], "#868e92")


def _leak(sheet: Sheet, rnd: Random) -> None:
    sheet.oval(210, 246, 112, 24, "#4f5a60")
    sheet.oval(196, 243, 74, 14, "#71818a")
    sheet.rect(176, 60, 10, 140, "#8a9296")
    sheet.rect(172, 138, 18, 12, "#6a7276", radius=2)
    for angle in (-1.0, -0.4, 0.2, 0.8):
        sheet.line(
            curve((188, 144), (212, 140 + angle * 8), (228 + angle * 18, 176), (232 + angle * 30, 238)), "#b9d3e0", 1.8
        )


def _bins(*, is_full: bool, is_mixed: bool) -> Callable[[Sheet, Random], None]:
    def draw(sheet: Sheet, rnd: Random) -> None:
        things.bins(sheet, 128, 232, rnd, is_full=is_full)
        if is_mixed:
            things.bags(sheet, 152, 252, rnd, 4)
            leaning = (("#d8c39c", 172), ("#c33327", 206), ("#e2e0d8", 240))
            for colour, x in leaning:
                sheet.oval(x, 176, 8, 6, colour)

    return draw


def _heap(sheet: Sheet, rnd: Random) -> None:
    things.bags(sheet, 134, 248, rnd, 20)


def _gas(sheet: Sheet, rnd: Random) -> None:
    for index, colour in enumerate(("#8d959a", "#6f8793", "#9a8f83")):
        things.cylinder(sheet, 148 + index * 32, 222 + index * 3, colour)
    sheet.line(curve((160, 166), (190, 140), (214, 130), (226, 122)), "#c9822b", 2.4)


def _stall(sheet: Sheet, rnd: Random) -> None:
    for index in range(8):
        left = 116 + index * 22
        sheet.shape(
            [(left, 118), (left + 22, 118), (left + 25, 146), (left + 1, 146)], "#b23a2e" if index % 2 else "#efe9dc"
        )
    for post in (122, 290):
        sheet.rect(post, 140, 4, 92, "#7c858a")
    sheet.rect(112, 190, 190, 42, "#8a6a4a")
    for index in range(12):
        sheet.oval(124 + index * 15, 186, 7, 6, rnd.choice(("#d97f2b", "#c33327", "#6f9a3c", "#d8b02f")))


def _garage_home(sheet: Sheet, rnd: Random) -> None:
    sheet.rect(108, 84, 150, 112, "#6c7276")
    sheet.rect(116, 92, 134, 104, "#3b3f42")
    sheet.shape([(116, 92), (176, 92), (160, 196), (116, 196)], "#a05a4a")
    for fold in range(4):
        sheet.line([(126 + fold * 13, 92), (122 + fold * 11, 196)], "#8a4a3c", 1.4)
    sheet.rect(196, 152, 50, 44, "#8a6a4a")
    sheet.rect(200, 132, 26, 20, "#cfd4d4", radius=2)
    sheet.oval(190, 112, 8, 8, "#f0dc9a")
    sheet.line([(96, 116), (282, 108)], "#5c6468", 1.4)
    for index in range(4):
        sheet.rect(262 - index * 6 + index * 12, 112, 9, 26, ("#2c6a8f", "#d8a722", "#b23a2e", "#e2e0d8")[index])


def _thrown(sheet: Sheet, rnd: Random) -> None:
    for index in range(18):
        x, y = rnd.uniform(140, 270), rnd.uniform(228, 264)
        sheet.shape(
            [(x, y), (x + rnd.uniform(6, 15), y - 5), (x + 9, y + 7)], rnd.choice(("#a9573c", "#8f4630", "#c27a58"))
        )
        if index % 3 == 0:
            sheet.oval(x, y + 4, 10, 4, "#4b3a2c")
    for _ in range(6):
        sheet.oval(196 + rnd.uniform(-10, 30), 240 + rnd.uniform(-6, 8), 8, 3, "#5d7b4c", turn=rnd.uniform(0, 180))
    for streak in (-8, 0, 8):
        sheet.line([(204 + streak, 86), (204 + streak, 112 - abs(streak))], "#efe9dc", 1.2)
    sheet.shape([(192, 128), (218, 122), (214, 146), (200, 149)], "#a9573c")
    for leaf in range(5):
        sheet.oval(196 + leaf * 5, 118 - (leaf % 2) * 5, 7, 3, "#5d7b4c", turn=leaf * 40 - 80)


def _fire_box(sheet: Sheet, rnd: Random) -> None:
    sheet.rect(136, 70, 118, 104, "#b02a20", radius=2)
    sheet.rect(144, 78, 102, 74, "#4c2a26")
    sheet.oval(196, 116, 29, 29, "#d9d4c6")
    sheet.oval(196, 116, 14, 14, "#4c2a26")
    sheet.shape([(144, 78), (190, 78), (172, 102), (180, 122), (150, 152), (144, 152)], "#9fb2b8")
    sheet.line([(190, 78), (172, 102), (180, 122), (150, 152)], "#e8eff1", 1.2)
    sheet.text(195, 163, "消火栓", 13, "#ffffff")
    things.boxes(sheet, 128, 224, rnd)


def _lift(sheet: Sheet, rnd: Random) -> None:
    sheet.rect(128, 46, 132, 168, "#6d7478")
    sheet.rect(136, 54, 116, 160, "#a8b0b3")
    sheet.rect(180, 54, 26, 160, "#26292b")
    for edge in (180, 206):
        sheet.rect(edge - 1, 54, 2, 160, "#7d8589")
    sheet.rect(264, 112, 14, 34, "#c9cfd0", radius=2)
    sheet.oval(271, 122, 3, 3, "#c33327")
    sheet.rect(170, 32, 48, 11, "#1b1f22", radius=1)
    sheet.text(194, 37.5, "暂停使用", 8, "#ff8a6b")
    things.leaflet(sheet, 144, 96, 30, "#f4f2ea", "#b23a2e")


def _pile(sheet: Sheet, rnd: Random) -> None:
    things.pile(sheet, 182, 236, "#d83a2b")
    things.leaflet(sheet, 191, 190, 14, "#f4f2ea", "#b23a2e")


def _ads(sheet: Sheet, rnd: Random) -> None:
    for _ in range(26):
        colour = rnd.choice(("#f2e9a8", "#f4f2ea", "#f0c6c0", "#c9e0ea"))
        things.leaflet(
            sheet,
            rnd.uniform(96, 286),
            rnd.uniform(66, 150),
            rnd.uniform(13, 20),
            colour,
            rnd.choice(("#b23a2e", "#2c4f7c")),
        )
    sheet.line(curve((110, 60), (150, 30), (200, 90), (250, 40)), "#2f3a8a", 2.4)


def _notice_board(sheet: Sheet, rnd: Random) -> None:
    sheet.rect(104, 60, 186, 104, "#8d979b", radius=2)
    sheet.rect(112, 82, 170, 74, "#e9ece9")
    sheet.text(197, 71, "物业信息公示栏", 12, "#ffffff")
    for x in (124, 178, 232):
        sheet.line([(x, 92), (x + 36, 92), (x + 36, 144), (x, 144), (x, 92)], "#c3cbcb", 1)
    things.leaflet(sheet, 128, 98, 22, "#d9d2b6", "#8d8a7c")
    for post in (124, 262):
        sheet.rect(post, 164, 7, 40, "#79838a")


def _carton_pile(sheet: Sheet, rnd: Random) -> None:
    things.boxes(sheet, 122, 228, rnd)
    things.bags(sheet, 232, 236, rnd, 3)


def _hall_ebike(sheet: Sheet, rnd: Random) -> None:
    things.ebike(sheet, 132, 238, rnd.choice(("#b23a2e", "#2c6a8f", "#3f7f58")))


SCENES: dict[str, Scene] = {
    "illegal_construction": Scene(facade, _shed, (184, 148), (214, 168)),
    "illegal_renovation": Scene(plain_wall, _opened_wall, (176, 150), (216, 190)),
    "green_damage": Scene(lawn, _felled, (214, 250), (214, 226)),
    "flying_wire_charging": Scene(facade, _flying_wire, (176, 190), (194, 208)),
    "corridor_ebike": Scene(corridor, _hall_ebike, (168, 212), (144, 196), (206, 217), (90, 124)),
    "zombie_vehicle": Scene(parking, _cars_in("dust"), (172, 222), (246, 236), (113, 237)),
    "catering_fume": Scene(shops, _fume, (212, 70), (204, 60)),
    "random_piling": Scene(facade, _carton_pile, (196, 192), (170, 190)),
    "illegal_parking": Scene(street, _cars_in("pavement"), (176, 212), (136, 226), (113, 223)),
    "bike_parking": Scene(street, _bikes, (176, 216), (150, 220)),
    "ground_lock": Scene(parking, _lock, (200, 240), (200, 232)),
    "fire_lane_blocked": Scene(fire_lane, _cars_in("fire"), (184, 236), (136, 250), (113, 247)),
    "electricity_safety": Scene(plain_wall, _meters, (200, 116), (200, 124)),
    "water_supply": Scene(plain_wall, _leak, (202, 190), (182, 146)),
    "waste_sorting": Scene(plain_wall, _bins(is_full=False, is_mixed=True), (198, 208), (206, 186)),
    "bin_overflow": Scene(plain_wall, _bins(is_full=True, is_mixed=False), (196, 198), (196, 176)),
    "exposed_garbage": Scene(plain_wall, _heap, (186, 226), (190, 226)),
    "gas_safety": Scene(shops, _gas, (192, 190), (184, 176)),
    "unauthorised_business_common": Scene(facade, _stall, (206, 176), (200, 186)),
    "change_of_use": Scene(plain_wall, _garage_home, (186, 142), (220, 150)),
    "object_throwing": Scene(facade, _thrown, (204, 238), (204, 244)),
    "fire_equipment_fault": Scene(plain_wall, _fire_box, (196, 130), (176, 108)),
    "elevator_fault": Scene(corridor, _lift, (194, 120), (160, 116), landmark=(90, 124)),
    "charging_pile_fault": Scene(parking, _pile, (204, 200), (199, 178)),
    "small_ads": Scene(plain_wall, _ads, (196, 112), (180, 110)),
    "notice_board_missing": Scene(plain_wall, _notice_board, (197, 118), (150, 118)),
}
