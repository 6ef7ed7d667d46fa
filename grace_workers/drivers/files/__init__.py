"""Directory trees."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from grace_workers.actions import (
    CopyPlace,
    Driver,
    DriverContext,
    FileTree,
    Patterns,
    Roles,
    SafePoints,
    declared_place,
)
from grace_workers.drivers._shared.safe_point import SafePoint
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import FilePath
from grace_workers.foundation.ids import TargetKind


class SafeFiles(SafePoint):
    """Which files belong to safe points."""

    patterns: Patterns = Field(
        default=("**",), description="Globs below the root. A restore removes files that match and are new since."
    )


class FilesConnection(Document):
    """A directory tree, whose usage is watched and whose old files are removed."""

    root: FilePath = Field(description="The directory. Nothing outside it is touched.")
    quota: Annotated[int, Field(gt=0)] | None = Field(
        default=None,
        description="How many bytes the tree may hold. Default: the size of its file system.",
        json_schema_extra={"unit": "bytes"},
    )
    stash: FilePath | None = Field(
        default=None,
        description="Where copies of removed files are kept, outside the tree and not in the folder of another "
        "target's copies. Default: `stash/<target>` in the data directory.",
    )
    safe_point: SafeFiles | None = Field(default=None, description="Which files belong to safe points.")
    keep_stashes: Annotated[timedelta, Field(ge=timedelta(hours=1))] = Field(
        default=timedelta(days=7), description="How long those copies are kept."
    )


def open_files(said: FilesConnection, context: DriverContext) -> Roles:
    """Return the tree. Raises InputError when stash and tree overlap, or copies in a folder would be removed."""
    from grace_workers.drivers.files.tree import DirectoryTree

    target, data_dir = context.target.name, context.data_dir
    stash = CopyPlace.FILES.of(target, data_dir) if said.stash is None else declared_place(said.stash, target, data_dir)
    tree: FileTree = DirectoryTree(said.root, stash, quota=said.quota, keep_stashes=said.keep_stashes)
    if said.safe_point is None:
        return {FileTree: tree}
    from grace_workers.drivers._shared.kept_parts import part_room
    from grace_workers.drivers.files.safe_points import TreeParts

    kept = said.safe_point
    where = f"tree {said.root.resolve()}"
    room = part_room(context, kept, scope=kept.patterns, unit="file", of=lambda: where)
    parts: SafePoints = TreeParts(said.root, kept.patterns, room)
    return {FileTree: tree, SafePoints: parts}


EXAMPLE = """\
targets:
  - name: shop-logs
    kind: files
    owner: internal
    connection:
      root: /var/log/shop
      quota: 5_000_000_000
      keep_stashes: P3D
      safe_point:
        patterns: ["conf/**"]
"""

DEFINITION = Driver(
    kind=TargetKind("files"),
    connection=FilesConnection,
    roles=(FileTree,),
    optional={SafePoints: "safe_point"},
    open=open_files,
    example=EXAMPLE,
)
