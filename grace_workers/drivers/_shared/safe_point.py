"""The option `safe_point`, which declares what of a target belongs to safe points, and how its parts are kept."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import FilePath

LARGEST = 1 << 30


class SafePoint(Document):
    """What belongs to safe points."""

    largest: Annotated[int, Field(gt=0, le=1 << 44)] = Field(
        default=LARGEST,
        description="The most bytes that are kept of the target for one safe point; more is refused.",
        json_schema_extra={"unit": "bytes"},
    )
    # A month: what is older would take back a month of work, and daily points of a large target fill a disk.
    keep: Annotated[timedelta, Field(ge=timedelta(hours=1), le=timedelta(days=3650))] = Field(
        default=timedelta(days=30),
        description="How long a part is kept. When a new part of the target is kept, those that are older are removed.",
    )
    folder: FilePath | None = Field(
        default=None,
        description="Where parts are kept, in a folder of their own, outside those of the data directory. Nodes that "
        "heal the target must share it if there are several. Default: `safe_points` in the data directory of the node.",
    )
