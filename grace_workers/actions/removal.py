"""What the primitives that remove files share: the stash is the snapshot, and putting back is unstashing."""

from collections.abc import Sequence

from grace_workers.actions.primitive import BlastRadius, Outcome, OutcomeStatus, Preview, Snapshot
from grace_workers.actions.roles.file_tree import FileEntry, FileTree
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import uuid7

_SHOWN = 20


class StashContent(Document):
    """The content of a snapshot whose bulk is in a tree's stash."""

    key: str
    files: int
    size: int
    stored: int
    digest: str


def preview_removal(tree: FileTree, chosen: Sequence[FileEntry]) -> Preview:
    """Name the files that would go, the first twenty of them one by one."""
    size = sum(entry.size for entry in chosen)
    changes = [f"remove {printable(entry.path)} ({entry.size} bytes)" for entry in chosen[:_SHOWN]]
    if len(chosen) > _SHOWN:
        changes.append(f"and {len(chosen) - _SHOWN} more files; {size} bytes in all")
    used = max(tree.usage().used, size)
    blast = BlastRadius(count=len(chosen), unit="file", share=size / used if used else 0.0)
    return Preview(changes=tuple(changes), blast=blast)


def stash_chosen(primitive: str, tree: FileTree, chosen: Sequence[FileEntry]) -> Snapshot:
    """Keep a copy of the files outside the tree, under a new key."""
    kept = tree.stash([entry.path for entry in chosen], uuid7().hex)
    content = StashContent(key=kept.key, files=kept.files, size=kept.size, stored=kept.stored, digest=kept.digest)
    return Snapshot(primitive=primitive, content=content.model_dump(mode="json"))


def remove_stashed(tree: FileTree, before: Snapshot) -> Outcome:
    """Remove the files of the stash that have not changed since."""
    removal = tree.remove(_key(before))
    changed = f"; {removal.kept} changed since and were left alone" if removal.kept else ""
    data = {"removed": removal.removed, "freed_bytes": removal.freed, "kept": removal.kept}
    if not removal.removed:
        return Outcome(status=OutcomeStatus.UNCHANGED, detail=f"no file to remove{changed}", data=data)
    detail = f"removed {removal.removed} files, {removal.freed} bytes{changed}"
    return Outcome(status=OutcomeStatus.DONE, detail=detail, data=data)


def put_back(tree: FileTree, before: Snapshot) -> Outcome:
    """Restore the stashed files whose places are free."""
    count = tree.unstash(_key(before))
    status = OutcomeStatus.DONE if count else OutcomeStatus.UNCHANGED
    return Outcome(status=status, detail=f"restored {count} files", data={"files": count})


def is_back(tree: FileTree, before: Snapshot) -> bool:
    """Return whether no file of the stash is missing; one that its owner has recreated counts as present."""
    return tree.present(_key(before)).missing == 0


def printable(path: str) -> str:
    """Return a path as valid text of one line, whatever bytes its name holds."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def _key(before: Snapshot) -> str:
    return StashContent.read(before.content, f"snapshot of {before.primitive}").key
