"""Brings a database to the newest schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from storage.engine import READS, changing_schema, plain_words


@plain_words()
def migrate(engine: Engine) -> None:
    """Upgrade to the newest revision in one transaction; at once when there is nothing to do.

    Raises Busy, Invalid with what the database lacks.
    """
    if is_current(engine):
        return
    with changing_schema(engine) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(engine: Engine) -> bool:
    return revision(engine) == ScriptDirectory.from_config(_config()).get_current_head()


@plain_words()
def revision(engine: Engine) -> str | None:
    """The schema's revision in this database; None for an empty one."""
    with engine.connect().execution_options(**{READS: True}) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
