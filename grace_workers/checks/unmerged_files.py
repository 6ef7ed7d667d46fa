"""How much of a proposal is not on the declared branch yet."""

from grace_workers.actions import Codebase, ProposalBranch
from grace_workers.checks.check import Check
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import NotFoundError

_NO_PROPOSAL = 1.0


class UnmergedParams(Document):
    """The branch of the proposal."""

    branch: ProposalBranch


def probe(code: Codebase, params: UnmergedParams) -> float:
    """Return the count; 1 where there is no such branch, because then nothing of it can be merged."""
    try:
        return float(code.unmerged(params.branch))
    except NotFoundError:
        return _NO_PROPOSAL


DEFINITION = Check(
    name="unmerged_files",
    summary="How many of the files that a proposal changes differ from it on the declared branch.",
    unit="files",
    role=Codebase,
    params=UnmergedParams,
    probe=probe,
)
