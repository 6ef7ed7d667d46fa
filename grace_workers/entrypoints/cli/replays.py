"""Replaying cases by the definitions of this machine, and showing them beside what happened."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import Endpoint
from grace_workers.entrypoints.cli.output import Rows

if TYPE_CHECKING:
    from grace_workers.orchestration.case import CaseCourse, IncidentCase
    from grace_workers.orchestration.replaying import Replayed, Rulebook

Since = Annotated[str, typer.Option("--since", help="How far back, such as 6h or 30d; 31d at most.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=5000, help="How many incidents, the newest first.")]
Playbooks = Annotated[
    list[Path] | None,
    typer.Option("--playbooks", help="A folder of new or changed playbooks; one replaces another of its name."),
]
CauseFolders = Annotated[
    list[Path] | None,
    typer.Option("--causes", help="A folder of new or changed causes; one replaces another of its name."),
]
PolicyFile = Annotated[Path | None, typer.Option("--policy", help="A policy, instead of the one in force.")]

_COLUMNS = ("", "incident", "target", "title", "what happened", "what would happen now", "why")
_NOTHING = "no incident of that time was opened by a signal"


def rulebook(
    config: Path | None, playbooks: Sequence[Path] | None, causes: Sequence[Path] | None, policy: Path | None
) -> "Rulebook":
    """Return what is configured here, with what these folders add or change. Raises SourceError for a faulty file."""
    from grace_workers.bootstrap.catalogs import catalogs
    from grace_workers.bootstrap.definitions import policy_of
    from grace_workers.coding import hunted_source
    from grace_workers.diagnosis import load_causes
    from grace_workers.governance import load_policy
    from grace_workers.orchestration.replaying import Rulebook
    from grace_workers.playbooks import given_bindings, load_directories
    from grace_workers.settings import load_settings

    known, settings = catalogs(), load_settings(config)
    found = load_causes([*settings.cause_folders, *(causes or ())], known.terms, hunted_source)
    given = given_bindings(found, known.rules)
    folders = [*settings.playbook_folders, *(playbooks or ())]
    return Rulebook(
        causes=found,
        library=load_directories(folders, known.primitives, known.checks, known.kinds, given, hunted_source),
        engines=known.engines,
        checks=known.checks,
        primitives=known.primitives,
        gates=known.gates,
        policy=policy_of(settings) if policy is None else load_policy(policy, known.kinds),
    )


def stored_cases(endpoint: Endpoint, since: str, limit: int) -> "Iterator[IncidentCase]":
    """Yield the fleet's cases of a period, newest first."""
    from grace_workers.orchestration.case import IncidentCase

    before: str | None = None
    with endpoint.connect() as api:
        while limit > 0:
            page = api.get("/api/v1/cases", since=since, before=before, most=min(limit, 50))
            for raw in page["cases"]:
                yield IncidentCase.read(raw, "case")
            limit -= len(page["cases"]) or 50
            before = page["next"]
            if before is None:
                return


def as_json_of(found: "Sequence[Replayed]") -> list[dict[str, Any]]:
    """Return replays as data."""
    return [
        {
            "incident": str(one.case.incident),
            "target": one.case.target,
            "title": one.case.title,
            "opened_at": one.case.opened_at.isoformat(),
            "happened": one.case.happened.model_dump(mode="json"),
            "now": one.now.model_dump(mode="json"),
            "differs": list(one.differs),
            "unread": list(one.unread),
        }
        for one in found
    ]


def side_by_side(found: "Sequence[Replayed]") -> Sequence[Rows]:
    """Return replays as a table, none if there are none; what differs is marked."""
    return [Rows(_COLUMNS, [_row(one) for one in found])] if found else []


def summary_of(found: "Sequence[Replayed]") -> list[str]:
    """Return how many differ, and for each playbook how often it would fire now, how far it would come, and why not."""
    if not found:
        return [_NOTHING]
    different = sum(bool(one.differs) for one in found)
    fired: Mapping[str, Counter[str]] = {}
    for one in found:
        if one.now.playbook is not None:
            told = f"refused by {one.now.gate}" if one.now.gate else f"{one.now.decision}"
            fired = {**fired, one.now.playbook: fired.get(one.now.playbook, Counter()) + Counter([told])}
    counts = [
        f"{name}: {', '.join(f'{count} {word}' for word, count in words.most_common())}"
        for name, words in sorted(fired.items())
    ]
    return [f"{counted(len(found), 'incident')} replayed, {different} would go another way", *counts]


def counted(count: int, what: str) -> str:
    """Return a count with its word."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def _row(one: "Replayed") -> tuple[str, ...]:
    mark = "!" if one.differs else ""
    unread = [f"not read then: {', '.join(one.unread)}"] if one.unread else []
    why = "; ".join([*one.now.reasons[:2], *unread])
    case = one.case
    return mark, str(case.incident), case.target or "", case.title, _words(case.happened), _words(one.now), why


def _words(course: "CaseCourse") -> str:
    blocked = f"refused by {course.gate}" if course.gate else course.decision or ""
    parts = (course.cause or "no cause", course.playbook or "no playbook", blocked, course.closing or "")
    return ", ".join(part for part in parts if part)
