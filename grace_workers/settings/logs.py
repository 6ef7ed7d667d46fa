"""Log lines."""

from typing import Literal

from grace_workers.foundation.document import Document


class LogSettings(Document):
    """Logging of the node's processes; as JSON unless set otherwise, or the output is a terminal."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    json_lines: bool | None = None
