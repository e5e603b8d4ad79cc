"""The office's own edition: drafted by entry, refused by field, adopted whole, planned, withdrawn, upgraded; on both
databases."""

from __future__ import annotations

import copy
import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.errors import Conflict, Invalid, NotFound
from domain.policy import changes, editions
from domain.policy.reading import BadEntry
from domain.records import Actor, Assignment, Person
from services.catalogues import COME_INTO_FORCE, Catalogues
from services.policy import LivePolicy
from services.queue import LEASE, Queue
from storage.store import Store
from tests.storage.conftest import ENGINES, fresh_url, migrated_file  # noqa: F401 - a fixture

ZONE = ZoneInfo("Asia/Shanghai")
CAR = ("issues", "types", "zombie_vehicle")


class Office:
    """Services of one process over a store, with a clock that the test turns."""

    def __init__(self, store: Store, at: datetime) -> None:
        self.store, self.at = store, at
        self.policy = LivePolicy(store, self.clock, ZONE)
        self.policy.seed_builtin()
        self.queue = Queue(store, self.clock)
        self.catalogues = Catalogues(
            store, editions.load_builtin().permissions, self.policy, self.queue, self.clock, ZONE
        )

    def clock(self) -> datetime:
        return self.at

    def edit(self, place, actor: Actor, **fields):
        view = self.catalogues.entry(*place, actor)
        return self.catalogues.save(*place, {**view.fields, **fields}, seen=view.token, actor=actor)

    def adopt(self, actor: Actor, note: str = "试行", from_day: date | None = None):
        seen = self.catalogues.overview(actor).token
        return self.catalogues.adopt(note, seen=seen, from_day=from_day, actor=actor)

    def limit(self) -> int:
        return self.policy.now().issues.get("zombie_vehicle").time_limit.value


@pytest.fixture(scope="session")
def migrated_database(cluster) -> str:
    from storage.schema import migrate

    opened = Store.open(cluster.create("migrated_catalogues"))
    migrate(opened.engine)
    opened.close()
    return "migrated_catalogues"


@pytest.fixture(params=ENGINES)
def store(request):
    for url in fresh_url(request, request.param):
        opened = Store.open(url)
        yield opened
        opened.close()


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 11, 24, 12, tzinfo=ZONE)


@pytest.fixture
def office(store, noon) -> Office:
    return Office(store, noon)


def person(store: Store, name: str, *held: Assignment) -> Actor:
    at = datetime(2026, 1, 1, tzinfo=ZONE)
    who = Person(str(uuid.uuid4()), name, name, None, "zh", None, at, held)
    with store.work() as work:
        work.people.add(who, password_hash="-")
    return Actor(who.id, who.name, held)


@pytest.fixture
def admin(store) -> Actor:
    return person(store, "管理员甲", Assignment("admin", "city"))


@pytest.fixture
def other(store) -> Actor:
    return person(store, "管理员乙", Assignment("admin", "city"))


def limit(value: int, unit: str = "day") -> dict:
    return {"value": value, "unit": unit, "is_proposal": False}


# -- drafting and adopting -----------------------------------------------------------------------------------------


def test_nothing_changes_until_the_draft_is_adopted_and_then_all_of_it(office, admin):
    office.edit(CAR, admin, time_limit=limit(20))
    office.edit(("departments", "departments", "sanitation"), admin, zh="环卫所")
    assert office.limit() == 30
    made = office.adopt(admin)
    assert office.limit() == 20
    policy = office.policy.now()
    assert policy.edition == made.edition == "office-2026-11-24-1"
    assert policy.offices.departments["sanitation"].zh == "环卫所"
    assert any(unit.zh.startswith("环卫所") for kind in policy.issues.types for unit in kind.departments.lead)
    assert not office.catalogues.overview(admin).draft
    told = [(c["field"], c["before"], c["after"]) for c in made.changes if c["code"] == "zombie_vehicle"]
    assert told == [("time_limit.value", 30, 20), ("time_limit.is_proposal", True, False)]


def test_every_step_leaves_a_history_row_with_its_author(office, admin):
    office.edit(CAR, admin, time_limit=limit(20))
    office.adopt(admin)
    with office.store.look() as work:
        rows = work.history.of("catalogue", "office")
    assert [(r.action, r.actor_id) for r in rows] == [
        ("catalogue.seeded", None), ("catalogue.draft_saved", admin.person_id), ("catalogue.adopted", admin.person_id),
    ]  # fmt: skip


def test_editing_nothing_leaves_no_draft(office, admin):
    office.edit(CAR, admin)
    assert office.catalogues.overview(admin).changes == ()
    with pytest.raises(Invalid, match="draft_empty"):
        office.adopt(admin)


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"tile_zh": "长期停放僵尸车"}, "tile_zh", "too_long"),
        ({"tile_zh": "乱停车"}, "tile_zh", "repeated"),
        ({"en": ""}, "en", "empty"),
        ({"shots": []}, "shots", "missing"),
        ({"time_limit": limit(0)}, "time_limit.value", "too_small"),
        ({"time_limit": limit(3, "moon")}, "time_limit.unit", "unknown"),
    ],
)
def test_a_bad_entry_is_refused_with_its_field_and_the_last_good_edition_stays(office, admin, fields, field, reason):
    with pytest.raises(BadEntry) as refusal:
        office.edit(CAR, admin, **fields)
    found = refusal.value
    assert (found.entry, found.field, found.reason) == ("zombie_vehicle", field, reason)
    assert not office.catalogues.overview(admin).draft
    assert office.limit() == 30


def test_a_department_that_a_kind_still_names_cannot_be_retired(office, admin):
    with pytest.raises(BadEntry) as refusal:
        office.edit(("departments", "departments", "traffic_police"), admin, retired_on=date(2026, 12, 1))
    assert (refusal.value.file, refusal.value.reason) == ("issues.toml", "retired")


def test_a_new_entry_gets_a_permanent_code_of_its_own(office, admin):
    fields = {"zh": "新居小区", "en": "New compound", "quote": "示意"}
    for code in ("Neu", "_x", "a-b", "", "中文", "x" * 65):
        with pytest.raises(Invalid, match="code_wrong"):
            office.catalogues.save("zones", "kinds", code, fields, seen=None, actor=admin)
    with pytest.raises(Invalid, match="code_taken"):
        office.catalogues.save("zones", "kinds", "old_compound", fields, seen=None, actor=admin)
    office.catalogues.save("zones", "kinds", "new_compound", fields, seen=None, actor=admin)
    office.adopt(admin)
    assert list(office.policy.now().zones.kinds)[-1] == "new_compound"
    rows = {row.code: row.origin for row in office.catalogues.rows("zones", "kinds", admin)}
    assert rows == {"ordinary_estate": "builtin", "old_compound": "builtin", "open_compound": "builtin",
                    "scattered_building": "builtin", "new_compound": "new"}  # fmt: skip


def test_a_retired_kind_is_offered_until_its_day_and_keeps_its_label(office, admin):
    office.edit(CAR, admin, retired_on=date(2026, 11, 26))
    office.adopt(admin)
    issues = office.policy.now().issues
    assert [issues.offered(day)[0].code == "zombie_vehicle" for day in (date(2026, 11, 25), date(2026, 11, 26))] == [
        True, False,
    ]  # fmt: skip
    assert issues.get("zombie_vehicle").zh == "僵尸车（废弃车辆）"


def test_another_role_may_not_even_look(office, store):
    from domain.errors import NotAllowed

    leader = person(store, "领导", Assignment("leader", "city"))
    with pytest.raises(NotAllowed):
        office.catalogues.overview(leader)


# -- permissions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", editions.KEYS_OF_THE_HOUSE)
def test_nobody_can_lock_everybody_out(office, admin, action):
    with pytest.raises(Invalid, match="nobody_left_to_edit"):
        office.edit(("permissions", "actions", action), admin, roles=["leader"])


def test_the_keys_may_move_to_another_role_that_somebody_holds(office, admin, store):
    person(store, "局长", Assignment("housing_bureau", "city"))
    for action in editions.KEYS_OF_THE_HOUSE:
        office.edit(("permissions", "actions", action), admin, roles=["admin", "housing_bureau"])
    office.adopt(admin)
    assert "housing_bureau" in office.policy.now().permissions.actions["catalogue.edit"].roles


def test_a_role_that_somebody_holds_cannot_be_retired(office, admin, store):
    person(store, "网格员", Assignment("inspector", "street", "s1"))
    with pytest.raises(BadEntry) as refusal:
        office.edit(("permissions", "roles", "inspector"), admin, retired_on=date(2026, 11, 1))
    assert (refusal.value.entry, refusal.value.reason) == ("inspector", "in_use")
    office.edit(("permissions", "roles", "dispatcher"), admin, retired_on=date(2026, 11, 1))


def test_the_scope_of_an_action_is_the_apps(office, admin):
    with pytest.raises(BadEntry) as refusal:
        office.edit(("permissions", "actions", "record.read"), admin, scope="any")
    assert (refusal.value.entry, refusal.value.field, refusal.value.reason) == ("record.read", "scope", "fixed")


# -- two administrators --------------------------------------------------------------------------------------------


def test_the_second_to_save_the_same_entry_is_told_and_nothing_is_lost(office, admin, other):
    mine = office.catalogues.entry(*CAR, admin)
    office.edit(CAR, other, time_limit=limit(10))
    with pytest.raises(Conflict, match="draft_entry_changed") as refusal:
        office.catalogues.save(*CAR, {**mine.fields, "tile_zh": "废车"}, seen=mine.token, actor=admin)
    assert refusal.value.facts["who"] == "管理员乙"
    assert office.catalogues.entry(*CAR, admin).fields["time_limit"]["value"] == 10


def test_two_who_edit_different_entries_share_one_draft(office, admin, other):
    office.edit(CAR, admin, time_limit=limit(10))
    office.edit(("issues", "types", "illegal_parking"), other, tile_zh="违停")
    assert [d.author_name for d in office.catalogues.overview(admin).draft] == ["管理员甲", "管理员乙"]


def test_a_draft_is_adopted_only_as_it_was_seen(office, admin, other):
    office.edit(CAR, admin, time_limit=limit(10))
    seen = office.catalogues.overview(admin).token
    office.edit(("issues", "types", "illegal_parking"), other, tile_zh="违停")
    for act in (
        lambda: office.catalogues.adopt("试行", seen=seen, from_day=None, actor=admin),
        lambda: office.catalogues.discard(seen=seen, actor=admin),
    ):
        with pytest.raises(Conflict, match="draft_changed"):
            act()
    assert office.limit() == 30


def test_an_entry_opened_before_an_adoption_is_not_saved_over_it(office, admin, other):
    mine = office.catalogues.entry(*CAR, admin)
    office.edit(CAR, other, time_limit=limit(10))
    office.adopt(other)
    with pytest.raises(Conflict):
        office.catalogues.save(*CAR, {**mine.fields, "tile_zh": "废车"}, seen=mine.token, actor=admin)


# -- from a day ----------------------------------------------------------------------------------------------------


def test_an_edition_from_a_day_comes_into_force_at_that_days_start_in_the_offices_timezone(office, admin):
    office.edit(CAR, admin, time_limit=limit(10))
    made = office.adopt(admin, from_day=date(2027, 1, 1))
    assert (made.state, made.in_force_from) == ("planned", datetime(2027, 1, 1, tzinfo=ZONE))
    assert not office.queue.run_next("me")
    office.at = datetime(2026, 12, 31, 23, 59, 59, tzinfo=ZONE)
    assert not office.queue.run_next("me")
    assert office.limit() == 30
    office.at = datetime(2027, 1, 1, tzinfo=ZONE)
    assert office.queue.run_next("me")
    office.at += timedelta(seconds=2)
    assert office.limit() == 10
    assert office.queue.waiting() == {"done": 1}


def test_a_planned_edition_can_be_withdrawn_and_its_changes_return_to_the_draft(office, admin):
    office.edit(CAR, admin, time_limit=limit(10))
    made = office.adopt(admin, from_day=date(2027, 1, 1))
    office.catalogues.withdraw(made.edition, admin)
    office.at = datetime(2027, 1, 2, tzinfo=ZONE)
    office.queue.run_next("me")
    assert office.limit() == 30
    assert [c.field for c in office.catalogues.overview(admin).changes] == [
        "time_limit.value",
        "time_limit.is_proposal",
    ]
    with pytest.raises(Conflict, match="edition_not_planned"):
        office.catalogues.withdraw(made.edition, admin)


def test_what_is_adopted_meanwhile_is_still_there_when_the_planned_edition_comes(office, admin):
    office.edit(CAR, admin, time_limit=limit(10))
    office.adopt(admin, from_day=date(2027, 1, 1))
    office.edit(CAR, admin, tile_zh="废车")
    office.adopt(admin)
    office.at = datetime(2027, 1, 1, tzinfo=ZONE)
    office.queue.run_next("me")
    office.at += timedelta(seconds=2)
    kind = office.policy.now().issues.get("zombie_vehicle")
    assert (kind.tile_zh, kind.time_limit.value) == ("废车", 10)


def test_a_change_that_collides_with_a_planned_one_is_refused_with_its_day_and_field(office, admin):
    office.edit(CAR, admin, time_limit=limit(10))
    office.adopt(admin, from_day=date(2027, 1, 1))
    office.edit(CAR, admin, time_limit=limit(12))
    with pytest.raises(Conflict, match="planned_collides") as refusal:
        office.adopt(admin)
    assert refusal.value.facts == {"day": "2027-01-01", "entry": "zombie_vehicle", "name": "time_limit.value"}
    assert office.limit() == 30


def test_a_killed_runner_is_taken_over_and_the_edition_is_put_in_force_once(office, admin):
    office.edit(CAR, admin, time_limit=limit(10))
    office.adopt(admin, from_day=date(2027, 1, 1))
    office.at = datetime(2027, 1, 1, tzinfo=ZONE)
    with office.store.work() as work:  # what a runner leaves behind that is killed after taking the job
        assert work.jobs.lease("dead", at=office.at, lease=LEASE, kinds=(COME_INTO_FORCE,)) is not None
    assert not office.queue.run_next("alive")
    office.at += LEASE + timedelta(seconds=1)
    assert office.queue.run_next("alive")
    with office.store.look() as work:
        done = [r for r in work.history.of("catalogue", "office") if r.action == "catalogue.in_force"]
    assert len(done) == 1


def test_two_planned_editions_that_are_both_late_come_in_their_order(office, admin):
    office.edit(CAR, admin, time_limit=limit(10))
    office.adopt(admin, from_day=date(2027, 2, 1))
    office.edit(CAR, admin, tile_zh="废车")
    office.adopt(admin, from_day=date(2027, 1, 1))
    office.at = datetime(2027, 3, 1, tzinfo=ZONE)
    while office.queue.run_next("me"):
        pass
    office.at += timedelta(seconds=2)
    kind = office.policy.now().issues.get("zombie_vehicle")
    assert (kind.tile_zh, kind.time_limit.value) == ("废车", 10)
    assert office.policy.now().edition == "office-2026-11-24-1"


@pytest.mark.parametrize("day", [date(2026, 11, 23), date(2029, 1, 1)])
def test_a_day_that_has_passed_or_lies_far_away_is_refused(office, admin, day):
    office.edit(CAR, admin, time_limit=limit(10))
    with pytest.raises(Invalid, match="edition_day_wrong"):
        office.adopt(admin, from_day=day)


# -- upgrades ------------------------------------------------------------------------------------------------------


def newer_edition() -> dict[str, str]:
    """A real successor: a changed limit, a changed name, a changed hint and a new kind, in the words of the files."""
    text = editions.builtin_bodies()
    issues = text["issues"].replace('edition = "builtin-2026-11"', 'edition = "builtin-2027-03"')
    issues = issues.replace('value = 30\nunit = "day"', 'value = 25\nunit = "day"', 1)
    issues = issues.replace('en = "Illegal car parking"', 'en = "Unlawful car parking"', 1)
    issues = issues.replace('hint_zh = "退几步，把楼号或路口拍进来"', 'hint_zh = "退三步，把楼号或路口拍进来"', 1)
    start = issues.index('[[types]]\ncode = "illegal_parking"')
    end = issues.index("[[types]]", start + 1)
    fresh = (
        issues[start:end]
        .replace('"illegal_parking"', '"drone_nuisance"')
        .replace('tile_zh = "乱停车"', 'tile_zh = "无人机"')
    )
    fresh = fresh.replace("common = 3\n", "").replace('zh = "机动车乱停放"\nen', 'zh = "无人机扰民"\nen', 1)
    return {**text, "issues": issues + "\n" + fresh}


@pytest.fixture
def upgraded(office, admin, store, monkeypatch) -> Office:
    """The office changed two things, then the app brought its newer edition."""
    office.edit(CAR, admin, time_limit=limit(20))
    office.edit(("departments", "departments", "sanitation"), admin, zh="环卫所")
    office.adopt(admin)
    newer = newer_edition()
    monkeypatch.setattr(editions, "builtin_bodies", lambda: newer)
    monkeypatch.setattr(editions, "builtin_name", lambda: "builtin-2027-03")
    office.at += timedelta(days=1)
    return Office(store, office.at)


def test_an_upgrade_waits_and_the_offices_edition_stays_in_force(upgraded, admin):
    assert upgraded.catalogues.upgrade_waiting() == "builtin-2027-03"
    assert upgraded.limit() == 20
    assert not upgraded.policy.now().issues.has("drone_nuisance")


def test_the_three_way_view_says_what_follows_what_stays_and_what_collides(upgraded, admin):
    fates = {(s.code, s.field): (s.fate, s.before, s.now, s.office) for s in upgraded.catalogues.upgrade(admin)}
    assert fates["zombie_vehicle", "time_limit.value"] == ("conflict", 30, 25, 20)
    assert fates["zombie_vehicle", "time_limit.is_proposal"] == ("kept", True, True, False)
    assert fates["illegal_parking", "en"] == (
        "follows",
        "Illegal car parking",
        "Unlawful car parking",
        "Illegal car parking",
    )
    assert fates["sanitation", "zh"] == ("kept", "环卫", "环卫", "环卫所")
    assert fates["panorama", "hint_zh"][0] == "follows"
    assert fates["drone_nuisance", "tile_zh"] == ("follows", None, "无人机", None)


def test_conflicts_are_chosen_one_by_one_and_nothing_changes_until_adopted(upgraded, admin):
    key = next(s.key for s in upgraded.catalogues.upgrade(admin) if s.fate == "conflict")
    with pytest.raises(Invalid, match="choose_one") as refusal:
        upgraded.catalogues.take_upgrade({}, admin)
    assert refusal.value.field == key
    upgraded.catalogues.take_upgrade({key: "office"}, admin)
    assert upgraded.limit() == 20
    assert not upgraded.policy.now().issues.has("drone_nuisance")
    made = upgraded.adopt(admin)
    policy = upgraded.policy.now()
    assert made.base == "builtin-2027-03"
    assert policy.issues.get("zombie_vehicle").time_limit.value == 20
    assert policy.issues.get("illegal_parking").en == "Unlawful car parking"
    assert policy.issues.get("drone_nuisance").tile_zh == "无人机"
    assert policy.offices.departments["sanitation"].zh == "环卫所"
    assert upgraded.catalogues.upgrade_waiting() is None


def test_the_apps_side_of_a_conflict_can_be_taken(upgraded, admin):
    key = next(s.key for s in upgraded.catalogues.upgrade(admin) if s.fate == "conflict")
    upgraded.catalogues.take_upgrade({key: "now"}, admin)
    upgraded.adopt(admin)
    assert upgraded.limit() == 25


def test_an_open_draft_is_settled_before_an_upgrade_is_proposed(upgraded, admin):
    upgraded.edit(CAR, admin, tile_zh="废车")
    with pytest.raises(Conflict, match="draft_first"):
        upgraded.catalogues.take_upgrade({}, admin)


def test_keeping_everything_still_moves_the_base(office, admin, store, monkeypatch):
    text = editions.builtin_bodies()
    newer = {**text, "issues": text["issues"].replace('"builtin-2026-11"', '"builtin-2027-01"', 1)}
    monkeypatch.setattr(editions, "builtin_bodies", lambda: newer)
    monkeypatch.setattr(editions, "builtin_name", lambda: "builtin-2027-01")
    later = Office(store, office.at)
    later.catalogues.take_upgrade({}, admin)
    assert later.adopt(admin).base == "builtin-2027-01"
    assert later.catalogues.upgrade_waiting() is None


# -- between cities ------------------------------------------------------------------------------------------------


def test_an_edition_is_carried_to_another_city(office, admin):
    office.edit(CAR, admin, time_limit=limit(20))
    office.adopt(admin)
    text = office.catalogues.export(admin)
    assert office.catalogues.import_text(text, "a.toml", confirm=True, actor=admin) == ()
    changed = text.replace('tile_zh = "僵尸车"', 'tile_zh = "废车"')
    seen = office.catalogues.import_text(changed, "a.toml", confirm=False, actor=admin)
    assert [(c.code, c.field, c.after) for c in seen] == [("zombie_vehicle", "tile_zh", "废车")]
    assert office.policy.now().issues.get("zombie_vehicle").tile_zh == "僵尸车"
    office.catalogues.import_text(changed, "a.toml", confirm=True, actor=admin)
    assert office.policy.now().issues.get("zombie_vehicle").tile_zh == "废车"


@pytest.mark.parametrize(
    ("before", "after", "entry", "field", "reason"),
    [
        ('format = "slg-policy-1"', 'format = "other"', "", "format", "unknown"),
        ("[zones]", "[zonen]", "", "zonen", "unknown"),
        ('tile_zh = "僵尸车"', 'tile_zh = "长期停放僵尸车"', "zombie_vehicle", "tile_zh", "too_long"),
        ('code = "open_compound"', 'code = "closed_compound"', "open_compound", "kinds", "gone"),
    ],
)
def test_a_file_that_is_no_edition_of_ours_changes_nothing(office, admin, before, after, entry, field, reason):
    text = office.catalogues.export(admin)
    assert before in text
    with pytest.raises(BadEntry) as refusal:
        office.catalogues.import_text(text.replace(before, after, 1), "a.toml", confirm=True, actor=admin)
    assert (refusal.value.entry, refusal.value.field, refusal.value.reason) == (entry, field, reason)
    assert office.policy.now().edition == editions.builtin_name()


def test_a_list_that_is_not_there_is_not_found(office, admin):
    for act in (
        lambda: office.catalogues.rows("issues", "nothing", admin),
        lambda: office.catalogues.entry("issues", "types", "nothing", admin),
        lambda: office.catalogues.withdraw("nothing", admin),
        lambda: office.catalogues.save("permissions", "actions", "own", {}, seen=None, actor=admin),
    ):
        with pytest.raises(NotFound):
            act()


def test_every_field_of_every_family_round_trips():
    """Written and read again, the policy is the same; so is one put together out of nothing but its differences."""
    tables = changes.tables(editions.builtin_bodies())
    again = changes.bodies(copy.deepcopy(tables), editions.builtin_name())
    assert editions.read(again, "x") == editions.read(editions.builtin_bodies(), "x")
    bare = {family: {k: v for k, v in t.items() if k not in changes.LISTS[family]} for family, t in tables.items()}
    made, lost = changes.put(bare, [changes.Change.from_json(c.as_json()) for c in changes.between(bare, tables)])
    assert not lost
    assert editions.read(changes.bodies(made, editions.builtin_name()), "x") == editions.read(again, "x")
