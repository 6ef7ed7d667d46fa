"""The option `safe_point`, which declares what of a target belongs to safe points."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from grace_workers.actions import DriverContext
from grace_workers.foundation.document import Document

Largest = Annotated[int, Field(gt=0, le=1 << 44)]
LARGEST = 1 << 30


class SafePoint(Document):
    """What belongs to safe points."""

    largest: Largest = Field(
        default=LARGEST,
        description="The most bytes that are kept of the target for one safe point; more is refused.",
        json_schema_extra={"unit": "bytes"},
    )


def parts_folder(context: DriverContext) -> Path:
    """Return where the parts of a target's safe points lie."""
    return context.data_dir / "safe_points" / context.target.name
