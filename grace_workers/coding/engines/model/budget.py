"""What one task may still use of a language model: questions, time, tokens and money."""

from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.coding.deadline import Deadline
from grace_workers.coding.model import ModelAnswer, ModelLimits, ModelMessage

_LETTERS, _MILLION = 3, 1_000_000
_LEAST, _SHORTEST = 100, 1.0


@dataclass(slots=True)
class ModelBudget:
    """The limits of a task, and what it has used of them.

    Tokens are estimated before a question, a token for three characters, and after it counted as the API says, but
    never as less than a third of that estimate.
    """

    limits: ModelLimits
    deadline: Deadline
    turns: int = 0
    sent: int = 0
    received: int = 0

    @property
    def cost(self) -> float:
        """What was used, in the currency of the prices."""
        return (self.sent * self.limits.price_sent + self.received * self.limits.price_received) / _MILLION

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
        asked = estimated(messages)
        tokens = self.limits.tokens - self.sent - self.received - asked
        if tokens < _LEAST:
            return f"{self.limits.tokens} tokens a task leave no room for an answer"
        money = self.limits.cost - self.cost - asked * self.limits.price_sent / _MILLION
        paid = tokens if self.limits.price_received == 0 else int(money * _MILLION / self.limits.price_received)
        if money <= 0 or paid < _LEAST:
            return f"{self.limits.cost:g} a task pay for no further answer"
        return min(self.limits.answer_tokens, tokens, paid)

    def count(self, messages: Sequence[ModelMessage], answer: ModelAnswer) -> None:
        """Add what an answer used."""
        asked, said = estimated(messages), len(answer.text) // _LETTERS + 1
        self.turns += 1
        self.sent += asked if answer.sent is None else max(answer.sent, asked // 3)
        self.received += said if answer.received is None else max(answer.received, said // 3)

    def told(self, name: str) -> str:
        """Return what was used, as a sentence of the report."""
        price = f", about {self.cost:.4f} in the currency of its prices" if self.cost else ""
        return (
            f"the language model {name} gave {self.turns} answers: "
            f"{self.sent} tokens were sent and {self.received} received{price}"
        )


def estimated(messages: Sequence[ModelMessage]) -> int:
    """Return about how many tokens the messages have, rather too many than too few."""
    return sum(len(one.text) // _LETTERS + 8 for one in messages)
