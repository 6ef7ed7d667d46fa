"""The packages of a Python environment on the machine of the node."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from grace_workers.actions import Driver, DriverContext, PackageName, Packages, Roles
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import FilePath, Timeout
from grace_workers.foundation.ids import TargetKind


class PythonConnection(Document):
    """A virtual environment of Python 3.8 or newer that has pip, and a folder of wheels to install from.

    No index is asked, so what is installed is what the folder holds, and a wheel is unpacked and not built. Packages
    that a package depends on are left alone.
    """

    interpreter: FilePath = Field(description="The environment's `bin/python`. Not the interpreter that runs Grace.")
    wheels: FilePath = Field(description="The folder of wheels.")
    packages: Annotated[tuple[PackageName, ...], Field(min_length=1, max_length=200)] = Field(
        description="The packages that may be installed. Grace sees no other."
    )
    patience: Timeout = Field(default=timedelta(minutes=5), description="How long an installation may take.")


def open_python(said: PythonConnection, context: DriverContext) -> Roles:
    """Return the packages of the environment."""
    from grace_workers.drivers.python.environment import Environment

    del context
    packages: Packages = Environment(said.interpreter, said.wheels, said.packages, said.patience)
    return {Packages: packages}


EXAMPLE = """\
targets:
  - name: shop-packages
    kind: python
    owner: internal
    connection:
      interpreter: /srv/shop/.venv/bin/python
      wheels: /srv/shop/wheels
      packages: [requests, jinja2]
"""

DEFINITION = Driver(
    kind=TargetKind("python"),
    connection=PythonConnection,
    roles=(Packages,),
    open=open_python,
    example=EXAMPLE,
)
