"""`grace migrate`: bring the database to this release's schema, and exit."""

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config
from grace_workers.entrypoints.cli.output import answer

app = typer.Typer(add_completion=False)


@app.command(epilog="Example:  GRACE_DATABASE__URL=postgresql://grace@db/grace grace migrate")
def migrate(config: Config = None, as_json: AsJson = False) -> None:
    """Migrate the database to this release's schema, and exit. Safe to run twice, and concurrently from several places.

    Exit 0: the schema is there. 1: a migration failed, or the schema is of a newer release. 2: no or no readable
    database URL. 3: the database is unreachable.
    """
    from grace_workers.bootstrap.schema import migrate as bring_up_to_date
    from grace_workers.settings import load_settings

    revision = bring_up_to_date(load_settings(config))
    answer({"schema": revision}, f"the schema is at {revision}", as_json=as_json)
