"""Causes that people accept from what was learned: each file is in force after a plan that a person approved.

A learned cause is a flag of the fleet, with a variant for each version of its file, and `off`. So the plan names by its
hash what is accepted, and another plan takes it back.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from grace_workers.audit import Entry
from grace_workers.cycles import OFF, switching_plan
from grace_workers.diagnosis import Cause
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores.learned_causes import LearnedCause, LearnedCauseStore, version_of
from grace_workers.orchestration.unexplained import unexplained
from grace_workers.playbooks import ReadyPlan

ReadCause: TypeAlias = Callable[[str, str], Cause]

LONGEST_FILE = 20_000
SHOWN_VERSION = 12
"""How much of a version people are shown; the plan names all of it."""


def learned_causes(line: Line) -> Sequence[LearnedCause]:
    """Return every version of every learned cause, by name, the newest of each first."""
    with line.ledger.transaction() as tx:
        return tx[LearnedCauseStore].versions()


def clustered(line: Line, name: str) -> str:
    """Return the file that a cluster proposes. Raises NotFoundError."""
    found = {one.name: one.cause for one in unexplained(line)}
    if name not in found:
        raise NotFoundError(f"no cluster is named {name[:80]!r}; clusters: {', '.join(found) or 'none'}")
    return found[name]


def accepting(line: Line, file: str, name: str, reason: str, *, by: str, read: ReadCause) -> ReadyPlan:
    """Keep the file as a version of the cause, and return the plan that puts it into force.

    `read` takes the file and its name.

    Raises:
        SourceError: the file has a fault.
        ConflictError: a file of the shipped folder or the team's own defines a cause of this name.
    """
    if len(file) > LONGEST_FILE:
        raise InputError(f"the file of cause {name[:80]!r} has {len(file)} characters; at most {LONGEST_FILE} fit")
    cause = read(file, f"{name}.yaml")
    version = version_of(file)
    now = line.clock.now()
    with line.ledger.transaction() as tx:
        store = tx[LearnedCauseStore]
        if cause.name in line.causes() and not any(one.accepted_at for one in store.versions(cause.name)):
            raise ConflictError(f"cause {cause.name!r} is known from a file; give this one another name")
        store.propose(LearnedCause(name=cause.name, version=version, file=file, proposed_by=by, proposed_at=now))
        tx.audit.append(_proposed(cause, version, file, by, now))
    told = f"accept version {version[:SHOWN_VERSION]} of the learned cause {cause.name}: {reason}"
    return switching_plan(cause.name, version, told)


def withdrawing(line: Line, name: str, reason: str) -> ReadyPlan:
    """Return the plan after which a learned cause is not in force. Raises NotFoundError if it is not in force now."""
    with line.ledger.transaction() as tx:
        accepted = {one.name for one in tx[LearnedCauseStore].accepted()}
    if name not in accepted:
        raise NotFoundError(f"no cause {name[:80]!r} was accepted; accepted: {', '.join(sorted(accepted)) or 'none'}")
    return switching_plan(name, OFF, f"withdraw the learned cause {name}: {reason}")


def _proposed(cause: Cause, version: str, file: str, by: str, at: datetime) -> Entry:
    return Entry(
        at=at,
        actor=by,
        action="learning.cause_proposed",
        subject=f"cause:{cause.name}",
        outcome="proposed",
        data={"version": version, "file": file},
    )
