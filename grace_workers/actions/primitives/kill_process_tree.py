"""End processes that leak memory, leave zombies or hold a port, with all that they started."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.params import Name
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.process_table import ProcessEntry, ProcessTable
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class KillTreeParams(Document):
    """Processes of this `name` are ended if they use at least `memory_mib` or have at least `zombies` ended children.

    So is the one that listens on the TCP port `listens_on`; of a server that shares its port with its workers, the one
    that started them.
    At most `most` of them are ended, those with the most memory first, each with all that it started. They are
    asked, and killed after `grace_period`.
    """

    name: Name
    memory_mib: Annotated[int, Field(ge=1, le=1 << 30)] | None = None
    zombies: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    listens_on: Annotated[int, Field(ge=1, le=65535)] | None = None
    most: Annotated[int, Field(ge=1, le=20)] = 1
    grace_period: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(minutes=5))] = timedelta(seconds=10)


class _Member(Document):
    pid: int
    incarnation: str


class _Content(Document):
    members: tuple[_Member, ...]


class KillTree(Irrevocable[ProcessTable, KillTreeParams, _Content]):
    """End processes that leak memory, leave zombies or hold a port, with all that they started."""

    role = ProcessTable
    params = KillTreeParams
    kept = _Content
    cannot = "ended processes cannot be restored"

    def preview(self, table: ProcessTable, params: KillTreeParams) -> Preview:
        """Name the processes that would end."""
        members = _members(table, params)
        changes = [
            f"end process {one.pid} ({one.name}) of {one.user}, {one.memory >> 20} MiB, {one.zombies} zombies"
            for one in members
        ]
        return Preview(
            changes=tuple(changes), blast=BlastRadius(count=len(members), unit="process", share=float(bool(members)))
        )

    def snapshot(self, table: ProcessTable, params: KillTreeParams) -> _Content:
        """Save which processes are to be ended."""
        members = [_Member(pid=one.pid, incarnation=one.incarnation) for one in _members(table, params)]
        return _Content(members=tuple(members))

    def apply(self, table: ProcessTable, params: KillTreeParams, before: _Content) -> Outcome:
        """End those of the snapshot that still run, and their descendants."""
        ended = table.end([(one.pid, one.incarnation) for one in before.members], params.grace_period)
        if not ended:
            return unchanged("none of these processes runs any more")
        words = f"ended {ended} process{'es' if ended > 1 else ''}"
        return done(words, ended=ended)

    def answers(self, table: ProcessTable, params: KillTreeParams) -> bool:
        """Return whether the processes of the machine can be seen."""
        return len(table.find(params.name)) >= 0

    def effect(self, table: ProcessTable, params: KillTreeParams, before: _Content) -> Effect:
        """Present when none of the snapshot's processes runs any more."""
        del params
        return Effect.ABSENT if any(table.runs(one.pid, one.incarnation) for one in before.members) else Effect.PRESENT


def _members(table: ProcessTable, params: KillTreeParams) -> Sequence[ProcessEntry]:
    named = table.find(params.name)
    holders = {one.pid for one in named if params.listens_on is not None and params.listens_on in one.ports}
    # A worker holds the port by what it inherited. Its server would start another one, and keep the port.
    first = {one.pid for one in named if one.pid in holders and one.parent not in holders}
    chosen = [one for one in named if one.pid in first or _is_due(one, params)][: params.most]
    found = {member.pid: member for one in chosen for member in table.tree(one.pid, one.incarnation)}
    return list(found.values())


def _is_due(one: ProcessEntry, params: KillTreeParams) -> bool:
    leaks = params.memory_mib is not None and one.memory >= params.memory_mib << 20
    return leaks or (params.zombies is not None and one.zombies >= params.zombies)


DEFINITION = KillTree().primitive(
    "kill_process_tree",
    "End processes that leak memory, leave zombies or hold a port, with all that they started.",
    aspect=Aspect.PERFORMANCE,
    risk=0.5,
    worst=BlastRadius(count=100_000, unit="process", share=1.0),
    irreversible="An ended process, its memory and its open connections cannot be restored.",
)
