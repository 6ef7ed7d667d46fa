"""Bringing a database to the newest migration."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, make_url, text

_LOCK = 0x6772616365  # "grace"


def engine_for(url: str) -> Engine:
    """Return an engine without a pool for any spelling of a PostgreSQL URL."""
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)


def upgrade(url: str, scripts: Path) -> None:
    """Run all migrations in `scripts` that the database at `url` lacks; nodes that start together take turns."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    engine = engine_for(url)
    # The lock needs a session of its own: the migrations' session commits after each one.
    with engine.connect() as turn, engine.connect() as connection:
        turn.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        turn.commit()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        turn.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
    engine.dispose()


def ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:  # noqa: FBT001 -- Alembic's signature
    """Tell Alembic what to compare with the metadata: all but the partitions of the audit log."""
    return not (kind in {"table", "index"} and (name or "").startswith("audit_log_0"))
