"""What one task may still use of a language model: questions, time, tokens and money."""

from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.coding.deadline import Deadline
from grace_workers.coding.model import ModelAnswer, ModelLimits, ModelMessage
from grace_workers.coding.model_use import LEAST, cost_of, counted, estimated, room_of

_SHORTEST = 1.0


@dataclass(slots=True)
class ModelBudget:
    """The limits of a task, and what it has used of them. Tokens are estimated before a question, and then counted."""

    limits: ModelLimits
    deadline: Deadline
    turns: int = 0
    sent: int = 0
    received: int = 0

    @property
    def cost(self) -> float:
        """What was used, in the currency of the prices."""
        return cost_of(self.limits, self.sent, self.received)

    @property
    def seconds(self) -> float:
        """The seconds that the next answer may take."""
        return max(self.deadline.left, 0.0)

    def room_for(self, messages: Sequence[ModelMessage]) -> int | str:
        """Return how many tokens the answer to these messages may have, or which limit leaves no room for one."""
        if self.turns >= self.limits.turns:
            return f"its {self.limits.turns} answers are used up"
        if self.seconds < _SHORTEST:
            return "no time is left"
        asked, tokens = estimated(messages), self.limits.tokens - self.sent - self.received
        if tokens - asked < LEAST:
            return f"{self.limits.tokens} tokens a task leave no room for an answer"
        room = room_of(self.limits, tokens=tokens, money=self.limits.cost - self.cost, sent=asked)
        if room < LEAST:
            return f"{self.limits.cost:g} a task pay for no further answer"
        return min(self.limits.answer_tokens, room)

    def count(self, messages: Sequence[ModelMessage], answer: ModelAnswer) -> None:
        """Add what an answer used."""
        sent, received = counted(messages, answer)
        self.turns += 1
        self.sent += sent
        self.received += received

    def told(self, name: str) -> str:
        """Return what was used, as a sentence of the report."""
        price = f", about {self.cost:.4f} in the currency of its prices" if self.cost else ""
        return (
            f"the language model {name} gave {self.turns} answers: "
            f"{self.sent} tokens were sent and {self.received} received{price}"
        )
