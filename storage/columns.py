"""What every table is made of: the one list of tables, and the two kinds of keys.

Ids are texts (UUIDs) that outlive a move between databases; serials belong to one database only.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Integer, String

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def serial() -> Column:
    return Column("serial", Integer, primary_key=True, autoincrement=True)


def identity() -> Column:
    return Column("id", String(64), primary_key=True)
