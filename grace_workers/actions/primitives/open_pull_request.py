"""Ask people to merge a proposal: bring its branch to the remote, and open a pull request there."""

from pydantic import Field

from grace_workers.actions.act import Act
from grace_workers.actions.params import Name, ProposalBranch
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.pull_requests import PullRequests
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError, TransientError

_ONE = BlastRadius(count=1, unit="pull request", share=0.0)


class OpenPullRequestParams(Document):
    """`subject` is the request's title, and `report` its text."""

    branch: ProposalBranch
    subject: Name
    report: str = Field(default="", max_length=20_000)


class RequestBefore(Document):
    """The number of the open request, if there was one; `known` unless the remote did not say."""

    number: int | None
    known: bool = True


class OpenPullRequest(Act[PullRequests, OpenPullRequestParams, RequestBefore]):
    """Opens the request."""

    role = PullRequests
    params = OpenPullRequestParams
    kept = RequestBefore

    def preview(self, role: PullRequests, params: OpenPullRequestParams) -> Preview:
        """Name the branch; the remote is not asked, because a plan must be readable while it is down."""
        del role
        return Preview(changes=(f"open a pull request of {params.branch}: {params.subject}",), blast=_ONE)

    def snapshot(self, role: PullRequests, params: OpenPullRequestParams) -> RequestBefore:
        """Keep whether a request is open."""
        try:
            there = role.opened(params.branch)
        except (TransientError, PermanentError):
            # All snapshots come before the first step, and a remote that is down must not prevent the branch here.
            return RequestBefore(number=None, known=False)
        return RequestBefore(number=None if there is None else there.number)

    def apply(self, role: PullRequests, params: OpenPullRequestParams, before: RequestBefore) -> Outcome:
        """Open the request."""
        made = role.open(params.branch, params.subject, params.report)
        known = " since before" if before.number == made.number else ""
        return done(f"pull request {made.number} is open{known}: {made.url}", number=made.number, url=made.url)

    def restore(self, role: PullRequests, params: OpenPullRequestParams, before: RequestBefore) -> Outcome:
        """Close the request, and remove its branch from the remote; what may have been there before stays."""
        if before.number is not None or role.opened(params.branch) is None:
            return unchanged(f"the requests of {params.branch} are as they were")
        if not before.known:
            return unchanged(f"a request of {params.branch} is open, and may have been open before; close it there")
        role.close(params.branch)
        return done(f"the pull request of {params.branch} is closed")

    def restored(self, role: PullRequests, params: OpenPullRequestParams, before: RequestBefore) -> bool:
        """Return whether the same request is open as before."""
        there = role.opened(params.branch)
        return (None if there is None else there.number) == before.number


DEFINITION = OpenPullRequest().primitive(
    "open_pull_request",
    "Bring a proposal to the remote, and open a pull request for people to review.",
    aspect=Aspect.CODE,
    risk=0.1,
    worst=_ONE,
)
