"""The drawing board's doors: a zone in parts comes back whole; what is no zone is refused with its code and place."""

from __future__ import annotations

import uuid

import pytest
import shapely
from shapely.geometry import mapping, shape

from domain.errors import NotFound
from tests.web.small_city import HERE, THERE, City, square


@pytest.fixture
def officer(city: City):
    return city.actor("street_officer", "street")


def in_parts() -> shapely.MultiPolygon:
    """Two parts inside the zone's street, the first with a hole."""
    west, south = square(HERE).bounds[:2]
    one = shapely.box(west + 0.006, south + 0.006, west + 0.009, south + 0.009)
    hole = shapely.box(west + 0.007, south + 0.007, west + 0.008, south + 0.008)
    return shapely.MultiPolygon(
        [one.difference(hole), shapely.box(west + 0.011, south + 0.006, west + 0.0131234, south + 0.009)]
    )


def same_line(one, two) -> bool:
    """The same corners to the seventh decimal, wherever the rings begin."""
    return shapely.equals_exact(shapely.normalize(one), shapely.normalize(two), tolerance=1e-8)


def test_a_draft_in_parts_with_a_hole_opens_as_it_was_drawn(city: City, officer):
    client = city.client(city.people["street_officer", "street"])
    body = {"id": str(uuid.uuid4()), "zone_id": f"zone-{HERE}", "name": "两块", "kind": "old_compound",
            "mode": "professional", "geometry": mapping(in_parts())}  # fmt: skip
    kept = client.post("/api/v1/zones/drafts", json=body)
    assert kept.status_code == 201
    opened = city.services.drawing.open(f"zone-{HERE}", officer)
    assert opened.version_id == body["id"]
    assert (opened.status, opened.name, opened.mode) == ("draft", "两块", "professional")
    assert same_line(shape(opened.geometry), in_parts())
    assert len(opened.geometry["coordinates"][0]) == 2


def test_a_zone_without_a_draft_opens_as_it_is_in_force(city: City, officer):
    opened = city.services.drawing.open(f"zone-{THERE}", officer)
    assert opened.status == "in_force"
    assert same_line(shape(opened.geometry), square(THERE, 0.004))


@pytest.mark.parametrize("area", ["street-here", "grid-here", "nothing"])
def test_only_a_zone_opens_on_the_board(city: City, officer, area: str):
    with pytest.raises(NotFound):
        city.services.drawing.open(area, officer)
