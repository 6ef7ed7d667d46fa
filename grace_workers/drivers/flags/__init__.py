"""Feature flags in a flagd file."""

from pydantic import Field

from grace_workers.actions import Driver, DriverContext, FlagStore, Roles, SafePoints
from grace_workers.drivers._shared.safe_point import SafePoint
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import FilePath
from grace_workers.foundation.ids import TargetKind


class FlagsConnection(Document):
    """Feature flags in a flagd file, which OpenFeature clients read with the flagd provider."""

    file: FilePath = Field(description="The JSON file of flags. If it is a link, the file it points to is replaced.")
    safe_point: SafePoint = Field(default=SafePoint(), description="How parts of safe points are kept.")


def open_flags(said: FlagsConnection, context: DriverContext) -> Roles:
    """Return the flags of the file."""
    from grace_workers.drivers._shared.kept_parts import part_room
    from grace_workers.drivers.flags.flagd import FlagdFile
    from grace_workers.drivers.flags.safe_points import NAME, FlagParts

    flags: FlagStore = FlagdFile(said.file)
    where = f"file {said.file.resolve()}"
    room = part_room(context, said.safe_point, scope=(NAME,), unit="file", of=lambda: where)
    parts: SafePoints = FlagParts(said.file, room)
    return {FlagStore: flags, SafePoints: parts}


EXAMPLE = """\
targets:
  - name: shop-flags
    kind: flags
    owner: internal
    connection:
      file: /etc/shop/flags.json
"""

DEFINITION = Driver(
    kind=TargetKind("flags"),
    connection=FlagsConnection,
    roles=(FlagStore, SafePoints),
    open=open_flags,
    example=EXAMPLE,
)
