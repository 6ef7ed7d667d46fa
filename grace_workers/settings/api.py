"""The HTTP API."""

from pydantic import Field, SecretStr

from grace_workers.foundation.document import Document


class ApiSettings(Document):
    """The HTTP API. The three tokens are put in force at the start, so that a fleet gets its first ones from files.

    `admin_token` is for people's first visit, `viewer_token` for programs that only read, such as Prometheus, and
    `reporter_token` for those that only send signals, such as Alertmanager.

    `max_bulk_bytes` is for a delivery of signals, which may contain a thousand alerts; `max_body_bytes` for all
    else.

    `signing_secrets` has the secret of each source whose senders sign, by the source's name. Deliveries to that
    source must then have a signature made with it, no more than five minutes old.

    With `open_metrics` the figures need no token while `host` is loopback: anything that publishes the port, such
    as a proxy, then publishes them.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8642, ge=0, le=65535)
    max_body_bytes: int = Field(default=1_000_000, ge=1_000)
    max_bulk_bytes: int = Field(default=8_000_000, ge=1_000, le=32_000_000)
    open_metrics: bool = False
    max_backlog: int = Field(default=100_000, ge=1)
    admin_token: SecretStr | None = None
    viewer_token: SecretStr | None = None
    reporter_token: SecretStr | None = None
    signing_secrets: dict[str, SecretStr] = Field(default_factory=dict)
