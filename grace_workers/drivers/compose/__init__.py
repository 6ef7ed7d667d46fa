"""A service of a compose project: its containers, and how many there are."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from grace_workers.actions import Driver, DriverContext, EnvironmentProof, Roles, Scalable, ServiceParts
from grace_workers.drivers._shared.docker_engine import EngineConnection
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetKind

ProjectName = Annotated[str, StringConstraints(max_length=200, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
ServiceName = Annotated[str, StringConstraints(max_length=200, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]*$")]
Containers = Annotated[int, Field(ge=1, le=1_000)]


class ContainerBounds(Document):
    """How many containers there may be."""

    lowest: Containers = Field(description="The fewest containers that Grace may ask for.")
    highest: Containers = Field(description="The most containers that Grace may ask for.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lowest > self.highest:
            raise ValueError(f"lowest {self.lowest} is above highest {self.highest}")
        return self


class ComposeConnection(EngineConnection):
    """A service that `docker compose` started on a Docker engine.

    Grace finds its containers by the labels that compose gives them, and needs neither the compose file nor the
    program. A further container is a copy of one that is there, of the same image, under the next number. The ones
    with the highest numbers are stopped and removed first; their volumes stay.
    """

    project: ProjectName = Field(description="The name of the compose project.")
    service: ServiceName = Field(description="The name of the service in the compose file.")
    scale: ContainerBounds | None = Field(default=None, description="How many containers there may be.")


def open_compose(said: ComposeConnection, context: DriverContext) -> Roles:
    """Return the containers of the service, and their number if bounds are declared."""
    from grace_workers.drivers._shared.docker_engine import EngineApi
    from grace_workers.drivers.compose.containers import ServiceContainers
    from grace_workers.drivers.compose.scale import ComposeScale

    del context
    engine = EngineApi(said)
    containers = ServiceContainers(engine, said.project, said.service)
    parts: ServiceParts = containers
    proof: EnvironmentProof = engine
    roles: dict[type, object] = {ServiceParts: parts, EnvironmentProof: proof}
    if said.scale is not None:
        scale: Scalable = ComposeScale(containers, said.scale.lowest, said.scale.highest)
        roles[Scalable] = scale
    return roles


EXAMPLE = """\
targets:
  - name: shop-workers
    kind: compose
    owner: internal
    connection:
      project: shop
      service: worker
      scale: {lowest: 1, highest: 6}
"""

DEFINITION = Driver(
    kind=TargetKind("compose"),
    connection=ComposeConnection,
    roles=(ServiceParts, EnvironmentProof),
    optional={Scalable: "scale"},
    open=open_compose,
    example=EXAMPLE,
    extra="docker",
)
