"""AutoCAD DXF: a street gets its estates' borders as a surveyor drew them, and what harms is one plain sentence."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon

from domain.errors import Refused
from geo.guess import guess
from geo.measure import project
from services.exchange import Choices
from storage.layers import read_layer
from tests.exchange.conftest import NOW, cell
from tests.exchange.files import dxf, zipped

ESTATES = [("东圃新村", cell(0.2, 1.2, 0.3, 0.3)), ("剡溪花园", cell(1.2, 2.2, 0.3, 0.3))]
A, B = (list(map(tuple, np.round(shapely.get_coordinates(project(shape)), 4).tolist()))[:-1] for _, shape in ESTATES)


def middle(points) -> tuple[float, float]:
    return tuple(np.mean(points, axis=0).tolist())


def code_of(path) -> str:
    with pytest.raises(Refused) as refused:
        read_layer(path)
    return refused.value.code


@pytest.mark.parametrize(("encoding", "page"), [("gbk", "ANSI_936"), ("utf-8", "ANSI_1252"), ("gbk", "ANSI_1252")])
def test_estates_come_with_their_names_and_the_drawings_layer(encoding, page, city, exchange, admin, tmp_path):
    path = dxf(
        tmp_path / "小区.dxf", [("小区界", A, True), ("小区界", [*B, B[0]], False)],
        [("注记", middle(A), "东圃新村"), ("注记", middle(B), "剡溪\\U+82B1园")], encoding=encoding, page=page,
    )  # fmt: skip
    preview = exchange.preview(path, "zone", admin, Choices(datum="wgs84", columns={"manager": "layer"}))
    assert preview.frame.crs == "EPSG:4549"
    assert [row.values["name"] for row in preview.rows] == ["东圃新村", "剡溪花园"]
    assert [row.values["manager"] for row in preview.rows] == ["小区界", "小区界"]
    for row, (_, true) in zip(preview.rows, ESTATES, strict=True):
        assert shapely.hausdorff_distance(row.geometry, true) < 1e-8  # a millimetre
    assert exchange.store(preview, admin).new == 2


def test_a_name_is_taken_only_when_one_text_lies_in_the_area(tmp_path):
    x, y = middle(B)
    path = dxf(tmp_path / "a.dxf", [("1", A, True), ("1", B, True)],
               [("t", middle(A), "一"), ("t", (x, y), "二"), ("t", (x + 1, y), "三"), ("t", (0.0, 0.0), "四")])  # fmt: skip
    assert read_layer(path).rows == [["一", "1"], [None, "1"]]
    assert read_layer(zipped(tmp_path / "a.zip", {"a.dxf": path.read_bytes()})).rows == [["一", "1"], [None, "1"]]


def test_one_layer_of_the_drawing_is_read_alone(tmp_path):
    path = dxf(tmp_path / "a.dxf", [("小区", A, True), ("等高线", B, False)], [("注记", middle(A), "一")])
    assert read_layer(path, layer="小区").rows == [["一", "小区"]]
    with pytest.raises(Refused) as refused:
        read_layer(path, layer="道路")
    assert refused.value.code == "layer_no_such"


def test_an_open_line_is_no_area_one_all_but_closed_is_offered_closed_and_a_road_stays_open(
    city, exchange, admin, tmp_path
):
    near = (A[0][0] - 0.5, A[0][1] - 0.5)
    path = dxf(tmp_path / "a.dxf", [("x", B, False), ("x", [*A, near], False)])
    zones = exchange.preview(path, "zone", admin, Choices(datum="wgs84", columns={"name": "layer"}))
    assert [[p.code for p in row.blocking] for row in zones.rows] == [["layer_line_open"], ["geometry_ring_open"]]
    mended = exchange.preview(
        path, "zone", admin, Choices(datum="wgs84", columns={"name": "layer"}, repairs=("close_ring",))
    )
    assert [row.fate for row in mended.rows] == ["bad", "new"]
    roads = exchange.preview(path, "road", admin, Choices(datum="wgs84"))
    assert [row.fate for row in roads.rows] == ["new", "new"]


@pytest.mark.parametrize(("x_first", "y_first"), [(0.0, 0.0), (40_000_000.0, 0.0)], ids=["no number", "number 40"])
def test_northing_written_first_is_offered_back(x_first, y_first, city, exchange, admin, tmp_path):
    turned = [[(y, x + x_first) for x, y in points] for points in (A, B)]
    path = dxf(tmp_path / "a.dxf", [("x", points, True) for points in turned])
    found = exchange.preview(path, "zone", admin, Choices(columns={"name": "layer"}))
    assert found.frame.is_swapped
    assert found.frame.crs == ("EPSG:4528" if x_first else "EPSG:4549")
    assert found.guess.reasons[:2] == ("metres", "swapped")
    assert found.blockers[0].code == "layer_swapped"


@pytest.mark.parametrize(
    ("east", "north", "city_box", "crs"),
    [(500_000.0, 3_270_000.0, None, "EPSG:4549"), (35_500_000.0, 3_270_000.0, None, "EPSG:4523"),
     (500_000.0, 3_270_000.0, (104.8, 29.4, 105.2, 29.7), "EPSG:4544"), (20_500_000.0, 3_270_000.0, None, "EPSG:4498")],
)  # fmt: skip
def test_zones_of_cgcs2000_are_told_by_their_number_or_by_the_city(east, north, city_box, crs):
    found = guess([Polygon([(east, north), (east + 90, north), (east, north + 90)])], None, city=city_box)
    assert (found.frame.crs, found.frame.is_swapped, found.is_sure) == (crs, False, False)
    assert found.reasons == ("metres", "no_reference")


def test_hatches_and_blocks_are_drawn_out_and_heights_go(tmp_path):
    ring = f"10 {577000.0}\n20 {3270000.0}\n10 {577100.0}\n20 {3270000.0}\n10 {577100.0}\n20 {3270100.0}\n"
    hatch = f"0 HATCH\n8 h\n10 0\n20 0\n30 0\n2 SOLID\n70 1\n71 0\n91 1\n92 2\n72 0\n73 1\n93 3\n{ring}97 0\n75 0\n76 1\n98 0"
    block = f"0 BLOCK\n8 0\n2 yard\n70 0\n10 0\n20 0\n0 LWPOLYLINE\n8 0\n90 3\n70 1\n{ring}0 ENDBLK\n8 0"
    insert = "0 INSERT\n8 b\n2 yard\n10 1000\n20 0\n30 0"
    table = read_layer(dxf(tmp_path / "a.dxf", more=f"{hatch}\n{insert}", blocks=block))
    shapes = shapely.from_wkb(table.wkb)
    assert [row[1] for row in table.rows] == ["h", "b"]
    assert shapes[0].area == pytest.approx(5000)
    assert Polygon(shapely.get_parts(shapes[1])[0]).area == pytest.approx(5000)
    assert shapes[1].bounds[0] == 578000
    assert not shapely.has_z(shapes).any()


# -- what harms ----------------------------------------------------------------------------------------------------


def nested(depth: int, wide: int) -> str:
    """Blocks in blocks: the last one holds `wide` ** `depth` lines."""
    said = ["0 BLOCK\n8 0\n2 b0\n70 0\n10 0\n20 0\n0 LINE\n8 0\n10 0\n20 0\n11 1\n21 1\n0 ENDBLK\n8 0"]
    for i in range(1, depth + 1):
        inserts = "\n".join(f"0 INSERT\n8 0\n2 b{i - 1}\n10 {k}\n20 0" for k in range(wide))
        said.append(f"0 BLOCK\n8 0\n2 b{i}\n70 0\n10 0\n20 0\n{inserts}\n0 ENDBLK\n8 0")
    return "\n".join(said)


REFUSALS = ("layer_too_slow", "layer_too_heavy", "layer_broken", "layer_no_shapes", "layer_empty", "layer_reader_died",
            "layer_too_many_points")  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"AutoCAD Binary DXF\r\n\x1a\x00\x00\x00SECTION", "layer_dxf_binary"), (b"AC1032\x00\x00\x00", "layer_dwg"),
     (b"", "layer_empty"), (b"  \n", "layer_empty"), (b"hello\nworld\n" * 9, "layer_not_dxf"),
     (b"\x00\x01" * 300, "layer_format_unknown"), (b"0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\n", None),
     (b"0\nSECTION\n2\nENTITIES\n0\nENDSEC\n0\nEOF\n", None), (b"0\nSECTION\n2\nENTITIES\n0\nINSERT\n2\nx\n", None)],
)  # fmt: skip
def test_what_is_no_drawing_is_told_in_one_sentence(data, code, tmp_path):
    path = tmp_path / "a.dxf"
    path.write_bytes(data)
    assert code_of(path) in ((code,) if code else REFUSALS)


def test_a_truncated_drawing_is_told(tmp_path):
    path = dxf(tmp_path / "a.dxf", [("x", A, True)] * 50)
    path.write_bytes(path.read_bytes()[:-400])
    assert code_of(path) == "layer_broken"


def test_a_hundred_megabytes_of_junk_are_not_read(tmp_path):
    path = tmp_path / "a.dxf"
    with path.open("wb") as file:
        file.write(b"0\nSECTION\n2\nENTITIES\n")
        file.truncate(100_000_000)
    assert code_of(path) == "layer_too_large"


def test_blocks_in_blocks_end_in_one_sentence_and_under_the_cap(tmp_path):
    path = dxf(tmp_path / "bomb.dxf", more="0 INSERT\n8 0\n2 b9\n10 0\n20 0", blocks=nested(9, 10))
    with pytest.raises(Refused) as refused:
        read_layer(path, limit_s=1.0, memory_mb=600)
    assert refused.value.code in REFUSALS
    grid = dxf(tmp_path / "grid.dxf", more="0 INSERT\n8 0\n2 b0\n10 0\n20 0\n70 30000\n71 30000\n44 1\n45 1",
               blocks=nested(0, 0))  # fmt: skip
    with pytest.raises(Refused) as refused:
        read_layer(grid, limit_s=1.0, memory_mb=600)
    assert refused.value.code in REFUSALS


def test_a_block_in_itself_ends(tmp_path):
    inner = "0 INSERT\n8 0\n2 me\n10 0\n20 0"
    block = f"0 BLOCK\n8 0\n2 me\n70 0\n10 0\n20 0\n{inner}\n0 ENDBLK\n8 0"
    assert code_of(dxf(tmp_path / "a.dxf", more=inner, blocks=block)) in REFUSALS


def test_other_drawings_and_pictures_are_never_opened(tmp_path):
    other = dxf(tmp_path / "other.dxf", [("secret", B, True)])
    block = f"0 BLOCK\n8 0\n2 xref\n70 36\n10 0\n20 0\n3 xref\n1 {other}\n0 ENDBLK\n8 0"
    image = "0 IMAGE\n8 i\n90 0\n10 0\n20 0\n340 5A\n13 100\n23 100"
    path = dxf(tmp_path / "a.dxf", [("x", A, True)], more=f"0 INSERT\n8 x\n2 xref\n10 0\n20 0\n{image}", blocks=block)
    assert [row[1] for row in read_layer(path).rows] == ["x"]


def test_a_name_that_looks_like_entities_stays_a_name(city, exchange, admin, tmp_path):
    from dataclasses import replace

    with city.work() as work:
        zone = next(a for a in work.areas.shown("zone") if a.code == "Q-00002")
        odd = replace(zone, id="v2", area_id="z9", code="Q-9", name="龘𠮷 50%%d ^J\n0\nENDSEC\\P")
        work.areas.add([odd], at=NOW)
    path = tmp_path / "zones.dxf"
    assert exchange.export("zone", "dxf", path, admin) == 3
    table = read_layer(path)
    names = {row[table.columns.index("code")]: row[0] for row in table.rows}
    assert names["Q-9"] == "龘𠮷 50%%d ^J 0 ENDSEC\\P"
    assert table.crs == "EPSG:4549"
