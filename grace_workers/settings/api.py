"""The HTTP API."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr

from grace_workers.foundation.document import Document

if TYPE_CHECKING:
    from grace_workers.governance import Role


class ApiSettings(Document):
    """The HTTP API. The three tokens are put in force at the start, so that a fleet gets its first ones from files.

    `admin_token` is for people's first visit, `viewer_token` for programs that only read, such as Prometheus, and
    `reporter_token` for those that only send signals, such as Alertmanager.

    `max_bulk_bytes` is for a delivery of signals, which may contain a thousand alerts; `max_body_bytes` for all
    else.

    `signing_secrets` has the secret of each source whose senders sign, by the source's name. Deliveries to that
    source must then have a signature made with it, no more than five minutes old.

    After `refusals_until_signal` requests within five minutes that were refused for their token or its role, an API
    process raises the signal AccessViolation.

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
    # A person mistypes a token a few times; a program with an expired one asks every 15 s, 20 times in five minutes.
    refusals_until_signal: int = Field(default=30, ge=1, le=1_000)

    @property
    def given_tokens(self) -> "Mapping[Role, str]":
        """The tokens to put in force at the start."""
        # Most of what reads settings has no use for governance.
        from grace_workers.governance import Role

        given = {Role.ADMIN: self.admin_token, Role.VIEWER: self.viewer_token, Role.REPORTER: self.reporter_token}
        return {role: token.get_secret_value() for role, token in given.items() if token is not None}
