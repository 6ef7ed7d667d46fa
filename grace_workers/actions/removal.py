"""`FileRemoval`: what primitives that remove files share; the stash is the snapshot, and a restore unstashes it."""

from abc import abstractmethod
from collections.abc import Sequence

from grace_workers.actions.act import Act, P
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.file_tree import FileEntry, FileTree
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import uuid7

_SHOWN = 20

ANY_FILES = BlastRadius(count=10_000_000, unit="file", share=1.0)
"""The most that patterns can select: the whole tree."""


class StashContent(Document):
    """The content of a snapshot whose bulk is in a tree's stash."""

    key: str
    files: int
    size: int
    stored: int
    digest: str


class FileRemoval(Act[FileTree, P, StashContent]):
    """Removes the files that `chosen` returns."""

    role = FileTree
    kept = StashContent

    @abstractmethod
    def chosen(self, tree: FileTree, params: P) -> Sequence[FileEntry]:
        """Return the files to remove."""

    def preview(self, tree: FileTree, params: P) -> Preview:
        """Name the files to be removed, the first twenty of them one by one."""
        return preview_removal(tree, self.chosen(tree, params))

    def snapshot(self, tree: FileTree, params: P) -> StashContent:
        """Stash a copy of the files outside the tree, under a new key."""
        kept = tree.stash([entry.path for entry in self.chosen(tree, params)], uuid7().hex)
        return StashContent(key=kept.key, files=kept.files, size=kept.size, stored=kept.stored, digest=kept.digest)

    def apply(self, tree: FileTree, params: P, before: StashContent) -> Outcome:
        """Remove the files of the stash that have not changed since."""
        del params
        removal = tree.remove(before.key)
        changed = f"; {removal.kept} changed since or are written to, and were left alone" if removal.kept else ""
        figures = {"removed": removal.removed, "freed_bytes": removal.freed, "kept": removal.kept}
        if not removal.removed:
            return unchanged(f"no file to remove{changed}", **figures)
        return done(f"removed {removal.removed} files, {removal.freed} bytes{changed}", **figures)

    def restore(self, tree: FileTree, params: P, before: StashContent) -> Outcome:
        """Restore the stashed files whose paths are free."""
        del params
        count = tree.unstash(before.key)
        return (done if count else unchanged)(f"restored {count} files", files=count)

    def restored(self, tree: FileTree, params: P, before: StashContent) -> bool:
        """Return whether no file of the stash is missing; one that its owner has recreated counts as present."""
        del params
        return tree.present(before.key).missing == 0


def preview_removal(tree: FileTree, chosen: Sequence[FileEntry]) -> Preview:
    """Name the files to be removed, the first twenty of them one by one."""
    size = sum(entry.size for entry in chosen)
    changes = [f"remove {printable(entry.path)} ({entry.size} bytes)" for entry in chosen[:_SHOWN]]
    if len(chosen) > _SHOWN:
        changes.append(f"and {len(chosen) - _SHOWN} more files; {size} bytes in all")
    used = max(tree.usage().used, size)
    blast = BlastRadius(count=len(chosen), unit="file", share=size / used if used else 0.0)
    return Preview(changes=tuple(changes), blast=blast)


def printable(path: str) -> str:
    """Return a path as valid text of one line, whatever bytes its name contains."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
