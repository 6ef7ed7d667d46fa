"""One container app: what Azure tells about it, and changes of its configuration."""

from collections.abc import Mapping, Sequence
from typing import Any

from grace_workers.drivers._shared.azure_api import AzureApi
from grace_workers.foundation.errors import PermanentError

_VERSION = "2024-03-01"
_ENDED = frozenset({"Succeeded", "Failed", "Canceled"})


class ContainerApp:
    """An app by its name."""

    def __init__(self, cloud: AzureApi, name: str) -> None:
        self.cloud = cloud
        self._name = name
        self._path = f"{cloud.group}/providers/Microsoft.App/containerApps/{name}"

    @property
    def words(self) -> str:
        """The app as sentences name it."""
        return f"container app {self._name!r}"

    def read(self) -> Mapping[str, Any]:
        """Return the app's properties. Raises NotFoundError."""
        found = self.cloud.ask("GET", self._path, _VERSION, what=self.words).body
        properties: Mapping[str, Any] = found["properties"]
        return properties

    def listed(self, below: str) -> Sequence[Mapping[str, Any]]:
        """Return a list of what belongs to the app. Raises NotFoundError."""
        return self.cloud.listed(f"{self._path}/{below}", _VERSION, what=self.words)

    def change(self, properties: Mapping[str, Any]) -> None:
        """Merge this into the app's properties, and wait until Azure has.

        Raises:
            ConflictError: Azure is changing the app already.
            PermanentError: it cannot do it.
        """
        self.cloud.ask("PATCH", self._path, _VERSION, {"properties": properties}, what=self.words)
        late = f"{self.words} is not changed"
        after = self.cloud.awaited(self.read, lambda one: one.get("provisioningState") in _ENDED, late)
        if after["provisioningState"] != "Succeeded":
            raise PermanentError(f"{self.words} failed to change: Azure says {after['provisioningState']}")

    def restart(self, revision: str, within: float) -> None:
        """Restart a revision; `within` is in seconds."""
        place = f"{self._path}/revisions/{revision}/restart"
        self.cloud.done(place, _VERSION, what=f"revision {revision}", within=within)
