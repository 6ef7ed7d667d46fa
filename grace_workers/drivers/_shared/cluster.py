"""A cluster as its official client reaches it, with its errors translated into ours.

The client is imported when a target is opened, because urllib3, below it, binds a socket when it is imported.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from yaml import YAMLError

from grace_workers.foundation.errors import ConflictError, GraceError, NotFoundError, PermanentError, TransientError

_LONGEST = 200
_BROKEN = 500
_REMEDIES = {401: "correct the login of the kubeconfig", 403: "grant Grace's user that right"}
_KINDS: Mapping[int, type[GraceError]] = {
    404: NotFoundError,
    408: TransientError,
    409: ConflictError,
    429: TransientError,
}


class KubernetesApi:
    """The cluster of a kubeconfig, or the one that Grace runs in. Each use opens a connection of its own."""

    def __init__(self, kubeconfig: Path | None, context: str | None, patience: timedelta) -> None:
        """Raises ImportError when the client is not installed."""
        import kubernetes  # noqa: F401 - a missing extra shows when the target is opened

        self._kubeconfig = kubeconfig
        self._context = context
        self.patience = patience.total_seconds()

    @contextmanager
    def asked(self, what: str) -> Iterator[tuple[Any, Any]]:
        """Yield the two parts of the API that are used most; an error names `what` they were asked for.

        Raises what `reached` does.
        """
        from kubernetes.client import AppsV1Api, CoreV1Api

        with self.reached(what) as client:
            yield CoreV1Api(client), AppsV1Api(client)

    @contextmanager
    def reached(self, what: str) -> Iterator[Any]:
        """Yield the client itself; an error names `what` it was asked for.

        Raises:
            TransientError: the cluster cannot be reached, is too busy or fails.
            NotFoundError: there is no such object.
            ConflictError: the object is not as expected any more.
            PermanentError: it refuses the login or the right, or the kubeconfig cannot be used.
        """
        from kubernetes.client import ApiClient
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        try:
            with ApiClient(self._configuration()) as client:
                yield client
        except ApiException as error:
            raise _translated(what, error) from error
        except (HTTPError, OSError) as error:
            raise TransientError(f"{what}: the cluster cannot be reached ({type(error).__name__})") from error

    def identity(self) -> str:
        """Return the id of the namespace `kube-system`, which a cluster keeps for life. Raises what `reached` does."""
        with self.asked("the cluster's identity") as (core, _):
            return str(core.read_namespace("kube-system", _request_timeout=self.patience).metadata.uid)

    def _configuration(self) -> Any:
        from kubernetes.client.configuration import Configuration
        from kubernetes.config import ConfigException, load_incluster_config, load_kube_config

        made = Configuration()
        try:
            if self._kubeconfig is None:
                load_incluster_config(client_configuration=made)
            else:
                load_kube_config(str(self._kubeconfig), context=self._context, client_configuration=made)
        except (ConfigException, YAMLError, OSError, ValueError, TypeError) as error:
            # The messages of a loader may quote what stands in the file, and that may be a token.
            where = "the pod's service account" if self._kubeconfig is None else f"kubeconfig {str(self._kubeconfig)!r}"
            raise PermanentError(f"{where} cannot be used ({type(error).__name__}); correct it") from None
        # The guard in front of every role decides when to retry.
        made.retries = False
        # Fields that this release of the client requires may be missing from what another release of a cluster sends.
        made.client_side_validation = False
        return made


def _translated(what: str, error: Any) -> GraceError:
    words = f"{what}: the cluster answers {error.status}: {_said(error)}"
    if error.status in _REMEDIES:
        return PermanentError(f"{words}; {_REMEDIES[error.status]}")
    if error.status in _KINDS:
        return _KINDS[error.status](words)
    return TransientError(words) if not error.status or error.status >= _BROKEN else PermanentError(words)


def _said(error: Any) -> str:
    """Return the message of a `Status`, or the reason of an answer that is none."""
    try:
        told: Any = json.loads(error.body or "")
        return str(told["message"])[:_LONGEST]
    except (ValueError, KeyError, TypeError):
        return str(error.reason)[:_LONGEST]
