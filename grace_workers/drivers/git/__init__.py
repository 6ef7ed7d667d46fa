"""Branches of git repositories on the machine of the node."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.actions import Codebase, CodePlace, Driver, DriverContext, EnvironmentProof, Revisions, Roles
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import FilePath, Timeout
from grace_workers.foundation.ids import TargetKind

# What git-check-ref-format allows and more careful: no dot or dash first, no `..`, no `@{`, no `.lock`.
BranchName = Annotated[
    str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*([./][A-Za-z0-9_][A-Za-z0-9_-]*)*$")
]
TagPattern = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*\*?$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f<>]+$")]


class GitConnection(Document):
    """A branch of a local git repository, version 2.31 of git or newer.

    Grace adds commits and never removes any, pushes and fetches nothing, and runs no hook. If the branch is checked out
    in the repository, its files follow; files with changes that are not committed stop it. The repository must belong
    to Grace's user, because its configuration names programs that git runs.
    """

    repository: FilePath = Field(description="The folder of the repository, bare or with its files.")
    branch: BranchName = Field(default="main", description="The branch.")
    good_tags: TagPattern = Field(
        default="good-*", description="Which tags mark a good revision; a `*` at the end stands for any characters."
    )
    author: Words = Field(default="Grace", description="The author of Grace's commits.")
    email: Words = Field(default="grace@localhost", description="The author's e-mail address.")
    python: FilePath | None = Field(
        default=None,
        description="The interpreter with pytest and the code's dependencies. With it, the coding agent may work here.",
    )
    pytest: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=300)], ...], Field(max_length=50)
    ] = Field(default=(), description="What pytest is called with, such as `[-q, tests]`. Runs in a sandbox.")
    patience: Timeout = Field(default=timedelta(seconds=60), description="How long one command of git may take.")


def open_git(said: GitConnection, context: DriverContext) -> Roles:
    """Return the branch."""
    from grace_workers.drivers.git.branch import Branch
    from grace_workers.drivers.git.first_commits import FirstCommits
    from grace_workers.drivers.git.program import Git
    from grace_workers.drivers.git.proposals import Proposals

    del context
    git = Git(said.repository, said.patience, (said.author, said.email))
    branch = Branch(git, said.branch, said.good_tags)
    revisions: Revisions = branch
    proof: EnvironmentProof = FirstCommits(git)
    if said.python is None:
        return {Revisions: revisions, EnvironmentProof: proof}
    place = CodePlace(repository=said.repository, branch=said.branch, python=said.python, pytest=said.pytest)
    code: Codebase = Proposals(git, branch, place)
    return {Revisions: revisions, EnvironmentProof: proof, Codebase: code}


EXAMPLE = """\
targets:
  - name: shop-code
    kind: git
    owner: internal
    connection:
      repository: /srv/shop
      branch: main
      good_tags: release-*
      python: /srv/shop/.venv/bin/python
      pytest: [-q, tests]
"""

DEFINITION = Driver(
    kind=TargetKind("git"),
    connection=GitConnection,
    roles=(Revisions, EnvironmentProof),
    optional={Codebase: "python"},
    open=open_git,
    example=EXAMPLE,
)
