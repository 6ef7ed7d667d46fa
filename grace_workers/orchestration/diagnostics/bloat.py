"""Tables with dead rows, and the size of the database."""

from collections.abc import Sequence

from grace_workers.actions import DatabaseActivity, TableUse
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene

# As many dead rows as this share of all is what PostgreSQL's own vacuum would not leave.
_SHARE, _FEWEST = 0.3, 10_000


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the tables with the most dead rows, and the largest."""
    database = scene.role(DatabaseActivity)
    size = DiagnosticFact(name="database_size", value=database.size(), unit="bytes")
    return [size, *(fact for one in database.tables(MOST) for fact in _facts(one))]


def _facts(one: TableUse) -> Sequence[DiagnosticFact]:
    bloated = one.dead >= _FEWEST and one.dead > _SHARE * (one.dead + one.live)
    vacuumed = "never vacuumed" if one.vacuumed_at is None else f"vacuumed {one.vacuumed_at:%Y-%m-%d %H:%M} UTC"
    note = f"{one.live} live, {vacuumed}"
    return [
        DiagnosticFact(name="dead_rows", value=one.dead, unit="rows", about=one.table, note=note, notable=bloated),
        DiagnosticFact(name="table_size", value=one.size, unit="bytes", about=one.table),
    ]


DEFINITION = Diagnostic(
    name="bloat",
    summary="Tables with the most dead rows, and sizes.",
    look=look,
    role=DatabaseActivity,
)
