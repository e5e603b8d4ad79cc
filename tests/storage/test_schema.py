"""Migrations on empty and on filled databases of both kinds; nothing is said twice in two places."""

from __future__ import annotations

import ast
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import storage.schema as schema
from domain.errors import Busy, Invalid
from domain.topology import SetAside
from storage.engine import changing_schema
from storage.spatial import is_made_here
from storage.store import Store
from storage.tables import assignments, metadata, people
from tests.storage.conftest import ENGINES, fresh_url
from tests.storage.rows import area, building, person, photo_row, record_row

STORAGE = Path(schema.__file__).parent


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of one's own: tables are changed here."""
    yield from fresh_url(request, request.param)


def differences(store: Store) -> list:
    def ours(_object, name, kind, _reflected, _compare_to) -> bool:
        return not is_made_here(kind, name)

    with warnings.catch_warnings(), store.look() as work:
        warnings.filterwarnings("ignore", "Did not recognize type 'geometry'", sa.exc.SAWarning)
        context = MigrationContext.configure(work.connection, opts={"include_object": ours, "compare_type": True})
        return compare_metadata(context, metadata)


def test_an_empty_database_becomes_the_tables_that_the_code_knows(empty_url):
    store = Store.open(empty_url)
    assert not schema.is_current(store.engine)
    schema.migrate(store.engine)
    assert schema.is_current(store.engine)
    assert differences(store) == []
    store.close()


def test_a_missing_column_would_be_noticed(store):
    with store.work() as work:
        work.connection.exec_driver_sql("ALTER TABLE assets DROP COLUMN remarks")
    assert [found[0] for found in differences(store)] == ["add_column"]


def test_every_searched_geometry_has_its_box_index(store):
    with store.work() as work:
        work.buildings.add([building()])
        if store.engine.dialect.name == "sqlite":
            query = "SELECT count(*) FROM sqlite_master WHERE name LIKE '%_box' AND sql LIKE '%rtree%'"
        else:
            query = "SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'ix_%_geometry' AND indexdef LIKE '%gist%'"
        assert work.connection.exec_driver_sql(query.replace("%", "%%") if "pg_" in query else query).scalar() == 3


def test_migrating_twice_or_at_the_same_moment_is_once(empty_url):
    store, start = Store.open(empty_url), threading.Barrier(3)

    def run(_i: int) -> None:
        start.wait()
        schema.migrate(store.engine)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(run, range(3)))
    assert schema.is_current(store.engine)
    schema.migrate(store.engine)
    store.close()


def fill(store: Store, noon) -> dict[str, int]:
    who = person()
    row = record_row(who.id)
    with store.work() as work:
        work.people.add(who, password_hash="hash")
        work.areas.add([area()], at=noon)
        work.buildings.add([building()])
        work.records.add(row, [photo_row(row["id"])])
        work.history.write("record", row["id"], "record.received", {}, actor_id=who.id, at=noon)
    return counts(store)


def counts(store: Store) -> dict[str, int]:
    with store.look() as work:
        return {
            t.name: work.connection.scalar(sa.select(sa.func.count()).select_from(t)) for t in metadata.sorted_tables
        }


NEXT = '''"""A later change"""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "test1", {before!r}, None, None
def upgrade():
    with op.batch_alter_table("people") as table:
        table.add_column(sa.Column("badge", sa.String(16), nullable=True))
    with op.batch_alter_table("records") as table:
        table.alter_column("note", new_column_name="remark", existing_type=sa.Text())
    {more}
'''


@pytest.fixture
def later(tmp_path, monkeypatch):
    """later(more): the real migrations and one that changes two filled tables others point to."""
    import shutil

    from alembic.config import Config
    from alembic.script import ScriptDirectory

    def make(more: str = "pass") -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(STORAGE / "migrations", folder, dirs_exist_ok=True)
        config = Config()
        config.set_main_option("script_location", str(STORAGE / "migrations"))
        head = ScriptDirectory.from_config(config).get_current_head()
        (folder / "versions" / "later.py").write_text(NEXT.format(before=head, more=more), "utf-8")
        config.set_main_option("script_location", str(folder))
        monkeypatch.setattr(schema, "_config", lambda: config)

    return make


def test_a_filled_database_keeps_every_row_through_a_change(store, later, noon):
    before = fill(store, noon)
    later()
    schema.migrate(store.engine)
    assert counts_of_changed(store) == before
    with store.look() as work:
        assert work.connection.exec_driver_sql("SELECT remark FROM records").scalar() == "落满灰"
        assert work.areas.touching("zone", (120.8, 29.58, 120.81, 29.59)) != []
    with pytest.raises(sa.exc.IntegrityError), store.work() as work:
        work.people.assign("nobody", person().assignments[0], since=noon)


def test_a_filled_database_of_before_what_was_set_aside_gets_its_table_and_keeps_every_row(store, noon):
    """The newest real migration, taken back and made again over a filled database."""
    before = fill(store, noon)
    with changing_schema(store.engine) as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0012")
    with store.look() as work:
        assert not sa.inspect(work.connection).has_table("set_asides")
    schema.migrate(store.engine)
    assert counts(store) == before
    assert differences(store) == []
    found = SetAside("s", "gap:1,2", "gap", "", "甲", (120.8, 29.58), area().geometry, (), "路没修完", None, noon)
    with store.work() as work:
        work.set_asides.add(found)
    with store.look() as work:
        assert work.set_asides.standing() == [found]


def counts_of_changed(store: Store) -> dict[str, int]:
    with store.look() as work:
        return {
            t.name: work.connection.exec_driver_sql(f"SELECT count(*) FROM {t.name}").scalar()
            for t in metadata.sorted_tables
        }


def test_a_change_that_breaks_in_the_middle_changes_nothing(store, later, noon):
    before = fill(store, noon)
    later('raise RuntimeError("in the middle")')
    with pytest.raises(RuntimeError, match="in the middle"):
        schema.migrate(store.engine)
    assert counts(store) == before
    assert differences(store) == []


def test_a_change_that_would_break_references_is_refused(store, noon):
    fill(store, noon)

    def take_people_away() -> None:
        with changing_schema(store.engine) as connection:
            connection.execute(sa.delete(assignments))
            connection.execute(sa.delete(people))

    with pytest.raises((RuntimeError, sa.exc.IntegrityError)):
        take_people_away()
    with store.look() as work:
        assert work.people.count() == 1
    with pytest.raises(sa.exc.IntegrityError), store.work() as work:
        work.connection.execute(sa.delete(people))


def test_a_dialect_is_named_in_few_rooms_only():
    """The rest of the house does not know which database it has."""
    free = {"spatial.py", "engine.py", "backup.py"}  # a backup is each database's own business
    wrong = []
    for path in sorted(STORAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = isinstance(node, ast.Constant) and node.value in ("sqlite", "postgresql", "postgres", "postgis")
            if path.name not in free and (named or (isinstance(node, ast.Attribute) and node.attr == "dialect")):
                wrong.append(f"{path.relative_to(STORAGE)}:{node.lineno}")
    assert not wrong


@pytest.fixture
def plain_role(cluster) -> Iterator[str]:
    """A role as an administrator makes one for the app: it owns its database and nothing else."""
    with cluster.admin() as connection:
        connection.exec_driver_sql("CREATE ROLE slg_plain LOGIN")
    yield "slg_plain"
    with cluster.admin() as connection:
        connection.exec_driver_sql("DROP ROLE slg_plain")


@pytest.mark.slow
def test_an_owner_without_more_rights_needs_postgis_made_for_them(cluster, plain_role, noon):
    url = cluster.create()
    name = sa.make_url(url).database
    with cluster.admin() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} OWNER TO {plain_role}")
    store = Store.open(url.replace("postgres@", f"{plain_role}@"))
    with pytest.raises(Invalid) as refused:
        schema.migrate(store.engine)
    assert refused.value.code == "postgis_missing"
    with cluster.admin(name) as connection:
        connection.exec_driver_sql("CREATE EXTENSION postgis")
    schema.migrate(store.engine)
    assert differences(store) == []
    fill(store, noon)
    store.close()
    cluster.drop(url)


@pytest.mark.slow
@pytest.mark.parametrize("made", ["LC_COLLATE 'C' LC_CTYPE 'C'", "LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"])
def test_texts_sort_by_code_point_in_any_cluster(cluster, made):
    url = cluster.create(like=f"template0 {made}")
    store = Store.open(url)
    schema.migrate(store.engine)
    with store.look() as work:
        other = work.connection.exec_driver_sql(
            "SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_collation l"
            " ON l.oid = a.attcollation WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
            " AND a.attnum > 0 AND l.collname <> 'C' AND c.relname NOT IN ('spatial_ref_sys')"
        ).scalar()  # fmt: skip
    assert other == 0
    store.close()
    cluster.drop(url)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_chinese_is_refused_in_plain_words(cluster, encoding):
    url = cluster.create(like=f"template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
    store = Store.open(url)
    with pytest.raises(Invalid) as refused:
        schema.migrate(store.engine)
    assert refused.value.code == "store_not_utf8"
    store.close()
    cluster.drop(url)


def test_a_server_that_is_not_there_is_said_in_plain_words(tmp_path):
    store = Store.open(f"postgresql+psycopg://postgres@/slg?host={tmp_path}")
    with pytest.raises(Busy) as refused:
        schema.migrate(store.engine)
    assert refused.value.code == "store_away"
