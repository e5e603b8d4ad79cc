"""Accounts, roles, logins and counted tries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, StatementError

from domain.accounts import AccessToken, LoginSession
from domain.records import Assignment
from storage.tables import people
from tests.storage.rows import person


def test_a_person_comes_back_with_roles_and_times_to_the_microsecond(store, noon):
    kept = person(phone="13800000000", created_at=noon.astimezone(timezone(timedelta(hours=8))))
    with store.work() as work:
        work.people.add(kept, password_hash="hash", is_sample=True)
    with store.look() as work:
        found = work.people.get(kept.id)
        assert found == replace(kept, created_at=noon)
        assert found.created_at.tzinfo is UTC
        assert work.people.all() == [found]
        assert work.people.sample_ids() == [(kept.id, kept.username)]
        assert work.people.count() == 1


def test_a_time_without_its_zone_is_refused(store, noon):
    with pytest.raises(StatementError, match="without its zone"), store.work() as work:
        work.people.add(person(created_at=noon.replace(tzinfo=None)), password_hash="hash")
    with store.look() as work:
        assert work.people.count() == 0


def test_times_are_compared_as_moments_whatever_zone_asks(store, noon):
    with store.work() as work:
        work.people.add(person(created_at=noon), password_hash="hash")
        east = timezone(timedelta(hours=8))
        assert work.connection.scalar(sa.select(people.c.id).where(people.c.created_at == noon.astimezone(east)))
        later = (noon + timedelta(microseconds=1)).astimezone(east)
        assert work.connection.scalar(sa.select(people.c.id).where(people.c.created_at >= later)) is None


def test_a_login_is_a_user_name_before_it_is_a_phone(store):
    one, two = person(username="13800000001"), person(phone="13800000001")
    with store.work() as work:
        work.people.add(two, password_hash="two")
        work.people.add(one, password_hash="one")
    with store.look() as work:
        assert work.people.by_login("13800000001") == (one, "one")
        assert work.people.by_login(two.username) == (two, "two")
        assert work.people.by_login("nobody") is None


def test_two_people_cannot_share_a_user_name(store):
    with store.work() as work:
        work.people.add(person(username="wang"), password_hash="hash")

    def add_two(work) -> None:
        work.people.add(person(), password_hash="hash")
        work.people.add(person(username="wang"), password_hash="hash")

    with pytest.raises(IntegrityError):
        store.run(add_two)
    with store.look() as work:
        assert work.people.count() == 1, "the whole unit is undone"


def test_ended_roles_are_gone_and_new_ones_hold(store, noon):
    who = person()
    with store.work() as work:
        work.people.add(who, password_hash="hash")
        work.people.end_assignments(who.id, at=noon)
        work.people.assign(who.id, Assignment("leader", "city"), since=noon)
    with store.look() as work:
        assert work.people.get(who.id).assignments == (Assignment("leader", "city"),)


def test_a_session_lives_until_it_ends_is_revoked_or_its_person_is_disabled(store, noon):
    who, hour = person(), timedelta(hours=1)
    with store.work() as work:
        work.people.add(who, password_hash="hash")
        for name in ("one", "two", "three"):
            work.people.open_session(id=name, person_id=who.id, created_at=noon, expires_at=noon + hour)
        assert work.people.session_person("one", at=noon) == who
        assert work.people.session_person("one", at=noon + hour) is None
        assert work.people.session_person("four", at=noon) is None
        work.people.revoke_session("one", at=noon)
        assert work.people.session_person("one", at=noon) is None
        work.people.set_disabled(who.id, noon)
        assert work.people.session_person("two", at=noon) is None
        work.people.set_disabled(who.id, None)
        assert work.people.session_person("two", at=noon) == who
        work.people.revoke_all(who.id, at=noon)
        assert work.people.session_person("three", at=noon) is None


def test_failed_tries_are_counted_by_account_and_address(store, noon):
    minute = timedelta(minutes=1)
    with store.work() as work:
        serials = [
            work.people.count_try(account=account, address=address, at=noon + i * minute)
            for i, (account, address) in enumerate([("a", "x"), ("a", "y"), ("a", "x"), ("b", "x")])
        ]
        assert len(set(serials)) == 4
        nth = work.people.nth_failed_try
        assert nth(2, since=noon - minute, account="a", address="x") == noon
        assert nth(3, since=noon - minute, account="a", address="x") is None
        assert nth(3, since=noon - minute, address="x") == noon
        assert nth(2, since=noon, account="a", address="x") is None, "a try at the edge of the window is outside"
        work.people.try_succeeded(serials[2])
        assert nth(1, since=noon - minute, account="a", address="x") == noon
        work.people.forget_tries(before=noon + minute)
        assert nth(1, since=noon - minute, account="a", address="x") is None
        assert nth(1, since=noon - minute, account="a", address="y") == noon + minute


def test_passwords_and_languages_are_changed(store):
    who = person()
    with store.work() as work:
        work.people.add(who, password_hash="old")
        work.people.set_password(who.id, "new")
        work.people.set_lang(who.id, "en")
    with store.look() as work:
        found, stored = work.people.by_login(who.username)
    assert (stored, found.lang) == ("new", "en")


def test_a_link_is_its_persons_until_it_is_used_or_over_or_the_account_is_closed(store, noon):
    who, other = person(), person()
    day = timedelta(hours=24)
    with store.work() as work:
        for one in (who, other):
            work.people.add(one, password_hash="hash")
        for link, owner in (("a", who), ("b", who), ("c", other)):
            row = {"id": link, "person_id": owner.id, "made_by": None, "made_at": noon, "expires_at": noon + day}
            work.accounts.add_links([row])
        work.accounts.use_link("a", at=noon)
    with store.look() as work:
        just_before, over = noon + day - timedelta(microseconds=1), noon + day
        assert [work.accounts.link_owner(x, at=noon) for x in "abcd"] == [None, who.id, other.id, None]
        assert [work.accounts.link_owner("b", at=at) for at in (just_before, over)] == [who.id, None]
    with store.work() as work:
        work.accounts.end_links(who.id)
        assert [work.accounts.link_owner(x, at=noon) for x in "abc"] == [None, None, other.id]
        work.people.set_disabled(other.id, noon)
        assert work.accounts.link_owner("c", at=noon) is None
        work.people.set_disabled(other.id, None)
        assert work.accounts.link_owner("c", at=noon) == other.id


def test_a_token_comes_back_and_its_use_and_end_are_kept(store, noon):
    who, minute = person(), timedelta(minutes=1)
    made = [
        AccessToken(f"t{i}", who.id, "personal", f"报表 🙂 {i}", ("a.b", "c.d:own"), noon + i * minute,
                    noon + timedelta(days=i), device="x" * 200)
        for i in range(1, 4)
    ]  # fmt: skip
    with store.work() as work:
        work.people.add(who, password_hash="hash")
        for token in made:
            work.accounts.add_token(token, hash=f"hash of {token.id}")
    with store.look() as work:
        assert work.accounts.token_by_hash("hash of t2") == work.accounts.token("t2") == made[1]
        assert work.accounts.token_by_hash("hash of t9") is None
        assert work.accounts.tokens_of(who.id, at=noon + timedelta(days=1)) == [made[2], made[1]]
    with store.work() as work:
        until = noon + timedelta(days=90)
        for at in (noon, noon + minute / 2, noon + minute):
            work.accounts.token_used("t3", at=at, unless_since=at - minute, expires_at=until)
            assert work.accounts.token("t3").last_used_at == (noon if at < noon + minute else at)
        assert work.accounts.token("t3").expires_at == until
        work.accounts.revoke_token("t2", at=noon)
        work.accounts.revoke_token("t2", at=noon + minute)
        assert work.accounts.token("t2").revoked_at == noon, "the first end counts"
        work.accounts.revoke_tokens(who.id, at=noon + minute)
        assert work.accounts.tokens_of(who.id, at=noon) == []
        work.accounts.forget_tokens(before=noon + minute)
        assert [work.accounts.token(f"t{i}") is None for i in (1, 2, 3)] == [False, True, False]


def test_two_tokens_never_share_a_hash(store, noon):
    who = person()
    with store.work() as work:
        work.people.add(who, password_hash="hash")
        work.accounts.add_token(AccessToken("a", who.id, "device", "n", (), noon, noon), hash="same")
    with pytest.raises(IntegrityError), store.work() as work:
        work.accounts.add_token(AccessToken("b", who.id, "device", "n", (), noon, noon), hash="same")


def test_logins_that_stand_are_listed_newest_first_and_one_may_go_on(store, noon):
    who, hour = person(), timedelta(hours=1)
    with store.work() as work:
        work.people.add(who, password_hash="hash")
        for i in range(4):
            work.people.open_session(id=f"s{i}", person_id=who.id, created_at=noon + i * hour,
                                     expires_at=noon + (i + 1) * hour, address="::1", device=None)  # fmt: skip
        work.people.revoke_session("s2", at=noon)
        assert [s.id for s in work.accounts.sessions_of(who.id, at=noon + hour)] == ["s3", "s1"]
        work.people.revoke_all(who.id, at=noon, but="s1")
        found = work.accounts.sessions_of(who.id, at=noon + hour)
        assert found == [LoginSession("s1", who.id, noon + hour, noon + 2 * hour, "::1", "")]
        work.people.revoke_all(who.id, at=noon)
        assert work.accounts.sessions_of(who.id, at=noon + hour) == []


def test_an_identity_opens_one_person_and_a_person_has_one(store, noon):
    who, other = person(), person()
    with store.work() as work:
        for one in (who, other):
            work.people.add(one, password_hash="hash")
        work.accounts.bind_identity(issuer="https://a", subject="s", person_id=who.id, bound_at=noon)
        assert work.accounts.identity_owner("https://a", "s") == who.id
        assert work.accounts.identity_owner("https://b", "s") is None
        assert [work.accounts.has_identity(one.id) for one in (who, other)] == [True, False]
    for row in ({"subject": "s", "person_id": other.id}, {"subject": "t", "person_id": who.id}):
        with pytest.raises(IntegrityError), store.work() as work:
            work.accounts.bind_identity(issuer="https://a", bound_at=noon, **row)
    with store.work() as work:
        work.accounts.end_identities(who.id)
        assert work.accounts.identity_owner("https://a", "s") is None
