"""What opens an account beside its password: one-time links. Only hashes of secrets are stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.tables import password_links, people


class Accounts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- one-time links ----------------------------------------------------------------------------------------

    def add_link(self, **row: Any) -> None:
        self._connection.execute(sa.insert(password_links).values(**row))

    def link_owner(self, link_id: str, *, at: datetime) -> str | None:
        """The person whose link this is, while it is neither used nor over nor the person's account closed."""
        links = password_links.c
        return self._connection.scalar(
            sa.select(links.person_id)
            .join(people, people.c.id == links.person_id)
            .where(
                links.id == link_id, links.used_at.is_(None), links.expires_at > at, people.c.disabled_at.is_(None)
            )
        )  # fmt: skip

    def use_link(self, link_id: str, *, at: datetime) -> None:
        self._connection.execute(sa.update(password_links).where(password_links.c.id == link_id).values(used_at=at))

    def end_links(self, person_id: str) -> None:
        """Links that nobody used open nothing any more; that they were made stands in the history."""
        links = password_links
        self._connection.execute(sa.delete(links).where(links.c.person_id == person_id, links.c.used_at.is_(None)))
