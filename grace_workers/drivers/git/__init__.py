"""Branches of git repositories on the machine of the node."""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, model_validator

from grace_workers.actions import (
    Codebase,
    CodePlace,
    Driver,
    DriverContext,
    EnvironmentProof,
    PullRequests,
    Revisions,
    Roles,
    SafePoints,
    Suspendable,
)
from grace_workers.drivers._shared.safe_point import SafePoint
from grace_workers.drivers.git import forges
from grace_workers.drivers.git.forges.forge import ForgeKind
from grace_workers.foundation.api_address import ApiAddress, is_readable_on_the_way
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.field_types import FilePath, Timeout
from grace_workers.foundation.ids import TargetKind
from grace_workers.foundation.secret import Secret

if TYPE_CHECKING:
    from grace_workers.drivers.git.forges.forge import Forge

# What git-check-ref-format allows and more careful: no dot or dash first, no `..`, no `@{`, no `.lock`.
BranchName = Annotated[
    str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*([./][A-Za-z0-9_][A-Za-z0-9_-]*)*$")
]
TagPattern = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*\*?$")]
_PART = r"\.?[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*"


def _inside(path: str) -> str:
    if ".git" in path.casefold().split("/"):
        raise ValueError("git's own files are none of the branch")
    return path


HoldFile = Annotated[str, StringConstraints(max_length=200, pattern=rf"^{_PART}(/{_PART})*$"), AfterValidator(_inside)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f<>]+$")]


FORGES = discover(forges, ForgeKind, label="forge", lazy=True)


def _known_forge(name: str) -> str:
    if name not in FORGES:
        raise ValueError(f"no forge is known by this name; known: {', '.join(FORGES.names)}")
    return name


ForgeName = Annotated[str, AfterValidator(_known_forge), WithJsonSchema({"enum": [*FORGES.names]})]


class RemoteConnection(Document):
    """The project on GitHub or GitLab where proposals become pull requests. Nothing is pushed; its REST API is used."""

    kind: ForgeName = Field(description="Whose API it is.")
    project: Annotated[str, StringConstraints(max_length=300, pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$")] = Field(
        description="The project, such as `shop/code`."
    )
    token: Secret = Field(description="A token that may write contents and pull requests.")
    address: ApiAddress | None = Field(
        default=None,
        description="The API of your own GitHub Enterprise or GitLab, such as `https://git.example/api/v4`.",
    )

    @model_validator(mode="after")
    def _secret(self) -> Self:
        if self.address is not None and is_readable_on_the_way(self.address):
            raise ValueError("the token would be sent over http to another machine; give an address with https")
        return self


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
    remote: RemoteConnection | None = Field(
        default=None,
        description="The project that has this branch on GitHub or GitLab; proposals become pull requests.",
    )
    hold_file: HoldFile | None = Field(
        default=None,
        description="A file of the branch, such as `.hold`. Your deployment must not deploy a revision that has it.",
    )
    safe_point: SafePoint = Field(default=SafePoint(), description="How parts of safe points are kept.")
    patience: Timeout = Field(default=timedelta(seconds=60), description="How long one command of git may take.")


def open_git(said: GitConnection, context: DriverContext) -> Roles:
    """Return the branch."""
    from grace_workers.drivers._shared.kept_parts import part_room
    from grace_workers.drivers.git.branch import Branch
    from grace_workers.drivers.git.first_commits import FirstCommits
    from grace_workers.drivers.git.holding import BranchHold
    from grace_workers.drivers.git.program import Git
    from grace_workers.drivers.git.proposals import Proposals
    from grace_workers.drivers.git.requests import ProposalRequests
    from grace_workers.drivers.git.safe_points import BranchParts

    git = Git(said.repository, said.patience, (said.author, said.email))
    branch = Branch(git, said.branch, said.good_tags)
    revisions: Revisions = branch
    proof: EnvironmentProof = FirstCommits(git)
    room = part_room(context, said.safe_point, scope=(said.branch,), unit="branch", of=branch.beginning)
    parts: SafePoints = BranchParts(git, branch, said.branch, room)
    roles: dict[type, object] = {Revisions: revisions, EnvironmentProof: proof, SafePoints: parts}
    if said.python is not None:
        place = CodePlace(repository=said.repository, branch=said.branch, python=said.python, pytest=said.pytest)
        code: Codebase = Proposals(git, branch, place)
        roles[Codebase] = code
    if said.hold_file is not None:
        hold: Suspendable = BranchHold(git, branch, said.branch, said.hold_file)
        roles[Suspendable] = hold
    if said.remote is not None:
        requests: PullRequests = ProposalRequests(git, partial(_forge, said.remote, said.branch))
        roles[PullRequests] = requests
    return roles


def _forge(remote: RemoteConnection, into: str) -> "Forge":
    """Return the API. Raises InputError when the token is missing, or cannot be sent."""
    kind, token = FORGES[remote.kind], remote.token.reveal("the token of `remote`")
    if not (token.isascii() and token.isprintable()):
        raise InputError("the token of `remote` has a character that no HTTP header takes; copy it again")
    return kind.open(remote.address or kind.api, remote.project, into, token)


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
      hold_file: .hold
      remote:
        kind: github
        project: shop/code
        token: {env: SHOP_FORGE_TOKEN}
"""

DEFINITION = Driver(
    kind=TargetKind("git"),
    connection=GitConnection,
    roles=(Revisions, EnvironmentProof, SafePoints),
    optional={Codebase: "python", PullRequests: "remote", Suspendable: "hold_file"},
    open=open_git,
    example=EXAMPLE,
)
