"""`GraceHandler`: a `logging` handler that sends what is logged at ERROR or above."""

import logging
import threading
from datetime import timedelta

from grace_workers.entrypoints.capture.event import CapturedEvent, frames_of, raised_by
from grace_workers.entrypoints.capture.sender import CAPACITY, EXIT_WITHIN, LOGGER, Sender


class GraceHandler(logging.Handler):
    """Sends log records to Grace as signals named `LEVEL logger`, from its own thread.

    `target` is this application's name in `grace.yaml`. A record's arguments and `extra` are not sent.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        target: str | None = None,
        level: int | str = logging.ERROR,
        capacity: int = CAPACITY,
    ) -> None:
        """Prepare; nothing is opened or started before the first record.

        Raises:
            InputError: `url` is not `http://host[:port]` or `https://…`.
        """
        super().__init__(level)
        self.sender = Sender(url, token=token, target=target, capacity=capacity)

    def emit(self, record: logging.LogRecord) -> None:
        """Take the record. Records of our own thread and our own logger are left out, so that none causes another."""
        if record.name == LOGGER or threading.get_ident() == self.sender.ident:
            return
        try:
            self.sender.offer(_event(record))
        except Exception:  # noqa: BLE001 - whatever an argument's __str__ raises must not reach the application
            self.handleError(record)

    def drain(self, within: timedelta) -> bool:
        """Wait until everything taken was sent or lost; return whether that happened in time."""
        return self.sender.drain(within)

    def close(self) -> None:
        """Send what is left, for at most two seconds, and stop; `logging.shutdown` calls this at exit."""
        self.sender.close(EXIT_WITHIN)
        super().close()


def _event(record: logging.LogRecord) -> CapturedEvent:
    error = record.exc_info[1] if record.exc_info else None
    return CapturedEvent(
        f"{record.levelname} {record.name}",
        _severity(record.levelno),
        record.getMessage(),
        record.created,
        frames_of(error.__traceback__) if error is not None else (),
        raised_by(error) if error is not None else "",
    )


def _severity(level: int) -> str:
    if level >= logging.CRITICAL:
        return "critical"
    if level >= logging.ERROR:
        return "error"
    return "warning" if level >= logging.WARNING else "info"
