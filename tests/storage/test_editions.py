"""Editions of the policy in the store: seeded once, read by name, the last one that can be read stays; on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from alembic import command

import storage.schema as schema
from domain.errors import Busy
from domain.policy import editions
from domain.policy.editions import Policy
from services.policy import LivePolicy
from storage.editions import Edition
from storage.engine import changing_schema
from storage.store import Store
from storage.tables import catalogue_editions, policy_editions

ZONE = ZoneInfo("Asia/Shanghai")


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(noon: datetime) -> Clock:
    return Clock(noon)


def put_in_force(store: Store, name: str, bodies: dict[str, str], at: datetime) -> None:
    with store.work() as work:
        before = work.editions.in_force()
        if before:
            work.editions.set(before, state="superseded")
        work.editions.add(Edition(name, "builtin-2026-11", False, "in_force", "", None, None, at, at, at, []), bodies)


def with_limit(days: int) -> dict[str, str]:
    found = editions.builtin_bodies()
    before = 'unit = "day"'
    assert f"value = 30\n{before}" in found["issues"]
    return {**found, "issues": found["issues"].replace(f"value = 30\n{before}", f"value = {days}\n{before}", 1)}


def limit_of(policy: Policy) -> int:
    return policy.issues.get("zombie_vehicle").time_limit.value


def test_an_empty_store_is_seeded_once_with_the_edition_of_the_tree(store, clock):
    policy = LivePolicy(store, clock, ZONE)
    assert policy.seed_builtin() == policy.seed_builtin() == editions.builtin_name()
    with store.look() as work:
        assert [(e.edition, e.state) for e in work.editions.all()] == [(editions.builtin_name(), "in_force")]
    assert policy.now() == editions.load_builtin()


def test_two_processes_agree_within_a_second(processes, clock, noon):
    ours, theirs = (LivePolicy(each, clock, ZONE) for each in processes[:2])
    ours.seed_builtin()
    assert limit_of(ours.now()) == limit_of(theirs.now()) == 30
    put_in_force(processes[2], "office-1", with_limit(20), noon)
    clock.at += timedelta(seconds=0.5)
    assert limit_of(ours.now()) == 30  # believed for a second: one look-up, not one for every question
    clock.at += timedelta(seconds=0.6)
    assert limit_of(ours.now()) == limit_of(theirs.now()) == 20
    assert ours.now().edition == "office-1"


def test_a_record_is_read_by_the_edition_that_it_names(store, clock, noon):
    policy = LivePolicy(store, clock, ZONE)
    first = policy.seed_builtin()
    put_in_force(store, "office-1", with_limit(20), noon)
    assert policy.now().edition == "office-1"
    assert policy.issues_of(first).get("zombie_vehicle").time_limit.value == 30
    assert policy.issues_of("nobody knows").edition == "office-1"


def test_an_edition_that_cannot_be_read_leaves_the_last_good_one_in_use(store, clock, noon):
    policy = LivePolicy(store, clock, ZONE)
    policy.seed_builtin()
    put_in_force(store, "office-1", with_limit(20), noon)
    put_in_force(store, "office-2", with_limit(-3), noon + timedelta(seconds=1))
    assert limit_of(policy.now()) == 20
    found = policy.unfit()
    assert (found.entry, found.field, found.reason) == ("zombie_vehicle", "time_limit.value", "too_small")


def test_a_store_that_is_away_does_not_take_the_policy_away(store, clock, monkeypatch):
    policy = LivePolicy(store, clock, ZONE)
    policy.seed_builtin()
    before = policy.now()
    clock.at += timedelta(minutes=5)

    def away():
        raise Busy("store_away")

    monkeypatch.setattr(store, "look", away)
    assert policy.now() is before


def test_a_newer_edition_of_the_tree_waits_beside_the_one_in_force(store, clock, monkeypatch):
    policy = LivePolicy(store, clock, ZONE)
    first = policy.seed_builtin()
    text = editions.builtin_bodies()
    newer = {**text, "issues": text["issues"].replace(f'edition = "{first}"', 'edition = "builtin-2099-01"')}
    monkeypatch.setattr(editions, "builtin_bodies", lambda: newer)
    monkeypatch.setattr(editions, "builtin_name", lambda: "builtin-2099-01")
    assert policy.seed_builtin() == "builtin-2099-01"
    with store.look() as work:
        assert {e.edition: e.state for e in work.editions.all()} == {first: "in_force", "builtin-2099-01": "offered"}


def test_text_that_changed_under_an_old_name_gets_a_name_of_its_own(store, clock, monkeypatch):
    policy = LivePolicy(store, clock, ZONE)
    first = policy.seed_builtin()
    changed = with_limit(21)
    monkeypatch.setattr(editions, "builtin_bodies", lambda: changed)
    other = policy.seed_builtin()
    assert other != first
    assert other.startswith(first + ".")
    assert policy.seed_builtin() == other


def test_a_permission_that_an_older_edition_does_not_know_comes_from_the_tree(store, clock, noon):
    policy = LivePolicy(store, clock, ZONE)
    policy.seed_builtin()
    bodies = editions.builtin_bodies()
    head, found, tail = bodies["permissions"].partition('[actions."catalogue.edit"]')
    assert found
    older = {**bodies, "permissions": head + tail[tail.index("[actions.") :]}
    put_in_force(store, "office-1", older, noon)
    assert policy.now().permissions.actions["catalogue.edit"].roles == {"admin"}


def test_a_step_one_database_is_taken_over(empty_url, clock, noon):
    """Made by the second migration, with a row where nobody wrote one: it is kept, and the tree's edition is seeded."""
    store = Store.open(empty_url)
    with changing_schema(store.engine) as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.execute(
            sa.text("INSERT INTO catalogue_editions (family, edition, body, adopted_at) VALUES ('x', 'y', 'z', :at)"),
            {"at": noon.replace(tzinfo=None)},
        )
    schema.migrate(store.engine)
    policy = LivePolicy(store, clock, ZONE)
    policy.seed_builtin()
    with store.look() as work:
        assert work.connection.scalar(sa.select(sa.func.count()).select_from(catalogue_editions)) == 6
        assert work.connection.scalar(sa.select(policy_editions.c.state)) == "in_force"
    store.close()
