"""Brings a database to the newest schema. Foreign keys are off while it works and checked afterwards."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine


def migrate(engine: Engine) -> None:
    """Upgrade to the newest revision in one transaction; at once when there is nothing to do."""
    if is_current(engine):
        return
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if is_sqlite:
            # A pragma inside a transaction does nothing, so it is set on the bare driver connection.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if is_sqlite:
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise RuntimeError(f"the migration would break {len(broken)} references; nothing was changed")
        if is_sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


def is_current(engine: Engine) -> bool:
    with engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    return revision == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
