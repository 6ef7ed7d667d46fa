"""The language model that the coding agent may ask."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from grace_workers.foundation.api_address import ApiAddress, is_readable_on_the_way
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import OneLine, Timeout


class ModelSettings(Document):
    """The language model that the coding agent asks where its own search finds no patch; without `url` none is asked.

    `url` is the address of an API like OpenAI's, without `/chat/completions`; `name` is what that API calls the model.
    A key is sent over http to this machine only.

    Limits of one task are at most `turns` questions, `within` in all, `tokens` sent and received together, and `cost`
    in the currency of the two prices, which are per million tokens. `daily_tokens` and `daily_cost` are those of the
    whole fleet from midnight to midnight, UTC. Without prices, `cost` and `daily_cost` limit nothing.

    APIs differ in what they take: `limit` is the field that bounds an answer's tokens, and without `temperature`, none
    is sent.
    """

    url: ApiAddress | None = None
    name: OneLine | None = None
    key: SecretStr | None = None
    patience: Timeout = timedelta(seconds=60)
    within: Timeout = timedelta(minutes=3)
    turns: int = Field(default=3, ge=1, le=3)
    tokens: int = Field(default=60_000, ge=1_000, le=10_000_000)
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: float | None = Field(default=0.0, ge=0, le=2, allow_inf_nan=False)
    answer_tokens: int = Field(default=4_000, ge=100, le=100_000)
    price_sent: float = Field(default=0.0, ge=0, le=10_000, allow_inf_nan=False)
    price_received: float = Field(default=0.0, ge=0, le=10_000, allow_inf_nan=False)
    cost: float = Field(default=1.0, gt=0, le=10_000, allow_inf_nan=False)
    daily_tokens: int = Field(default=1_000_000, ge=1_000, le=10_000_000_000)
    daily_cost: float = Field(default=10.0, gt=0, le=1_000_000, allow_inf_nan=False)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.url is not None and self.name is None:
            raise ValueError("`url` is given without `name`; say which model that API is to use")
        if self.key is not None and not (
            self.key.get_secret_value().isascii() and self.key.get_secret_value().isprintable()
        ):
            raise ValueError("`key` has a character that no HTTP header takes; copy it again, without line ends")
        if self.key is not None and self.url is not None and is_readable_on_the_way(self.url):
            raise ValueError("`key` would be sent over http to another machine; give an address with https")
        return self
