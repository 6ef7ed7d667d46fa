"""`ReturnTo`: what primitives share that give a branch an earlier content, as a new revision."""

from abc import abstractmethod
from dataclasses import dataclass

from grace_workers.actions.act import Act, P
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.removal import printable
from grace_workers.actions.roles.revisions import Revisions
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import uuid7

_SHOWN = 20

ALL_PATHS = BlastRadius(count=10_000_000, unit="path", share=1.0)
"""The worst that a return can touch: every file."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The content to reach, the subject of the revision that reaches it, and the id of the one that it takes back."""

    content: str
    subject: str
    takes_back: str = ""


class BranchBefore(Document):
    """The head and its content before, the content to reach, and the key under which the new revision is made once."""

    head: str
    content: str
    wanted: str
    subject: str
    key: str
    takes_back: str = ""


class ReturnTo(Act[Revisions, P, BranchBefore]):
    """Makes the content that `chosen` returns the head's."""

    role = Revisions
    kept = BranchBefore
    tried_on = "an index of its own, in which the new content is made; a patch that does not fit changes nothing"

    @abstractmethod
    def chosen(self, branch: Revisions, params: P) -> Wanted:
        """Return the content to reach. Touch nothing."""

    def preview(self, branch: Revisions, params: P) -> Preview:
        """Name the paths that would change, the first twenty of them one by one."""
        wanted = self.chosen(branch, params)
        paths = branch.paths(branch.head().id, wanted.content)
        changes = [f"{wanted.subject}, as a new revision on top of {branch.head().id[:12]}"]
        changes += [f"change {printable(path)}" for path in paths[:_SHOWN]]
        if len(paths) > _SHOWN:
            changes.append(f"and {len(paths) - _SHOWN} more paths")
        # How many files there are in all is not asked, so the whole target counts as touched.
        return Preview(
            changes=tuple(changes), blast=BlastRadius(count=len(paths), unit="path", share=float(bool(paths)))
        )

    def snapshot(self, branch: Revisions, params: P) -> BranchBefore:
        """Keep the head."""
        wanted = self.chosen(branch, params)
        head = branch.head()
        return BranchBefore(
            head=head.id,
            content=head.content,
            wanted=wanted.content,
            subject=wanted.subject,
            key=uuid7().hex,
            takes_back=wanted.takes_back,
        )

    def apply(self, branch: Revisions, params: P, before: BranchBefore) -> Outcome:
        """Add the revision."""
        del params
        if before.wanted == before.content:
            return unchanged(f"the branch already has that content at {before.head[:12]}")
        made = branch.commit(before.wanted, before.subject, before.key, onto=before.head, takes_back=before.takes_back)
        return done(f"{before.subject}: the branch is at {made.id[:12]}", revision=made.id, earlier=before.head)

    def effect(self, branch: Revisions, params: P, before: BranchBefore) -> Effect:
        """Present when the head has the content, and the files of the repository are those of the head."""
        del params
        is_there = branch.head().content == before.wanted and not branch.changed_in_place()
        return Effect.PRESENT if is_there else Effect.ABSENT

    def restore(self, branch: Revisions, params: P, before: BranchBefore) -> Outcome:
        """Add a revision with the content of the snapshot, unless others have added revisions meanwhile."""
        del params
        branch.finish()
        head = branch.head()
        if head.content == before.content:
            return unchanged(f"the branch has its earlier content at {head.id[:12]}")
        added = branch.since(before.head)
        if head.content != before.wanted or len(added) != 1:
            raise ConflictError(
                f"the branch is at {head.id[:12]}, {len(added)} revisions after {before.head[:12]}; decide by hand"
            )
        subject = f"Take back: {before.subject}"
        made = branch.commit(before.content, subject, f"{before.key}b", onto=head.id)
        return done(f"the branch has its earlier content again at {made.id[:12]}", revision=made.id)

    def restored(self, branch: Revisions, params: P, before: BranchBefore) -> bool:
        """Return whether the head has its earlier content."""
        del params
        return branch.head().content == before.content
