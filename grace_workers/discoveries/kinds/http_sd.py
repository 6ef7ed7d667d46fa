"""An address that returns target groups, as Prometheus' `http_sd_configs` reads them."""

import json
from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus

from pydantic import Field

from grace_workers.discoveries._groups import VALUES, GroupOptions, sightings
from grace_workers.discoveries.discovery import Discovery, Look
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import PermanentError, TransientError
from grace_workers.foundation.field_types import OneLine, Timeout
from grace_workers.foundation.secret import Secret
from grace_workers.orchestration.discovery.sighting import Sighting

_MOST = 4 << 20


class HttpSd(GroupOptions):
    """An address that answers with `[{"targets": ["10.0.0.1:8080"], "labels": {"service": "shop"}}]`.

    No redirect is followed, and no proxy of the environment is used.
    """

    url: OneLine = Field(pattern=r"^https?://", description="The address.")
    token: Secret | None = Field(default=None, description="A bearer token: `{env: NAME}` or `{file: PATH}`.")
    patience: Timeout = Field(default=timedelta(seconds=10), description="How long it may take to answer.")


def open_http_sd(said: HttpSd) -> Look:
    """Return what asks the address."""

    def look() -> Sequence[Sighting]:
        return sightings(_asked(said), said, f"the answer of {said.url}")

    return look


def _asked(said: HttpSd) -> JsonValue:
    import httpx

    token = said.token.reveal("token of the discovery") if said.token is not None else None
    headers = {"Accept": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    patience = said.patience.total_seconds()
    try:
        with (
            httpx.Client(trust_env=False, timeout=patience, follow_redirects=False) as client,
            client.stream("GET", said.url, headers=headers) as answer,
        ):
            if answer.status_code != HTTPStatus.OK:
                raise TransientError(f"{said.url} answers {answer.status_code}; it should answer 200")
            body = bytearray()
            for part in answer.iter_bytes():
                body += part
                if len(body) > _MOST:
                    raise PermanentError(f"{said.url} answers with more than {_MOST >> 20} MiB")
    except httpx.HTTPError as error:
        raise TransientError(f"{said.url} does not answer: {type(error).__name__}") from error
    try:
        found: JsonValue = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PermanentError(f"{said.url} answers with something that is no JSON") from error
    return found


EXAMPLE = """\
discoveries:
  - name: inventory
    kind: http_sd
    options: {url: "https://inventory.example/targets", token: {file: /etc/grace/inventory-token}}
    kinds: [endpoint]
    connection: {address: "{host}:8080"}
"""

DEFINITION = Discovery(
    name="http_sd",
    summary="An address that returns target groups, as Prometheus reads them.",
    options=HttpSd,
    open=open_http_sd,
    values=VALUES,
    example=EXAMPLE,
)
