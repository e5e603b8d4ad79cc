"""What opens an account beside its password: one-time links, tokens, logins, identities. Only hashes of secrets are stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.accounts import AccessToken, LoginSession
from storage.tables import access_tokens, identities, login_sessions, password_links, people


class Accounts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- one-time links ----------------------------------------------------------------------------------------

    def add_links(self, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(sa.insert(password_links), rows)

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

    # -- tokens ------------------------------------------------------------------------------------------------

    def add_token(self, token: AccessToken, *, hash: str) -> None:
        t = token
        self._connection.execute(
            sa.insert(access_tokens).values(
                id=t.id, person_id=t.person_id, kind=t.kind, name=t.name, hash=hash, actions=list(t.actions),
                created_at=t.created_at, expires_at=t.expires_at, device=t.device,
            )
        )  # fmt: skip

    def token(self, token_id: str) -> AccessToken | None:
        return self._token(access_tokens.c.id == token_id)

    def token_by_hash(self, hash: str) -> AccessToken | None:
        """Also one that is revoked or over: its holder may hear why it opens nothing."""
        return self._token(access_tokens.c.hash == hash)

    def tokens_of(self, person_id: str, *, at: datetime) -> list[AccessToken]:
        """Those that still open something, newest first."""
        t = access_tokens.c
        query = sa.select(access_tokens).where(t.person_id == person_id, t.revoked_at.is_(None), t.expires_at > at)
        return [_to_token(row) for row in self._connection.execute(query.order_by(t.created_at.desc(), t.id))]

    def count_tokens(self, kind: str) -> int:
        """Those that still open something, and those that did until a while ago."""
        query = sa.select(sa.func.count()).select_from(access_tokens).where(access_tokens.c.kind == kind)
        return int(self._connection.scalar(query) or 0)

    def revoke_token(self, token_id: str, *, at: datetime) -> None:
        self._revoke(access_tokens.c.id == token_id, at)

    def revoke_tokens(self, person_id: str, *, at: datetime) -> None:
        self._revoke(access_tokens.c.person_id == person_id, at)

    def token_used(self, token_id: str, *, at: datetime, unless_since: datetime, expires_at: datetime) -> None:
        """Write the use down, unless one was written since then; expires_at: until when it opens from now on."""
        t = access_tokens.c
        self._connection.execute(
            sa.update(access_tokens)
            .where(t.id == token_id, sa.or_(t.last_used_at.is_(None), t.last_used_at <= unless_since))
            .values(last_used_at=at, expires_at=expires_at)
        )

    def forget_tokens(self, *, before: datetime) -> None:
        """Tokens that opened nothing any more before then; their history rows stay."""
        t = access_tokens.c
        self._connection.execute(sa.delete(access_tokens).where(sa.or_(t.expires_at < before, t.revoked_at < before)))

    def _token(self, wanted: Any) -> AccessToken | None:
        row = self._connection.execute(sa.select(access_tokens).where(wanted)).first()
        return _to_token(row) if row else None

    def _revoke(self, wanted: Any, at: datetime) -> None:
        table = access_tokens
        self._connection.execute(
            sa.update(table).where(wanted, table.c.revoked_at.is_(None)).values(revoked_at=at)
        )  # fmt: skip

    # -- identities at another provider ------------------------------------------------------------------------

    def identity_owner(self, issuer: str, subject: str) -> str | None:
        """The person bound to an identity."""
        i = identities.c
        return self._connection.scalar(sa.select(i.person_id).where(i.issuer == issuer, i.subject == subject))

    def has_identity(self, person_id: str) -> bool:
        return bool(self._connection.scalar(sa.select(sa.exists().where(identities.c.person_id == person_id))))

    def bind_identity(self, **row: Any) -> None:
        self._connection.execute(sa.insert(identities).values(**row))

    def end_identities(self, person_id: str) -> None:
        self._connection.execute(sa.delete(identities).where(identities.c.person_id == person_id))

    # -- logins ------------------------------------------------------------------------------------------------

    def sessions_of(self, person_id: str, *, at: datetime) -> list[LoginSession]:
        """Logins that still stand, newest first."""
        s = login_sessions.c
        query = sa.select(login_sessions).where(s.person_id == person_id, s.revoked_at.is_(None), s.expires_at > at)
        return [
            LoginSession(r.id, r.person_id, r.created_at, r.expires_at, r.address or "", r.device or "")
            for r in self._connection.execute(query.order_by(s.created_at.desc(), s.id))
        ]


def _to_token(row: Any) -> AccessToken:
    return AccessToken(row.id, row.person_id, row.kind, row.name, tuple(row.actions), row.created_at, row.expires_at,
                       row.last_used_at, row.revoked_at, row.device)  # fmt: skip
