"""What the fleet used of a language model in a day, and what one more question may take of it. Pure.

A question is reserved at the most that it may take, and settled at what it took. One whose worker died in between
stays pending for its day, because its API may have charged for it; the next day begins at nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from grace_workers.coding.model import ModelAnswer, ModelLimits, ModelMessage

_BYTES, _MESSAGE, _MILLION = 3, 8, 1_000_000
LEAST = 100
"""The tokens below which an answer would hold no patch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """What the questions of one day, UTC, took. `pending` is the most that those may take which have not ended."""

    day: date
    answers: int = 0
    tokens: int = 0
    cost: float = 0.0
    pending_tokens: int = 0
    pending_cost: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """The most that one question may take: tokens to send and to receive, and money."""

    day: date
    sent: int
    received: int
    cost: float


def reserve(use: ModelUse, limits: ModelLimits, *, sent: int, wanted: int) -> tuple[ModelUse, Reservation] | str:
    """Return the day with a question of `sent` tokens and an answer of at most `wanted`, or why it has no room."""
    tokens, cost = use.tokens + use.pending_tokens, use.cost + use.pending_cost
    room = min(wanted, room_of(limits, tokens=limits.daily_tokens - tokens, money=limits.daily_cost - cost, sent=sent))
    if room < LEAST:
        money = f" and {cost:.4f} of {limits.daily_cost:g} in money" if cost else ""
        waiting = f" ({use.pending_tokens} of them by questions that have not ended)" if use.pending_tokens else ""
        return (
            "the question does not fit into the fleet's limits of a day: since midnight, UTC, "
            f"{tokens} of {limits.daily_tokens} tokens{waiting}{money} are used"
        )
    held = Reservation(day=use.day, sent=sent, received=room, cost=cost_of(limits, sent, room))
    pending_tokens, pending_cost = use.pending_tokens + sent + room, use.pending_cost + held.cost
    return replace(use, pending_tokens=pending_tokens, pending_cost=pending_cost), held


def settle(use: ModelUse, held: Reservation, limits: ModelLimits, *, sent: int, received: int) -> ModelUse:
    """Return the day of a reservation with what its question took instead: nothing, if the model did not take it."""
    return replace(
        use,
        answers=use.answers + bool(sent),
        tokens=use.tokens + sent + received,
        cost=use.cost + cost_of(limits, sent, received),
        pending_tokens=max(use.pending_tokens - held.sent - held.received, 0),
        pending_cost=max(use.pending_cost - held.cost, 0.0),
    )


def room_of(limits: ModelLimits, *, tokens: int, money: float, sent: int) -> int:
    """Return how many tokens an answer may have where so many and so much money are left before the question."""
    if cost_of(limits, 1, 1) == 0:
        return tokens - sent
    left = money - cost_of(limits, sent, 0)
    if left <= 0:
        return 0
    if limits.price_received == 0:
        return tokens - sent
    # A price next to nothing pays for more tokens than an int can hold.
    return int(min(tokens - sent, left * _MILLION / limits.price_received))


def cost_of(limits: ModelLimits, sent: int, received: int) -> float:
    """Return what so many tokens cost, in the currency of the prices."""
    return (sent * limits.price_sent + received * limits.price_received) / _MILLION


def estimated(messages: Sequence[ModelMessage]) -> int:
    """Return about how many tokens the messages have, rather too many than too few: a token for three bytes."""
    return sum(len(one.text.encode(errors="replace")) // _BYTES + _MESSAGE for one in messages)


def counted(messages: Sequence[ModelMessage], answer: ModelAnswer) -> tuple[int, int]:
    """Return the tokens sent and received, as the API says but never less than a third of the estimate."""
    asked, said = estimated(messages), len(answer.text.encode(errors="replace")) // _BYTES + 1
    sent = asked if answer.sent is None else max(answer.sent, asked // 3)
    return sent, said if answer.received is None else max(answer.received, said // 3)
