"""Give logs that have grown too large another name, so that their service begins new ones."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from grace_workers.actions.act import Act
from grace_workers.actions.params import Patterns
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.removal import printable
from grace_workers.actions.roles.file_tree import FileEntry, FileTree
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document

_MOST = 1000


class RotateParams(Document):
    """Files that match `patterns` and have at least `at_least` bytes get the time of their last change as a suffix.

    The service writes on into the renamed file until it opens its log again, so reload it afterwards.
    """

    patterns: Patterns
    at_least: Annotated[int, Field(ge=1)]


class _Move(Document):
    path: str
    to: str


class _Content(Document):
    moves: tuple[_Move, ...]


class RotateLogs(Act[FileTree, RotateParams, _Content]):
    """Give logs that have grown too large another name, so that their service begins new ones."""

    role = FileTree
    params = RotateParams
    kept = _Content

    def preview(self, tree: FileTree, params: RotateParams) -> Preview:
        """Name the files and their new names."""
        chosen = _chosen(tree, params)
        changes = tuple(f"rename {printable(one.path)} ({one.size} bytes) to {printable(_name(one))}" for one in chosen)
        size, used = sum(one.size for one in chosen), tree.usage().used
        share = min(1.0, size / used) if used else 0.0
        return Preview(changes=changes, blast=BlastRadius(count=len(chosen), unit="file", share=share))

    def snapshot(self, tree: FileTree, params: RotateParams) -> _Content:
        """Keep which files get which names."""
        return _Content(moves=tuple(_Move(path=one.path, to=_name(one)) for one in _chosen(tree, params)))

    def apply(self, tree: FileTree, params: RotateParams, before: _Content) -> Outcome:
        """Rename those that are still there and have not been rotated by an earlier attempt."""
        del params
        there = _there(tree, before)
        left = [one for one in before.moves if one.to not in there]
        count = sum(tree.rename(one.path, one.to) for one in left)
        return (done if count else unchanged)(f"rotated {count} logs", rotated=count)

    def effect(self, tree: FileTree, params: RotateParams, before: _Content) -> Effect:
        """Present when every file has its new name."""
        del params
        there = _there(tree, before)
        return Effect.PRESENT if all(one.to in there for one in before.moves) else Effect.ABSENT

    def restore(self, tree: FileTree, params: RotateParams, before: _Content) -> Outcome:
        """Give the files their names back where no new file has taken them."""
        del params
        there = _there(tree, before)
        count = sum(tree.rename(one.to, one.path) for one in before.moves if one.path not in there)
        return (done if count else unchanged)(f"gave {count} logs their names back", restored=count)

    def restored(self, tree: FileTree, params: RotateParams, before: _Content) -> bool:
        """Return whether every log is there under its name: the old one, or one that its service has begun since."""
        del params
        there = _there(tree, before)
        return all(one.path in there for one in before.moves)


def _chosen(tree: FileTree, params: RotateParams) -> Sequence[FileEntry]:
    return [one for one in tree.find(params.patterns) if one.size >= params.at_least][:_MOST]


def _name(entry: FileEntry) -> str:
    return f"{entry.path}.{entry.modified_at:%Y%m%dT%H%M%S}"


def _there(tree: FileTree, before: _Content) -> set[str]:
    return {one.path for one in tree.find(["**"])} & {name for one in before.moves for name in (one.path, one.to)}


DEFINITION = RotateLogs().primitive(
    "rotate_logs",
    "Give logs that have grown too large another name, so that their service begins new ones.",
    aspect=Aspect.PERFORMANCE,
    risk=0.15,
    worst=BlastRadius(count=_MOST, unit="file", share=1.0),
)
