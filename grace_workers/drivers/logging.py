"""Processes whose logging levels can be changed while they run."""

from datetime import timedelta

from pydantic import Field

from grace_workers.actions import Driver, DriverContext, LogLevels, Roles
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import FilePath, Timeout
from grace_workers.foundation.ids import TargetKind


class LoggingConnection(Document):
    """A running process whose logging levels can be changed, because it runs `grace_workers.LevelControl`."""

    control_file: FilePath = Field(description="The file that the process watches; it writes its answer beside it.")
    patience: Timeout = Field(default=timedelta(seconds=2), description="How long the process may take to answer.")


def open_logging(said: LoggingConnection, context: DriverContext) -> Roles:
    """Return the levels of the process."""
    from grace_workers.drivers._shared.control_file import ControlFile

    del context
    levels: LogLevels = ControlFile(said.control_file, patience=said.patience)
    return {LogLevels: levels}


EXAMPLE = """\
targets:
  - name: shop-logging
    kind: logging
    owner: internal
    connection:
      control_file: /run/shop/levels.json
    labels:
      logger: shop
"""

DEFINITION = Driver(
    kind=TargetKind("logging"),
    connection=LoggingConnection,
    roles=(LogLevels,),
    open=open_logging,
    example=EXAMPLE,
)
