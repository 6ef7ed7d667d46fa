"""Services of compose projects that ask to be targets through labels: `grace.compose-target: shop-workers`."""

from collections.abc import Mapping, Sequence

from grace_workers.discoveries._marks import sighting
from grace_workers.discoveries.discovery import Discovery, Look
from grace_workers.drivers._shared.docker_engine import EngineApi, EngineConnection
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetKind
from grace_workers.orchestration.discovery.sighting import Sighting

PREFIX = "grace.compose-"
_PROJECT, _SERVICE = "com.docker.compose.project", "com.docker.compose.service"
_ONEOFF = "com.docker.compose.oneoff"


class ComposeServices(EngineConnection):
    """Services whose containers, running or not, have the label `grace.compose-target`.

    Give it as one of the `labels` of the service in the compose file. A service also says `grace.compose-depends-on:
    a,b` and `grace.compose-label-team: shop`. It stays the same thing when its containers are made anew; if they
    differ, the newest says how it is declared. What `compose run` started is left out.
    """


def open_compose_services(said: ComposeServices) -> Look:
    """Return what lists the services on the engine. Raises ImportError when the client is not installed."""
    engine = EngineApi(said)

    def look() -> Sequence[Sighting]:
        labels = [f"{PREFIX}target", _PROJECT, _SERVICE, f"{_ONEOFF}=False"]
        with engine.asked("the services with the label grace.compose-target") as client:
            found = client.containers(all=True, filters={"label": labels})
        services: dict[str, Sighting] = {}
        for one in sorted(found, key=lambda one: int(one.get("Created") or 0), reverse=True):
            marks = one.get("Labels") or {}
            project, service = marks.get(_PROJECT, ""), marks.get(_SERVICE, "")
            identity = f"{project}/{service}"[:300]
            seen = sighting(marks, PREFIX, identity=identity, values={"project": project, "service": service})
            if seen is not None:
                services.setdefault(identity, seen)
        return list(services.values())

    return look


def connection(said: ComposeServices) -> Mapping[str, JsonValue]:
    """Return how such a service is reached: through the same engine."""
    own = {"certificates": str(said.certificates)} if said.certificates is not None else {}
    return {"project": "{project}", "service": "{service}", "engine": said.engine, **own}


EXAMPLE = """\
discoveries:
  - name: services
    kind: compose_services
    options: {engine: "unix:///var/run/docker.sock"}
    keep_labels: [team]
    connection:
      scale: {lowest: 1, highest: 6}
"""

DEFINITION = Discovery(
    name="compose_services",
    summary="Services of compose projects with the label `grace.compose-target`.",
    options=ComposeServices,
    open=open_compose_services,
    values=frozenset({"project", "service"}),
    kind=TargetKind("compose"),
    connection=connection,
    example=EXAMPLE,
    extra="docker",
)
