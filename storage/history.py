"""The append-only history: links, heads, daily checkpoints. The hash rules are in domain/chain.py."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain import chain
from domain.records import HistoryEntry
from storage.tables import history, history_checkpoints, history_heads, people


class History:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(
        self, subject_kind: str, subject_id: str, action: str, payload: dict[str, Any], *, actor_id: str | None,
        at: datetime,
    ) -> str:  # fmt: skip
        """Add one link to a subject's chain; returns its hash."""
        head = self._connection.execute(
            sa.select(history_heads).where(
                history_heads.c.subject_kind == subject_kind, history_heads.c.subject_id == subject_id
            )
        ).first()
        link = _link(subject_kind, subject_id, head.seq + 1 if head else 1, head.hash if head else chain.GENESIS,
                     action, payload, actor_id, at)  # fmt: skip
        self._connection.execute(sa.insert(history), link)
        new_head = {"seq": link["seq"], "hash": link["hash"]}
        if head:
            self._connection.execute(
                sa.update(history_heads)
                .where(history_heads.c.subject_kind == subject_kind, history_heads.c.subject_id == subject_id)
                .values(**new_head)
            )
        else:
            self._connection.execute(
                sa.insert(history_heads), {"subject_kind": subject_kind, "subject_id": subject_id, **new_head}
            )
        return link["hash"]

    def start_many(
        self, subject_kind: str, first: Sequence[tuple[str, str, dict[str, Any], str | None, datetime]]
    ) -> None:
        """First links of many new subjects at once: (subject_id, action, payload, actor_id, at)."""
        links = [
            _link(subject_kind, subject_id, 1, chain.GENESIS, action, payload, actor_id, at)
            for subject_id, action, payload, actor_id, at in first
        ]
        if not links:
            return
        self._connection.execute(sa.insert(history), links)
        self._connection.execute(
            sa.insert(history_heads),
            [{key: link[key] for key in ("subject_kind", "subject_id", "seq", "hash")} for link in links],
        )

    def write_many(
        self, subject_kind: str, new: Sequence[tuple[str, str, dict[str, Any], str | None, datetime]]
    ) -> None:
        """One link each for many subjects, new or known: (subject_id, action, payload, actor_id, at)."""
        self.append(self.make_links(subject_kind, new))

    def make_links(
        self, subject_kind: str, new: Sequence[tuple[str, str, dict[str, Any], str | None, datetime]]
    ) -> list[dict[str, Any]]:
        """The same links, made but not written: hashing many takes seconds that nobody should wait for."""
        heads = self._heads_of(subject_kind, [subject_id for subject_id, *_ in new])
        beginning = (0, chain.GENESIS)
        return [
            _link(subject_kind, subject_id, heads.get(subject_id, beginning)[0] + 1,
                  heads.get(subject_id, beginning)[1], action, payload, actor_id, at)
            for subject_id, action, payload, actor_id, at in new
        ]  # fmt: skip

    def append(self, links: Sequence[dict[str, Any]]) -> None:
        """Write links that `make_links` made. A subject that got another link meanwhile fails the whole transaction."""
        first, later = ([x for x in links if (x["seq"] == 1) is is_first] for is_first in (True, False))
        if first:
            self._connection.execute(sa.insert(history), first)
            names = ("subject_kind", "subject_id", "seq", "hash")
            self._connection.execute(sa.insert(history_heads), [{name: x[name] for name in names} for x in first])
        if later:
            h = history_heads.c
            self._connection.execute(sa.insert(history), later)
            self._connection.execute(
                sa.update(history_heads)
                .where(h.subject_kind == later[0]["subject_kind"], h.subject_id == sa.bindparam("of"))
                .values(seq=sa.bindparam("new_seq"), hash=sa.bindparam("new_hash")),
                [{"of": x["subject_id"], "new_seq": x["seq"], "new_hash": x["hash"]} for x in later],
            )

    def _heads_of(self, subject_kind: str, ids: list[str]) -> dict[str, tuple[int, str]]:
        h, found = history_heads.c, {}
        for start in range(0, len(ids), 500):
            some = sa.select(h.subject_id, h.seq, h.hash).where(
                h.subject_kind == subject_kind, h.subject_id.in_(ids[start : start + 500])
            )
            found.update({row.subject_id: (row.seq, row.hash) for row in self._connection.execute(some)})
        return found

    def of(self, subject_kind: str, subject_id: str) -> list[HistoryEntry]:
        query = (
            sa.select(history, people.c.name.label("actor_name"))
            .outerjoin(people, people.c.id == history.c.actor_id)
            .where(history.c.subject_kind == subject_kind, history.c.subject_id == subject_id)
            .order_by(history.c.seq)
        )
        return [
            HistoryEntry(r.subject_kind, r.subject_id, r.seq, r.at, r.actor_id, r.actor_name, r.action, r.payload,
                         r.prev_hash, r.hash)
            for r in self._connection.execute(query)
        ]  # fmt: skip

    def walk(self) -> Iterator[Any]:
        """Every link, subject by subject, in order."""
        query = sa.select(history).order_by(history.c.subject_kind, history.c.subject_id, history.c.seq)
        yield from self._connection.execute(query)

    def links(self, subject_kind: str, subject_id: str) -> list[Any]:
        """One subject's links with salt and digest, in order."""
        query = sa.select(history).where(history.c.subject_kind == subject_kind, history.c.subject_id == subject_id)
        return list(self._connection.execute(query.order_by(history.c.seq)))

    def head(self, subject_kind: str, subject_id: str) -> tuple[int, str] | None:
        h = history_heads.c
        query = sa.select(h.seq, h.hash).where(h.subject_kind == subject_kind, h.subject_id == subject_id)
        row = self._connection.execute(query).first()
        return (row.seq, row.hash) if row else None

    def heads(self) -> dict[tuple[str, str], tuple[int, str]]:
        rows = self._connection.execute(sa.select(history_heads))
        return {(r.subject_kind, r.subject_id): (r.seq, r.hash) for r in rows}

    def checkpoints(self) -> list[Any]:
        return list(self._connection.execute(sa.select(history_checkpoints).order_by(history_checkpoints.c.day)))

    def heads_between(self, start: datetime, end: datetime) -> list[tuple[str, str, int, str]]:
        """The last link of each subject written in [start, end), ordered by subject."""
        last = (
            sa.select(history.c.subject_kind, history.c.subject_id, sa.func.max(history.c.seq).label("seq"))
            .where(history.c.at >= start, history.c.at < end)
            .group_by(history.c.subject_kind, history.c.subject_id)
            .subquery()
        )
        query = (
            sa.select(history.c.subject_kind, history.c.subject_id, history.c.seq, history.c.hash)
            .join(last, sa.and_(last.c.subject_kind == history.c.subject_kind,
                                last.c.subject_id == history.c.subject_id, last.c.seq == history.c.seq))
            .order_by(history.c.subject_kind, history.c.subject_id)
        )  # fmt: skip
        return [tuple(row) for row in self._connection.execute(query)]

    def first_day(self) -> datetime | None:
        return self._connection.scalar(sa.select(sa.func.min(history.c.at)))

    def add_checkpoint(self, **row: Any) -> None:
        self._connection.execute(sa.insert(history_checkpoints).values(**row))


def _link(
    subject_kind: str, subject_id: str, seq: int, prev_hash: str, action: str, payload: dict[str, Any],
    actor_id: str | None, at: datetime,
) -> dict[str, Any]:  # fmt: skip
    salt = secrets.token_hex(16)
    plain = json.loads(chain.canonical_json(payload))
    digest = chain.payload_digest(salt, plain)
    link_hash = chain.link_hash(prev_hash=prev_hash, subject_kind=subject_kind, subject_id=subject_id, seq=seq, at=at,
                                actor_id=actor_id, action=action, digest=digest)  # fmt: skip
    return {
        "subject_kind": subject_kind, "subject_id": subject_id, "seq": seq, "at": at, "actor_id": actor_id,
        "action": action, "salt": salt, "payload": plain, "digest": digest, "prev_hash": prev_hash, "hash": link_hash,
    }  # fmt: skip
