"""Network services of any protocol, looked at from outside."""

from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.actions import Driver, DriverContext, EndpointProbe, Roles, TlsProbe
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import OneLine
from grace_workers.foundation.ids import TargetKind

Address = Annotated[
    str, StringConstraints(max_length=300, pattern=r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[1-9][0-9]{0,4}$")
]


class TlsOptions(Document):
    """How the service speaks TLS."""

    server_name: OneLine | None = Field(
        default=None, description="The name for which the certificate is requested. Default: the host of the address."
    )


class EndpointConnection(Document):
    """A network service of any protocol, observed from outside; nothing is sent to it."""

    address: Address = Field(description="Host and port: `db.shop.example:5432`, `[::1]:443`.")
    tls: TlsOptions | None = Field(
        default=None, description="The service speaks TLS from the first byte on; `{}` is enough."
    )


def open_endpoint(said: EndpointConnection, context: DriverContext) -> Roles:
    """Return the probe of the address, and of its certificate if it speaks TLS. Raises InputError."""
    from grace_workers.drivers.endpoint.certificate import TlsAddress
    from grace_workers.drivers.endpoint.network import NetworkAddress, host_and_port

    del context
    host, port = host_and_port(said.address)
    endpoint: EndpointProbe = NetworkAddress(host, port)
    roles: dict[type, object] = {EndpointProbe: endpoint}
    if said.tls is not None:
        tls: TlsProbe = TlsAddress(host, port, said.tls.server_name or host)
        roles[TlsProbe] = tls
    return roles


EXAMPLE = """\
targets:
  - name: shop-front
    kind: endpoint
    owner: external
    connection:
      address: shop.example:443
      tls: {}
"""

DEFINITION = Driver(
    kind=TargetKind("endpoint"),
    connection=EndpointConnection,
    roles=(EndpointProbe,),
    optional={TlsProbe: "tls"},
    open=open_endpoint,
    example=EXAMPLE,
)
