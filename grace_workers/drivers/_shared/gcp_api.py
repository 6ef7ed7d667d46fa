"""Google Cloud's REST APIs: its official library for the login, and our own words for failures."""

import os
import threading
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, TypeVar

from grace_workers.actions import EnvironmentProof
from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.drivers._shared.gcp_connection import GcpConnection
from grace_workers.drivers._shared.rest import RestApi
from grace_workers.foundation.errors import PermanentError, TransientError

T = TypeVar("T")

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class GcpApi(EnvironmentProof):
    """One project. Each service of Google has an address of its own."""

    def __init__(self, said: GcpConnection) -> None:
        """Raises ImportError when the library for the login is not installed."""
        if find_spec("google") is None or find_spec("google.auth") is None:
            raise ModuleNotFoundError("No module named 'google.auth'")
        self._said = said
        self._login: tuple[int, Any] | None = None
        self._alone = threading.Lock()
        self.project = said.project
        self.patience = said.patience.total_seconds()

    def environment(self) -> str:
        """Return the project's number, which no other project ever gets."""
        what = f"project {self.project!r}"
        told = self.service("cloudresourcemanager").ask("GET", f"/v1/projects/{self.project}", what=what).body
        number = str((told or {}).get("projectNumber") or "")
        if not number:
            raise PermanentError(f"{what} tells no number, so it cannot prove which one it is")
        return f"gcp:{number}"

    def service(self, name: str) -> RestApi:
        """Return the API of a service, such as `compute`."""
        return RestApi("Google", self._said.endpoint or f"https://{name}.googleapis.com", self._headers)

    def awaited(self, look: Callable[[], T], seen: Callable[[T], bool], what: str) -> T:
        """Look until it is seen. Raises TransientError when it is not within the connection's patience."""
        late = f"{what} {self.patience:g} s after Google accepted the request; it may still come"
        return awaited(look, seen, late, within=self.patience)

    def _headers(self) -> Mapping[str, str]:
        from google.auth import exceptions as raised
        from google.auth.transport.requests import Request

        try:
            with self._alone:
                login = self._credentials()
                if not login.valid:
                    login.refresh(Request())
                return {"Authorization": f"Bearer {login.token}"}
        except raised.TransportError as error:
            raise TransientError(f"the login of Google cannot be reached ({type(error).__name__})") from None
        except (raised.GoogleAuthError, OSError, ValueError) as error:
            if getattr(error, "retryable", False):
                raise TransientError(f"no login is given by Google now ({type(error).__name__})") from None
            # The messages may quote what stands in the file, and that may be a key.
            remedy = "correct `credentials_file` or the login of Grace's machine"
            raise PermanentError(f"no login for Google can be used ({type(error).__name__}); {remedy}") from None

    def _credentials(self) -> Any:
        # A forked child must not share what its parent refreshes.
        if self._login is None or self._login[0] != os.getpid():
            self._login = os.getpid(), self._read()
        return self._login[1]

    def _read(self) -> Any:
        import google.auth
        from google.oauth2 import service_account

        if self._said.credentials_file is not None:
            file = str(self._said.credentials_file)
            return service_account.Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
                file, scopes=[_SCOPE]
            )
        return google.auth.default(scopes=[_SCOPE])[0]
