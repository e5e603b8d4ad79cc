"""The inventory of public-revenue assets: register one, read many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from domain.errors import Conflict, Invalid, NotFound
from domain.filters import AssetFilter
from domain.policy.permissions import Permissions, Scoped
from domain.records import Actor, Asset
from services.places import find_place
from services.policy import LivePolicy
from storage.store import Store, Work


class AssetsService:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._clock = clock

    def search(self, view: AssetFilter, actor: Actor) -> list[Asset]:
        self._permissions.require(actor, "asset.read")
        with self._store.look() as work:
            return work.assets.search(view, self._permissions.reach(actor, "asset.read"))

    def counts(self, view: AssetFilter, actor: Actor) -> dict[str, int]:
        """How many each category holds under the same filter, whatever category it names."""
        self._permissions.require(actor, "asset.read")
        with self._store.look() as work:
            return work.assets.counts(replace(view, category=None), self._permissions.reach(actor, "asset.read"))

    def register(self, asset: Asset, actor: Actor) -> Asset:
        """Keep one asset; its zone, grid and street come from its place. asset_no "" gets the next number.

        Raises Invalid naming the field, NotFound for a place in another street.
        """
        self._permissions.require(actor, "asset.write")
        words = self._policy.now().assets
        words.require(asset, self._policy.today())
        now = self._clock()
        with self._store.work() as work:
            place = find_place(work, asset.lon, asset.lat)
            if place.street is None:
                raise Invalid("asset_outside_city", field="lon")
            here = Scoped(
                place.street.area_id,
                place.community.area_id if place.community else None,
                place.grid.area_id if place.grid else None,
            )
            self._permissions.require(actor, "asset.write", here)
            number = asset.asset_no.strip() or self._number(
                work, asset.category, words.categories[asset.category].number_prefix
            )
            if work.assets.get(asset.id) is not None:
                raise Conflict("asset_id_used", field="id")
            if work.assets.number_taken(number):
                raise Invalid("asset_no_taken", field="asset_no", asset_no=number)
            kept = replace(
                asset, asset_no=number, zone_id=place.zone.area_id if place.zone else None, grid_id=here.grid_id,
                street_id=here.street_id, surveyed_by=actor.person_id, surveyed_at=now,
                is_sample=work.meta("sample_city") is not None,
            )  # fmt: skip
            work.assets.add([kept])
            work.history.write("asset", kept.id, "asset.registered", _payload(kept), actor_id=actor.person_id, at=now)
            found = work.assets.get(kept.id)
        assert found is not None
        return found

    def get(self, asset_id: str, actor: Actor) -> Asset:
        with self._store.look() as work:
            found = work.assets.get(asset_id)
            zone = work.areas.current(found.zone_id) if found and found.zone_id else None
        if found is None:
            self._permissions.require(actor, "asset.read")
            raise NotFound()
        # An asset belongs to its zone's community, here as in the search.
        here = Scoped(found.street_id, zone.community_id if zone else None, found.grid_id)
        self._permissions.require(actor, "asset.read", here)
        return found

    def _number(self, work: Work, category: str, prefix: str) -> str:
        """The next free number of a category: its letters and five digits. Numbers typed by hand are stepped over."""
        while True:
            number = f"{prefix}-{work.next_number('asset-' + category):05d}"
            if not work.assets.number_taken(number):
                return number


def _payload(asset: Asset) -> dict[str, object]:
    return {
        "asset_no": asset.asset_no, "category": asset.category, "name": asset.name, "zone_id": asset.zone_id,
        "quantity": asset.quantity, "ownership": asset.ownership, "status": asset.status, "rent_fen": asset.rent_fen,
        "contract_end": asset.contract_end, "lon": asset.lon, "lat": asset.lat,
    }  # fmt: skip
