"""The step journal of contracted plans."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from grace_workers.foundation.ids import IncidentId, JobId, PlanId, TargetName
from grace_workers.governance import History
from grace_workers.learning import Ending, Episode
from grace_workers.orchestration.dossier import JournalRow
from grace_workers.playbooks import Plan


class Journal(Protocol):
    """The step journal of contracted plans, and their runs."""

    def begin(
        self,
        plan: Plan,
        incident: IncidentId,
        at: datetime,
        *,
        scopes: Collection[str] = (),
        automatic: bool = False,
    ) -> bool:
        """Record that the plan's run begins; return False, and write nothing, if another run holds one of its targets.

        Beginning the same plan again changes nothing. The run counts in `scopes`, and as the fleet's own doing if it
        is `automatic`.
        """

    def end(self, plan: PlanId, episode: Episode) -> None:
        """Record how the run ended, and release its targets."""

    def amend(self, plan: PlanId, ending: Ending) -> None:
        """Record that an ended run now counts as ended in another way."""

    def seize(self, plan: PlanId, job: JobId) -> bool:
        """Assign the run to this job; return False if another running job has it.

        Call it in the transaction that holds the job's claim. The run stays the job's until that job stops
        running.
        """

    def rows(self, plan: PlanId) -> Sequence[JournalRow]:
        """Return the plan's steps, in order."""

    def write(self, plan: PlanId, row: JournalRow) -> None:
        """Insert or replace one step's row."""

    def history(self, playbook: str, targets: Collection[TargetName], now: datetime) -> History:
        """Return what the playbook did before to heal any of the targets; the last 200 runs count."""
