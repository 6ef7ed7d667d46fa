"""A plain refusal: why an operation returns nothing, as a code for programs and a sentence for people."""

from dataclasses import dataclass
from enum import StrEnum


class ReasonCode(StrEnum):
    """Why nothing, or nothing verified, is returned."""

    NOT_FOUND = "not_found"
    AMBIGUOUS = "ambiguous"
    PASSES_ALREADY = "passes_already"
    NO_TESTS = "no_tests"
    UNSTABLE = "unstable"
    HANGS = "hangs"
    NOT_A_REPOSITORY = "not_a_repository"
    DIRTY = "dirty"
    UNREADABLE = "unreadable"
    COLLISION = "collision"
    NOT_EXTRACTABLE = "not_extractable"
    UNSAFE = "unsafe"
    NOTHING_TO_DO = "nothing_to_do"
    BROKE_TESTS = "broke_tests"
    UNSUPPORTED = "unsupported"
    BUDGET = "budget"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and a whole sentence."""

    code: ReasonCode
    message: str

    def plain(self) -> dict[str, str]:
        """Return it as JSON's types."""
        return {"code": self.code.value, "message": self.message}
