"""How the parts of an extraction refuse; `extract` turns it into a Reason."""

from grace_workers.coding.reason import Reason, ReasonCode


class ExtractionRefused(ValueError):  # noqa: N818
    """The code cannot be extracted; `reason` says why."""

    def __init__(self, message: str, code: ReasonCode = ReasonCode.NOT_EXTRACTABLE) -> None:
        super().__init__(message)
        self.reason = Reason(code, message)
