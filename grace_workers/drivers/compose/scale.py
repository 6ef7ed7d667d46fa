"""The number of containers of a compose service, changed over the engine alone."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from grace_workers.actions import Scalable, Scale
from grace_workers.drivers._shared import container as told
from grace_workers.drivers.compose.containers import NUMBER, ServiceContainers, number_of
from grace_workers.foundation.errors import ConflictError, NotFoundError

_GRACE = timedelta(seconds=10)
_SHORT_ID = 12


class ComposeScale(Scalable):
    """The containers of one service, within bounds. As compose does, the highest numbers go first."""

    def __init__(self, service: ServiceContainers, lowest: int, highest: int) -> None:
        self._service = service
        self._lowest, self._highest = lowest, highest

    def scale(self) -> Scale:
        found = self._service.read()
        ready = sum(map(told.healthy, found))
        return Scale(wanted=len(found), ready=ready, lowest=self._lowest, highest=self._highest)

    def scale_to(self, count: int) -> Scale:
        """Add or remove containers one by one. A further one needs one that is there, whose copy it is."""
        found = list(self._service.read())
        for one in reversed(found[count:]):
            self._remove(one)
        for _ in range(count - len(found)):
            found.append(self._added(found))
        return self.scale()

    def _remove(self, found: Mapping[str, Any]) -> None:
        # Another may have removed it since.
        with suppress(NotFoundError), self._service.engine.asked(_words(found), patience=_GRACE) as client:
            client.stop(found["Id"], timeout=round(_GRACE.total_seconds()))
            client.remove_container(found["Id"], v=False, force=False)

    def _added(self, found: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        if not found:
            raise ConflictError(f"{self._service.words} has no container to copy; start it with `docker compose up`")
        model = next((one for one in found if told.healthy(one)), found[0])
        taken = {number_of(one) for one in found}
        number = next(one for one in range(1, len(taken) + 2) if one not in taken)
        name = self._service.named(number)
        with self._service.engine.asked(f"container {name!r}") as client:
            networks = _networks(model)
            # Older engines take one network when they make a container, and the others afterwards.
            config = _config(model, number) | {"NetworkingConfig": {"EndpointsConfig": dict(networks[:1])}}
            made = client.create_container_from_config(config, name)["Id"]
            try:
                for network, endpoint in networks[1:]:
                    client.connect_container_to_network(made, network, aliases=endpoint["Aliases"])
                client.start(made)
                new: Mapping[str, Any] = client.inspect_container(made)
            except BaseException:
                # What does not start, because its port is taken for example, must not count as a container.
                client.remove_container(made, force=True)
                raise
        return new


def _config(model: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return how to make a copy: everything but the name, the number and what one container alone can have."""
    config = dict(model["Config"])
    if config.get("Hostname") == model["Id"][:_SHORT_ID]:
        del config["Hostname"]
    config.pop("MacAddress", None)
    # The very image, because its name may mean another one by now.
    return config | {
        "Image": model["Image"],
        "Labels": (config.get("Labels") or {}) | {NUMBER: str(number)},
        "HostConfig": {key: value for key, value in model["HostConfig"].items() if key != "ContainerIDFile"},
    }


def _networks(model: Mapping[str, Any]) -> Sequence[tuple[str, dict[str, Any]]]:
    """Return its networks, with the names that are not its own in them; a fixed address is its own too."""
    own = {model["Id"][:_SHORT_ID], told.name_of(model)}
    found = model["NetworkSettings"].get("Networks") or {}
    return [
        (network, {"Aliases": [one for one in endpoint.get("Aliases") or () if one not in own]})
        for network, endpoint in found.items()
    ]


def _words(found: Mapping[str, Any]) -> str:
    return f"container {told.name_of(found)!r}"
