"""The port to a language model, and the limits within which one may be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from grace_workers.foundation.errors import PermanentError, TransientError


class Speaker(StrEnum):
    """Who says a message of a conversation."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class AnswerEnd(StrEnum):
    """How an answer ended: whole, cut at the limit of its length, or with a refusal."""

    WHOLE = "whole"
    CUT = "cut"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ModelMessage:
    """One message of a conversation."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """What a model answered. The tokens are what its API counted; None if it did not say."""

    text: str
    end: AnswerEnd = AnswerEnd.WHOLE
    sent: int | None = None
    received: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLimits:
    """What one task may use, and what the whole fleet may use in a day.

    The prices are per million tokens, and `cost` and `daily_cost` are in their currency.
    """

    turns: int
    within: timedelta
    tokens: int
    answer_tokens: int
    price_sent: float
    price_received: float
    cost: float
    daily_tokens: int
    daily_cost: float


class LostAnswerError(TransientError):
    """The model took the question, and its answer did not arrive whole; its API may charge for both."""


class UnreadableAnswerError(PermanentError):
    """The model took the question and answered with something that is no answer; its API may charge for both."""


class LanguageModel(Protocol):
    """A language model. What it says is text from a stranger."""

    @property
    def name(self) -> str:
        """What its API calls it."""
        ...

    @property
    def limits(self) -> ModelLimits:
        """What one task may use."""
        ...

    def answer(self, messages: Sequence[ModelMessage], *, tokens: int, seconds: float) -> ModelAnswer:
        """Return its answer, of at most so many tokens, within so many seconds.

        Raises:
            LostAnswerError: it does not answer in time.
            UnreadableAnswerError: it answers with something else.
            TransientError: it takes no question now.
            PermanentError: it refuses the request.
        """
        ...
