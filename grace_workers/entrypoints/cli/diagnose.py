"""`grace diagnose`: everything that can be read of one target, within ten seconds."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, DeclaredTarget, Endpoint, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, span

app = typer.Typer(help="Read everything that explains the state of a target.", no_args_is_help=True)

COLUMNS = ("", "diagnostic", "fact", "of", "value", "note")
_STEP, _UNITS = 1024, ("bytes", "KiB", "MiB", "GiB", "TiB")


@app.command(epilog="Example:  grace diagnose shop-db    (reads only, within 10 s)")
@with_endpoint
def diagnose(
    endpoint: Endpoint,
    target: DeclaredTarget,
    as_json: AsJson = False,
) -> None:
    """Print what the diagnostics that suit the target find, what is unusual first. Touches nothing."""
    from urllib.parse import quote

    with endpoint.connect() as api:
        found = api.post(f"/api/v1/targets/{quote(target, safe='')}/diagnose", {})
    troubled = [f"{one['diagnostic']}: {one['trouble']}" for one in found["looks"] if one["trouble"]]
    told = f"{len(found['looks'])} diagnostics took {span(found['took'])}"
    answer(found, Rows(COLUMNS, rows_of(found)), *troubled, told, as_json=as_json)


def rows_of(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the facts of a report as rows, what is unusual first."""
    return sorted(_rows(report), key=lambda row: row[0] == "")


def _rows(report: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for look in report["looks"]:
        for one in look["facts"]:
            mark = "!" if one["notable"] else ""
            yield mark, look["diagnostic"], one["name"], one["about"], _amount(one["value"], one["unit"]), one["note"]


def _amount(value: Any, unit: str) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, int | float) and unit.startswith(_UNITS[0]):
        size, scale = float(value), 0
        while size >= _STEP and scale < len(_UNITS) - 1:
            size, scale = size / _STEP, scale + 1
        return f"{size:.4g} {_UNITS[scale]}{unit.removeprefix(_UNITS[0])}"
    words = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{words} {unit}".rstrip()
