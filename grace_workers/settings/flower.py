"""The web page that shows the pools."""

from pydantic import Field, SecretStr, model_validator

from grace_workers.foundation.document import Document

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class FlowerSettings(Document):
    """Flower, always read-only. `auth` is `user:password`; without it Flower stays on loopback."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = Field(default=5555, ge=0, le=65535)
    auth: SecretStr | None = None

    @model_validator(mode="after")
    def _closed_to_others(self) -> "FlowerSettings":
        if self.auth is None and self.host not in _LOOPBACK:
            raise ValueError(
                f"host {self.host} is reachable from other machines; set flower.auth to user:password, or use 127.0.0.1"
            )
        if self.auth is not None and not all(self.auth.get_secret_value().partition(":")):
            raise ValueError("auth must be of the form user:password")
        return self
