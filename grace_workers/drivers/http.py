"""HTTP services, observed from outside."""

from pydantic import Field

from grace_workers.actions import Driver, DriverContext, HttpProbe, Roles
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import OneLine
from grace_workers.foundation.ids import TargetKind


class HttpConnection(Document):
    """An HTTP service, observed from outside: GET only, no redirect followed, no path outside the URL."""

    url: OneLine = Field(description="The base address for the path of every check: `http://` or `https://`.")


def open_http(said: HttpConnection, context: DriverContext) -> Roles:
    """Return the probe of the service."""
    from grace_workers.drivers._shared.http_service import HttpService

    del context
    probe: HttpProbe = HttpService(said.url)
    return {HttpProbe: probe}


EXAMPLE = """\
targets:
  - name: partner-api
    kind: http
    owner: external
    connection:
      url: https://api.partner.example/v2
"""

DEFINITION = Driver(
    kind=TargetKind("http"),
    connection=HttpConnection,
    roles=(HttpProbe,),
    open=open_http,
    example=EXAMPLE,
)
