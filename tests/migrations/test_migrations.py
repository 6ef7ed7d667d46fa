"""From nothing to the newest schema, as the code expects it; again; two at once; and downgrades."""

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from grace_workers.adapters.postgres.engine import engine_for
from grace_workers.adapters.postgres.migrate import bring_up, upgrade
from grace_workers.adapters.process.aside import aside
from grace_workers.foundation.errors import PermanentError
from tests.migrations.tables_page import PAGE, SCRIPTS, tables_page
from tests.waiting import until

pytestmark = pytest.mark.servers

FILES = sorted((SCRIPTS / "versions").glob("*.py"))
FIRST = "0001_pre_audit"
FOREVER = {
    *("audit_inbox", "audit_head", "audit_log", "audit_node", "audit_checkpoint", "audit_anchor"),
    *("audit_stream", "audit_set_aside"),
}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = engine_for(database_url)
    yield made
    made.dispose()


def revision(url: str) -> str | None:
    """Return the revision of the database."""
    with engine_for(url).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def shape(url: str) -> list[tuple[Any, ...]]:
    """Return every column, index, trigger and function."""
    with psycopg.connect(url) as session:
        return session.execute(
            """
            SELECT 'column', table_name, column_name, data_type, coalesce(column_default, '')
            FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL SELECT 'index', tablename, indexname, indexdef, '' FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '' FROM pg_trigger
            WHERE NOT tgisinternal
            UNION ALL SELECT 'function', proname, md5(prosrc), '', '' FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace
            ORDER BY 1, 2, 3
            """
        ).fetchall()


def down(url: str, to: str) -> None:
    """Go back to a revision."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with engine_for(url).connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, to)
        connection.commit()


def is_as_the_page_says(url: str) -> bool:
    """Return whether the database is the one that `docs/reference/tables.md` shows; `make tables` writes the page."""
    return tables_page(url) == PAGE.read_text(encoding="utf-8")


def test_an_empty_database_comes_to_what_the_page_says_by_a_process_of_its_own(empty_database_url: str):
    bring_up(empty_database_url, SCRIPTS, run_aside=aside)
    assert tables_page(empty_database_url) == PAGE.read_text(encoding="utf-8")


def test_the_error_of_a_migration_that_fails_in_a_process_of_its_own_is_one_sentence(
    empty_database_url: str, tmp_path: Path
):
    scripts = Path(shutil.copytree(SCRIPTS, tmp_path / "migrations"))
    (scripts / "versions" / f"{FILES[0].name}").write_text(
        f"from alembic import op\nrevision, down_revision = {FILES[0].stem!r}, None\n"
        "def upgrade():\n    op.execute('SELECT nothing')\n"
    )
    with pytest.raises(PermanentError, match=r"^the schema cannot be migrated: column \"nothing\" does not exist"):
        bring_up(empty_database_url, scripts, run_aside=aside)


@pytest.mark.parametrize("change", ["ALTER TABLE jobs ADD COLUMN surplus text", "DROP INDEX ix_jobs_open"])
def test_a_difference_from_the_page_would_be_seen(database_url: str, change: str):
    with engine_for(database_url).begin() as connection:
        connection.execute(text(change))
    assert not is_as_the_page_says(database_url)


def test_migrating_again_changes_nothing(database_url: str):
    before = shape(database_url)
    upgrade(database_url, SCRIPTS)
    assert shape(database_url) == before


def test_nodes_that_start_together_take_turns(empty_database_url: str):
    with ThreadPoolExecutor(4) as nodes:
        for done in [nodes.submit(upgrade, empty_database_url, SCRIPTS) for _ in range(4)]:
            done.result(timeout=60)
    assert revision(empty_database_url) == FILES[-1].stem
    assert is_as_the_page_says(empty_database_url)


def test_an_interrupted_upgrade_is_completed_by_the_next(empty_database_url: str):
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with engine_for(empty_database_url).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, FILES[1].stem)
        connection.commit()
    assert revision(empty_database_url) == FILES[1].stem
    upgrade(empty_database_url, SCRIPTS)
    assert is_as_the_page_says(empty_database_url)


def test_going_back_and_forth_leads_to_the_same_schema(database_url: str):
    before = shape(database_url)
    down(database_url, FIRST)
    with engine_for(database_url).connect() as connection:
        left = {name for name in inspect(connection).get_table_names() if not name.startswith("audit_log_0")}
    assert left == FOREVER | {"alembic_version"}
    upgrade(database_url, SCRIPTS)
    assert shape(database_url) == before


def test_the_audit_log_is_never_taken_down(database_url: str):
    down(database_url, FIRST)
    with pytest.raises(NotImplementedError, match="the audit log is not taken down"):
        down(database_url, "base")
    assert revision(database_url) == FIRST


def test_revisions_form_one_line():
    scripts = ScriptDirectory(str(SCRIPTS))
    assert scripts.get_heads() == [FILES[-1].stem]
    assert [one.revision for one in scripts.walk_revisions()] == [path.stem for path in reversed(FILES)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_migration_says_when_it_runs_and_waits_for_no_lock_for_long(path: Path):
    assert re.fullmatch(r"\d{4}_(pre|post)_[a-z_]+", path.stem)
    body = path.read_text(encoding="utf-8").split("def upgrade")[1].split("def downgrade")[0]
    assert re.search(r"SET (LOCAL )?lock_timeout", body)
    assert re.search(r"SET (LOCAL )?statement_timeout", body)


@pytest.mark.parametrize("path", FILES[39:], ids=lambda path: path.stem)
def test_a_migration_indexes_a_table_that_is_there_while_others_write(path: Path):
    body = path.read_text(encoding="utf-8").split("def upgrade")[1].split("def downgrade")[0]
    made = set(re.findall(r"CREATE TABLE (\w+)", body))
    indexed = re.findall(r"CREATE (?:UNIQUE )?INDEX (CONCURRENTLY)? ?\S+ ON (\S+)", body)
    assert [table for how, table in indexed if not how and table not in made] == []


def test_incidents_are_written_while_their_indexes_are_built(empty_database_url: str):
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with engine_for(empty_database_url).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0039_pre_fleet_changes")
        connection.commit()
    write = "UPDATE incidents SET version = version"
    with ThreadPoolExecutor(2) as nodes, psycopg.connect(empty_database_url) as writer:
        writer.execute(write)
        # The second node waits for its turn, and must not be waited for by the first.
        upgraded = [nodes.submit(upgrade, empty_database_url, SCRIPTS) for _ in range(2)]
        with psycopg.connect(empty_database_url, autocommit=True) as other:
            waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ '^CREATE INDEX'"
            until(lambda: other.execute(waits).fetchall() != [(0,)], within=30)
            other.execute("SET lock_timeout = '1s'")
            other.execute(write)
        writer.commit()
        for one in upgraded:
            one.result(timeout=60)
    assert is_as_the_page_says(empty_database_url)


def test_an_index_that_an_interrupted_build_left_is_built_anew(database_url: str):
    down(database_url, "0039_pre_fleet_changes")
    with psycopg.connect(database_url) as session:
        session.execute("CREATE INDEX ix_steps_done ON steps (plan)")
        session.commit()
    upgrade(database_url, SCRIPTS)
    assert is_as_the_page_says(database_url)
