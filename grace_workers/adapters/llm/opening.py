"""The model that the settings declare, opened and guarded."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from grace_workers.adapters.guard import BreakerRegistry, Limits
from grace_workers.coding import LanguageModel, ModelAnswer, ModelLimits, ModelMessage
from grace_workers.foundation.breaker import BreakerPolicy, Rate

if TYPE_CHECKING:
    from grace_workers.adapters.llm.chat import ChatModel

_LIMITS = Limits(policy=BreakerPolicy(), rate=Rate(per_second=1.0, burst=10), patience=timedelta(seconds=5))


class GuardedModel:
    """A model behind a circuit breaker and a rate."""

    def __init__(self, model: "ChatModel", limits: ModelLimits, guards: BreakerRegistry) -> None:
        self._model = model
        self._guard = guards.of("language-model", _LIMITS)
        self.name = model.name
        self.limits = limits

    def answer(self, messages: Sequence[ModelMessage], *, tokens: int, seconds: float) -> ModelAnswer:
        """Ask, unless the API failed too often lately."""
        with self._guard.call():
            return self._model.answer(messages, tokens=tokens, seconds=seconds)


def open_model(declared: Any, guards: BreakerRegistry) -> LanguageModel | None:
    """Return the model; None if the settings declare none. Nothing connects before the first question."""
    if declared.url is None:
        return None
    # Nodes without a model need no HTTP client for one.
    from grace_workers.adapters.llm.chat import ChatModel

    key = "" if declared.key is None else declared.key.get_secret_value()
    chat = ChatModel(
        url=declared.url,
        name=declared.name,
        key=key,
        patience=declared.patience.total_seconds(),
        limit=declared.limit,
        temperature=declared.temperature,
    )
    limits = ModelLimits(
        turns=declared.turns,
        within=declared.within,
        tokens=declared.tokens,
        answer_tokens=declared.answer_tokens,
        price_sent=declared.price_sent,
        price_received=declared.price_received,
        cost=declared.cost,
        daily_tokens=declared.daily_tokens,
        daily_cost=declared.daily_cost,
    )
    return GuardedModel(chat, limits, guards)
