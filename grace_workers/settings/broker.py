"""The address of Redis or Valkey."""

from pydantic import SecretStr, model_validator

from grace_workers.foundation.document import Document
from grace_workers.settings.folding import folded


class BrokerSettings(Document):
    """Redis or Valkey. Without a URL the node starts its own; `password` is for a URL that contains none."""

    url: SecretStr | None = None
    password: SecretStr | None = None
    stock_transport: bool = False

    _fold = model_validator(mode="before")(folded)
