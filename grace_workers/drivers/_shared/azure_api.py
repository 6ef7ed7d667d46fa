"""Azure Resource Manager's REST API: Azure's official library for the login, and our own words for failures."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, TypeVar

from grace_workers.actions import EnvironmentProof
from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.drivers._shared.azure_connection import AzureConnection
from grace_workers.drivers._shared.rest import RestAnswer, RestApi, pages
from grace_workers.foundation.errors import PermanentError, TransientError

T = TypeVar("T")

_SUBSCRIPTION_VERSION = "2022-12-01"
_ENDED = frozenset({"Succeeded", "Failed", "Canceled"})


class AzureApi(EnvironmentProof):
    """One resource group of one subscription."""

    def __init__(self, said: AzureConnection) -> None:
        """Raises ImportError when the library for the login is not installed."""
        if find_spec("azure") is None or find_spec("azure.identity") is None:
            raise ModuleNotFoundError("No module named 'azure.identity'")
        self._said = said
        self._login: tuple[int, Any] | None = None
        self._alone = threading.Lock()
        self._rest = RestApi("Azure", said.endpoint, self._headers)
        self.patience = said.patience.total_seconds()
        self.subscription = f"/subscriptions/{said.subscription}"
        self.group = f"{self.subscription}/resourceGroups/{said.resource_group}"

    def environment(self) -> str:
        """Return the tenant and the subscription."""
        what = f"subscription {self._said.subscription}"
        told = self.ask("GET", self.subscription, _SUBSCRIPTION_VERSION, what=what).body or {}
        if not told.get("tenantId") or not told.get("subscriptionId"):
            raise PermanentError(f"{what} tells no tenant, so it cannot prove which one it is")
        return f"azure:{told['tenantId']}/{told['subscriptionId']}"

    def ask(
        self,
        method: str,
        path: str,
        version: str,
        body: Any = None,
        *,
        what: str,
        etag: str | None = None,
        **query: str,
    ) -> RestAnswer:
        """Return the answer to a request in a version of the API. Raises as `RestApi.ask`."""
        headers = {} if etag is None else {"If-Match": etag}
        asked = {"api-version": version, **{f"${name}": value for name, value in query.items()}}
        return self._rest.ask(method, path, body, what=what, query=asked, headers=headers)

    def listed(self, path: str, version: str, *, what: str, **query: str) -> Sequence[Mapping[str, Any]]:
        """Return all pages of a list. Raises as `RestApi.ask`."""

        def following(page: Mapping[str, Any]) -> Mapping[str, Any] | None:
            more = page.get("nextLink")
            return (
                None if not more else self._rest.ask("GET", self._rest.path_of(str(more), what), what=what).body or {}
            )

        first = self.ask("GET", path, version, what=what, **query).body or {}
        return [one for page in pages(first, following, what) for one in page.get("value") or []]

    def done(self, path: str, version: str, body: Any = None, *, what: str, within: float | None = None) -> None:
        """Let Azure do what a POST to the path means, and wait until it is done; `within` is in seconds.

        Raises:
            PermanentError: it failed.
            TransientError: it was not done in time.
        """
        answer = self.ask("POST", path, version, body, what=what)
        if answer.followed_at is None:
            return
        place, seconds = self._rest.path_of(answer.followed_at, what), self.patience if within is None else within
        late = f"{what}: Azure has not done it within {seconds:g} s; it may still come"
        ended = awaited(lambda: self._operation(place, what), lambda one: one["status"] in _ENDED, late, within=seconds)
        if ended["status"] != "Succeeded":
            why = ended.get("error") or {}
            words = f"{what}: Azure says {ended['status']}: {why.get('code') or ''} {why.get('message') or ''}"
            raise PermanentError(words.strip()[:400])

    def awaited(self, look: Callable[[], T], seen: Callable[[T], bool], what: str) -> T:
        """Look until it is seen. Raises TransientError when it is not within the connection's patience."""
        late = f"{what} {self.patience:g} s after Azure accepted the request; it may still come"
        return awaited(look, seen, late, within=self.patience)

    def _operation(self, place: str, what: str) -> Mapping[str, Any]:
        """Return how far the work is."""
        told = self._rest.ask("GET", place, what=what).body
        return told if isinstance(told, dict) and told.get("status") else {"status": "Running"}

    def _headers(self) -> Mapping[str, str]:
        from azure.core import exceptions as raised

        try:
            with self._alone:
                token = self._credential().get_token(f"{self._said.endpoint}/.default").token
        except (raised.ServiceRequestError, raised.ServiceResponseError) as error:
            raise TransientError(f"the login of Azure cannot be reached ({type(error).__name__})") from None
        except (raised.AzureError, ValueError) as error:
            # The messages may quote parts of the login.
            remedy = "correct `login`, or the identity of Grace's machine"
            raise PermanentError(f"no login for Azure can be used ({type(error).__name__}); {remedy}") from None
        return {"Authorization": f"Bearer {token}"}

    def _credential(self) -> Any:
        # A forked child must not share the connections of its parent.
        if self._login is None or self._login[0] != os.getpid():
            self._login = os.getpid(), self._made()
        return self._login[1]

    def _made(self) -> Any:
        from azure.identity import ClientSecretCredential, DefaultAzureCredential

        if (login := self._said.login) is not None:
            secret = login.secret.reveal("the secret of `login`")
            return ClientSecretCredential(login.tenant, login.client, secret)
        # Logins of persons on this machine are not Grace's.
        of_persons = (
            "cli",
            "developer_cli",
            "powershell",
            "shared_token_cache",
            "visual_studio_code",
            "interactive_browser",
        )
        return DefaultAzureCredential(**{f"exclude_{one}_credential": True for one in of_persons})
