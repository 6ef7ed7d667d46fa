"""A container engine as its official client reaches it, with its errors translated into ours."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from grace_workers.actions import EnvironmentProof
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, GraceError, NotFoundError, PermanentError, TransientError
from grace_workers.foundation.field_types import FilePath, Timeout

# What Docker accepts as a name: no option, no path and no template can be one.
ContainerName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,252}$")]
EngineAddress = Annotated[
    str, StringConstraints(max_length=400, pattern=r"^(unix:///[^\s\x00]+|(tcp|https?)://[A-Za-z0-9._\[\]:-]+)$")
]

_LONGEST = 200
_BROKEN = 500
_REMEDIES = {401: "correct the login", 403: "allow it to Grace's user", 501: "the engine cannot do it as configured"}
_KINDS: Mapping[int, type[GraceError]] = {
    404: NotFoundError,
    408: TransientError,
    409: ConflictError,
    429: TransientError,
}


class EngineConnection(Document):
    """How an engine is reached."""

    engine: EngineAddress = Field(
        default="unix:///var/run/docker.sock",
        description="The engine's address: `unix:///var/run/docker.sock`, or `tcp://host:2376` with `certificates`.",
    )
    certificates: FilePath | None = Field(
        default=None, description="The folder with `ca.pem`, `cert.pem` and `key.pem`, if the engine asks for TLS."
    )
    patience: Timeout = Field(default=timedelta(seconds=30), description="How long the engine may take to answer.")


class EngineApi(EnvironmentProof):
    """One engine. Each use opens a connection of its own."""

    def __init__(self, said: EngineConnection) -> None:
        """Raises ImportError when the client is not installed."""
        if find_spec("docker") is None:
            raise ModuleNotFoundError("No module named 'docker'")
        self._address = said.engine
        self._certificates = said.certificates
        self._version = "auto"
        self.patience = said.patience

    def environment(self) -> str:
        """Return the engine's own id, which it makes when it first starts and keeps."""
        with self.asked("the engine's identity") as client:
            found = str(client.info().get("ID") or "")
        if not found.strip():
            raise PermanentError("the engine tells no id, so it cannot prove which one it is")
        return f"docker:{found}"

    @contextmanager
    def asked(self, what: str, patience: timedelta = timedelta()) -> Iterator[Any]:
        """Yield a client whose calls may take `patience` longer than usual; an error names `what` it was asked for.

        Raises:
            TransientError: the engine cannot be reached, is too busy or fails.
            NotFoundError: there is no such object.
            ConflictError: the object is not as expected any more.
            PermanentError: it refuses the login or the right, or cannot do it.
        """
        from docker.errors import APIError, DockerException
        from requests.exceptions import RequestException

        try:
            with closing(self._client(patience)) as client:
                yield client
        except APIError as error:
            raise _translated(what, error) from error
        except (DockerException, RequestException, OSError) as error:
            if "Permission denied" in str(error):
                remedy = "add Grace's user to the group of the socket"
                raise PermanentError(f"{what}: {self._address} refuses Grace's user; {remedy}") from error
            raise TransientError(f"{what}: {self._address} cannot be reached ({type(error).__name__})") from error

    def _client(self, patience: timedelta) -> Any:
        from docker.api.client import APIClient

        seconds = (self.patience + patience).total_seconds()
        client = APIClient(self._address, version=self._version, timeout=seconds, tls=self._tls())
        client.trust_env = False
        self._version = client.api_version
        return client

    def _tls(self) -> Any:
        from docker.errors import TLSParameterError
        from docker.tls import TLSConfig

        if self._certificates is None:
            return False
        place = self._certificates
        own = (str(place / "cert.pem"), str(place / "key.pem"))
        try:
            return TLSConfig(client_cert=own, ca_cert=str(place / "ca.pem"), verify=True)
        except TLSParameterError as error:
            wanted = "`ca.pem`, `cert.pem` and `key.pem`"
            raise PermanentError(f"certificates {str(Path(place))!r} cannot be used; it needs {wanted}") from error


def _translated(what: str, error: Any) -> GraceError:
    status = error.status_code or 0
    words = f"{what}: the engine answers {status}: {str(error.explanation or error.response.reason)[:_LONGEST]}"
    if status in _REMEDIES:
        return PermanentError(f"{words}; {_REMEDIES[status]}")
    if status in _KINDS:
        return _KINDS[status](words)
    return TransientError(words) if not status or status >= _BROKEN else PermanentError(words)
