"""Make a branch with one commit that holds a patch, for people to review; no other branch is touched."""

from pydantic import AwareDatetime, Field

from grace_workers.actions.act import Act
from grace_workers.actions.params import Name, Patch, ProposalBranch, RevisionName
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.codebase import Codebase
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError

_ONE = BlastRadius(count=1, unit="branch", share=0.0)


class ProposePatchParams(Document):
    """`patch` is a unified diff of `base`; `subject` and `report` are the commit's message, and `at` its date."""

    branch: ProposalBranch
    base: RevisionName
    patch: Patch
    subject: Name
    report: str = Field(default="", max_length=20_000)
    at: AwareDatetime

    @property
    def message(self) -> str:
        """The commit's message."""
        return f"{self.subject}\n\n{self.report}".strip() + "\n"


class ProposalBefore(Document):
    """The branch's commit, if it had one."""

    commit: str | None


class ProposePatch(Act[Codebase, ProposePatchParams, ProposalBefore]):
    """Makes the branch."""

    role = Codebase
    params = ProposePatchParams
    kept = ProposalBefore

    def preview(self, role: Codebase, params: ProposePatchParams) -> Preview:
        """Name the branch."""
        there = role.proposed(params.branch)
        known = "" if there is None else f"; it is there already, at {there[:12]}"
        change = f"make branch {params.branch} of {params.base[:12]} with one commit: {params.subject}{known}"
        return Preview(changes=(change,), blast=_ONE)

    def snapshot(self, role: Codebase, params: ProposePatchParams) -> ProposalBefore:
        """Keep whether the branch is there."""
        return ProposalBefore(commit=role.proposed(params.branch))

    def apply(self, role: Codebase, params: ProposePatchParams, before: ProposalBefore) -> Outcome:
        """Make the branch."""
        if before.commit is not None:
            raise ConflictError(f"branch {params.branch!r} existed before; delete it or name another")
        made = self._made(role, params)
        return done(f"branch {params.branch} is at {made[:12]}: {params.subject}", branch=params.branch, commit=made)

    def restore(self, role: Codebase, params: ProposePatchParams, before: ProposalBefore) -> Outcome:
        """Delete the branch, unless others have added commits to it."""
        if before.commit is not None or role.proposed(params.branch) is None:
            return unchanged(f"branch {params.branch} is as it was")
        role.withdraw(params.branch, self._made(role, params))
        return done(f"branch {params.branch} is gone")

    def restored(self, role: Codebase, params: ProposePatchParams, before: ProposalBefore) -> bool:
        """Return whether the branch is where it was."""
        return role.proposed(params.branch) == before.commit

    def _made(self, role: Codebase, params: ProposePatchParams) -> str:
        return role.propose(params.branch, params.patch, params.message, base=params.base, at=params.at)


DEFINITION = ProposePatch().primitive(
    "propose_patch",
    "Make a branch with one commit that holds a patch, for people to review.",
    aspect=Aspect.CODE,
    risk=0.05,
    worst=_ONE,
)
