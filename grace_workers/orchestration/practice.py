"""What the fleet has practised: for each cause and kind of target, the newest run that healed it, and how old it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from grace_workers.diagnosis import Subject
from grace_workers.learning import Ending, Episode
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.outcomes import MOST_RUNS
from grace_workers.playbooks import Playbook

_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Practised:
    """A cause that targets of this kind can have, the playbooks for it, its newest run and its newest verified one.

    Both are None when it never came. An exercise is a run like any other: break something on purpose, and it counts.
    """

    cause: str
    kind: str
    playbooks: Sequence[str]
    newest: Episode | None
    healed: Episode | None


def practice(line: Line) -> Sequence[Practised]:
    """Return every cause that a declared target can have and a playbook acts on, by cause and kind.

    Only the newest `MOST_RUNS` runs of the last year count.
    """
    with line.ledger.transaction() as tx:
        episodes = tx.records.episodes(since=line.clock.now() - _YEAR, limit=MOST_RUNS)
    kinds = {name: target.kind for name, target in line.targets.items()}
    runs: dict[tuple[str, str], list[Episode]] = {}
    for one in episodes:
        if one.target in kinds:
            runs.setdefault((one.cause, kinds[one.target]), []).append(one)
    return [_practised(cause, kind, names, runs.get((cause, kind), ())) for cause, kind, names in _able(line)]


def _able(line: Line) -> Iterator[tuple[str, str, Sequence[str]]]:
    subjects = [one for name, one in line.subjects.items() if name in line.targets]
    library = [one for one in line.library() if one.enabled]
    for cause in sorted(line.causes(), key=lambda one: one.name):
        acting = [one for one in library if cause.name in one.when.causes]
        able = [one for one in subjects if cause.may_be_of(one)]
        for kind in sorted({str(one.kind) for one in able}):
            mine = [one for one in able if one.kind == kind]
            names = [one.name for one in acting if any(_suits(line, one, subject) for subject in mine)]
            if names:
                yield cause.name, kind, names


def _suits(line: Line, playbook: Playbook, subject: Subject) -> bool:
    """Return whether the target is of the playbook's kinds, and plays what its steps on that target need."""
    kinds = playbook.when.target_kinds
    plays = all(line.primitives[one].role.__name__ in subject.roles for one in playbook.acts_by)
    return plays and (not kinds or subject.kind in kinds)


def _practised(cause: str, kind: str, playbooks: Sequence[str], runs: Sequence[Episode]) -> Practised:
    """Return a cell; the runs come newest first."""
    return Practised(
        cause=cause,
        kind=kind,
        playbooks=playbooks,
        newest=runs[0] if runs else None,
        healed=next((one for one in runs if one.ending is Ending.VERIFIED), None),
    )
