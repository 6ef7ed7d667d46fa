"""`grace export` and `grace import`: the fleet's database as one file, and back into an empty one."""

from pathlib import Path
from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config
from grace_workers.entrypoints.cli.output import answer, complain

export_app = typer.Typer()
import_app = typer.Typer()

File = Annotated[Path, typer.Argument(help="The archive.")]


@export_app.command(epilog="Examples:  grace export fleet.zip    ·    grace export learned.zip --only-learning")
def export(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    only_learning: Annotated[bool, typer.Option("--only-learning", help="Only what was learned.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Write the fleet's database to one file: a ZIP of a CSV for each table, with the hash of each.

    It holds everything but the audit log, which `grace audit export` writes with its proofs. The file is for its owner
    alone, because it contains what incidents and jobs contain, and the hashes of tokens.
    """
    from grace_workers.bootstrap.schema import portable
    from grace_workers.orchestration.portable import ArchiveScope
    from grace_workers.settings import load_settings

    scope = ArchiveScope.LEARNING if only_learning else ArchiveScope.ALL
    manifest = portable(load_settings(config)).export(file, scope, _tell(as_json))
    answer(manifest.model_dump(mode="json"), _sum(manifest, f"written to {file}"), as_json=as_json)


@import_app.command("import", epilog="Examples:  grace import fleet.zip --verify    ·    grace import fleet.zip")
def import_archive(
    file: File,
    verify: Annotated[bool, typer.Option("--verify", help="Only compare it with its manifest; no database.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Restore an archive into an empty database of the same schema, all or nothing; or only verify it.

    Run `grace migrate` first, with the release that wrote the archive. The new database begins an audit log of its own.
    """
    from grace_workers.bootstrap.schema import portable
    from grace_workers.orchestration.archive_file import verify as verified
    from grace_workers.settings import load_settings

    if verify:
        manifest = verified(file)
        answer(manifest.model_dump(mode="json"), _sum(manifest, f"in {file}, intact"), as_json=as_json)
        return
    manifest = portable(load_settings(config)).restore(file, _tell(as_json))
    answer(manifest.model_dump(mode="json"), _sum(manifest, "restored"), as_json=as_json)


def _tell(as_json: bool) -> Any:
    return lambda table, rows: None if as_json or not rows else complain(f"{table}: {rows} rows")


def _sum(manifest: Any, what: str) -> str:
    return f"{sum(one.rows for one in manifest.tables)} rows of {len(manifest.tables)} tables {what}"
