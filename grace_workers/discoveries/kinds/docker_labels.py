"""Containers that ask to be targets through labels: `grace.target: shop-web`."""

from collections.abc import Mapping, Sequence

from grace_workers.discoveries._marks import sighting
from grace_workers.discoveries.discovery import Discovery, Look
from grace_workers.drivers._shared.docker_engine import EngineApi, EngineConnection
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetKind
from grace_workers.orchestration.discovery.sighting import Sighting

PREFIX = "grace."


class DockerLabels(EngineConnection):
    """Containers with the label `grace.target`, running or not.

    A container also says `grace.depends-on: a,b` and `grace.label-team: shop`. A container that was made anew is
    another thing of the same name.
    """


def open_docker_labels(said: DockerLabels) -> Look:
    """Return what lists the containers of the engine. Raises ImportError when the client is not installed."""
    engine = EngineApi(said)

    def look() -> Sequence[Sighting]:
        with engine.asked("the containers with the label grace.target") as client:
            found = client.containers(all=True, filters={"label": f"{PREFIX}target"})
        seen = [
            sighting(
                one.get("Labels") or {},
                PREFIX,
                identity=str(one["Id"])[:12],
                values={"container": str((one.get("Names") or [""])[0]).lstrip("/")},
            )
            for one in found
        ]
        return [one for one in seen if one is not None]

    return look


def connection(said: DockerLabels) -> Mapping[str, JsonValue]:
    """Return how such a container is reached: through the same engine."""
    own = {"certificates": str(said.certificates)} if said.certificates is not None else {}
    return {"container": "{container}", "engine": said.engine, **own}


EXAMPLE = """\
discoveries:
  - name: containers
    kind: docker_labels
    options: {engine: "unix:///var/run/docker.sock"}
    keep_labels: [service]
    labels: {team: shop}
"""

DEFINITION = Discovery(
    name="docker_labels",
    summary="Containers with the label `grace.target`.",
    options=DockerLabels,
    open=open_docker_labels,
    values=frozenset({"container"}),
    kind=TargetKind("docker"),
    connection=connection,
    example=EXAMPLE,
    extra="docker",
)
