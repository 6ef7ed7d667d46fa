"""Whether a commit of a branch still stands."""

from grace_workers.actions import RevisionName, Revisions, stands
from grace_workers.checks.check import Check
from grace_workers.foundation.document import Document


class CommitStandsParams(Document):
    """The commit, by its id or at least seven characters of its beginning."""

    commit: RevisionName


def probe(branch: Revisions, params: CommitStandsParams) -> float:
    """Return 1 if it does, and 0 if a later revision takes it back."""
    return float(stands(branch, params.commit))


DEFINITION = Check(
    name="commit_stands",
    summary="Whether a commit stands on the declared branch: 1, or 0 once a later revision has taken it back.",
    unit="",
    role=Revisions,
    params=CommitStandsParams,
    probe=probe,
)
