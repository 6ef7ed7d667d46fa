"""Whether a repository has a branch with a proposal."""

from grace_workers.actions import Codebase, ProposalBranch
from grace_workers.checks.check import Check
from grace_workers.foundation.document import Document


class ProposalParams(Document):
    """The branch of the proposal."""

    branch: ProposalBranch


def probe(code: Codebase, params: ProposalParams) -> float:
    """Return 1 when the branch is there, else 0."""
    return float(code.proposed(params.branch) is not None)


DEFINITION = Check(
    name="branch_is_there",
    summary="1 when the repository has the branch of a proposal, else 0.",
    unit="",
    role=Codebase,
    params=ProposalParams,
    probe=probe,
)
