"""What a city of one's own still needs before it can work: counted from the store, gone when nothing is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.accounts import DEVICE
from domain.policy.permissions import Permissions
from domain.records import Actor
from services.reminders import BACKS_UP_SINCE
from storage.store import Store, Work

LAYERS = ("street", "community", "grid", "zone", "building")  # each is placed by those before it


@dataclass(frozen=True)
class FirstSteps:
    """layers: how much of each is there, drafts too, in the order they come in. people: open accounts that do more than
    administer. phones: phones that logged in. is_tls: people come by HTTPS. backs_up: a folder for backups is set."""

    layers: Mapping[str, int]
    people: int
    phones: int
    is_tls: bool
    backs_up: bool

    @property
    def done(self) -> dict[str, bool]:
        """In the order they are taken."""
        return {"layers": all(self.layers.values()), "people": self.people > 0,
                "phones": self.phones > 0 and self.is_tls, "backup": self.backs_up}  # fmt: skip

    @property
    def left(self) -> int:
        return sum(not is_done for is_done in self.done.values())


class FirstStepsService:
    def __init__(self, store: Store, permissions: Permissions, *, is_tls: bool, backs_up: bool) -> None:
        self._store = store
        self._permissions = permissions
        self._is_tls = is_tls
        self._backs_up = backs_up

    def open(self, actor: Actor) -> FirstSteps | None:
        """None when all is done, and in the sample city, which is nobody's own. Raises NotAllowed."""
        self._permissions.require(actor, "ops.read")
        with self._store.look() as work:
            if work.meta("sample_city") is not None:
                return None
            found = FirstSteps(
                {layer: _count(work, layer) for layer in LAYERS},
                people=sum(1 for p in work.people.all()
                           if p.disabled_at is None and any(held.role != "admin" for held in p.assignments)),
                phones=work.accounts.count_tokens(DEVICE), is_tls=self._is_tls,
                backs_up=self._backs_up or work.meta(BACKS_UP_SINCE) is not None,
            )  # fmt: skip
        return found if found.left else None


def _count(work: Work, layer: str) -> int:
    if layer == "building":
        return work.buildings.count()
    drafts = work.areas.count(layer, status="draft") if layer == "zone" else 0
    return work.areas.count(layer) + drafts
