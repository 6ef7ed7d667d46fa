"""The matrix of what was practised: causes by kinds of targets, each with the age of its newest heal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FRESH, OLD = timedelta(days=30), timedelta(days=90)
"""Younger than the first, a heal counts as practised; older than the second, as if it had never been."""
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeCell:
    """One cause on one kind of target: its newest run, the newest that healed, and what the latter's age is worth."""

    newest: Mapping[str, Any] | None
    healed: Mapping[str, Any] | None
    playbooks: Sequence[str]
    worth: float
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeMatrix:
    """The causes with a cell for each kind, None where it does not apply, and how much is practised, from 0 to 1."""

    kinds: Sequence[str]
    rows: Sequence[tuple[str, Sequence[PracticeCell | None]]]
    share: float
    fresh: int
    ageing: int
    failing: int
    all: int


def practice_of(found: Sequence[Mapping[str, Any]], now: datetime) -> PracticeMatrix:
    """Return the matrix: what failed last comes first, then what is ageing, what is fresh, and what never came."""
    kinds = sorted({one["kind"] for one in found})
    cells = {(one["cause"], one["kind"]): _cell(one, now) for one in found}
    rows = [(cause, [cells.get((cause, kind)) for kind in kinds]) for cause in sorted({one["cause"] for one in found})]
    return PracticeMatrix(
        kinds=kinds,
        rows=sorted(rows, key=lambda row: min(_rank(one) for one in row[1] if one is not None)),
        share=sum(one.worth for one in cells.values()) / len(cells) if cells else 0.0,
        fresh=sum(one.worth == 1 for one in cells.values()),
        ageing=sum(one.worth == _HALF for one in cells.values()),
        failing=sum(one.tone == "bad" for one in cells.values()),
        all=len(cells),
    )


def _cell(one: Mapping[str, Any], now: datetime) -> PracticeCell:
    newest, healed = one["newest"], one["healed"]
    age = None if healed is None else now - datetime.fromisoformat(healed["at"])
    worth = 0.0 if age is None or age > OLD else 1.0 if age <= FRESH else _HALF
    failing = newest is not None and newest["ending"] in {"ineffective", "failed"}
    tone = "bad" if failing else {1.0: "good", _HALF: "warn"}.get(worth, "plain")
    return PracticeCell(newest=newest, healed=healed, playbooks=one["playbooks"], worth=worth, tone=tone)


def _rank(cell: PracticeCell) -> int:
    return 3 if cell.newest is None else {"bad": 0, "warn": 1, "plain": 1}.get(cell.tone, 2)
