"""A language model within the fleet's limits of a day, which all workers share through the database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC

import structlog

from grace_workers.coding import (
    LanguageModel,
    LostAnswerError,
    ModelAnswer,
    ModelMessage,
    ModelUse,
    Reservation,
    UnreadableAnswerError,
    Workshop,
    counted,
    estimated,
    reserve,
    settle,
)
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import PermanentError, TransientError
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.model_use import ModelUseStore

log = structlog.get_logger()


def used_today(ledger: LineLedger, clock: Clock) -> ModelUse:
    """Return what the fleet has used since midnight, UTC."""
    with ledger.transaction() as tx:
        return tx[ModelUseStore].of(clock.now().astimezone(UTC).date())


def within_the_day(workshop: Workshop, ledger: LineLedger, clock: Clock) -> Workshop:
    """Return the workshop with its model, if it has one, within the fleet's limits of a day."""
    return workshop if workshop.model is None else replace(workshop, model=DailyModel(workshop.model, ledger, clock))


class DailyModel:
    """A language model whose every question is reserved in the database before it is asked, and settled after."""

    def __init__(self, model: LanguageModel, ledger: LineLedger, clock: Clock) -> None:
        self._model = model
        self._ledger = ledger
        self._clock = clock
        self.name = model.name
        self.limits = model.limits

    def answer(self, messages: Sequence[ModelMessage], *, tokens: int, seconds: float) -> ModelAnswer:
        """Ask, if the day has room; the answer may be shorter than `tokens` where the day has less left.

        Raises:
            PermanentError: the day has no room for the question.
            TransientError: the database does not answer, so nothing was asked.
        """
        held = self._reserve(estimated(messages), tokens)
        try:
            answer = self._model.answer(messages, tokens=held.received, seconds=seconds)
        except (LostAnswerError, UnreadableAnswerError):
            # What the API charges is not known, so it counts as the most that it can be.
            self._settle(held, held.sent, held.received)
            raise
        except (TransientError, PermanentError):
            self._settle(held, 0, 0)
            raise
        self._settle(held, *counted(messages, answer))
        return answer

    def _reserve(self, sent: int, wanted: int) -> Reservation:
        with self._ledger.transaction() as tx:
            tx[ModelUseStore].lock()
            today = self._clock.now().astimezone(UTC).date()
            found = reserve(tx[ModelUseStore].of(today), self.limits, sent=sent, wanted=wanted)
            if isinstance(found, str):
                raise PermanentError(found)
            use, held = found
            tx[ModelUseStore].save(use)
        return held

    def _settle(self, held: Reservation, sent: int, received: int) -> None:
        try:
            with self._ledger.transaction() as tx:
                tx[ModelUseStore].lock()
                use = tx[ModelUseStore].of(held.day)
                tx[ModelUseStore].save(settle(use, held, self.limits, sent=sent, received=received))
        except TransientError as error:
            # The reservation stays for its day, so more is counted than was used, never less.
            log.warning("model_use_not_settled", model=self.name, error=str(error))
