"""`Document`: the base of every value that comes from outside. Read once at the edge, frozen, unknown keys refused."""

import json
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from grace_workers.foundation.errors import InputError

__all__ = ["Document", "JsonValue", "Lenient", "sentence", "words_of"]


class Document(BaseModel):
    """A frozen value read from outside. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @classmethod
    def read(cls, raw: Any, what: str) -> Self:
        """Return `raw` as this document; `what` names it in the error.

        Raises:
            InputError: `raw` does not fit; the sentence names the first fields that do not.
        """
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            raise InputError(f"{what}: {sentence(error)}") from error

    @classmethod
    def read_exactly(cls, raw: JsonValue, what: str) -> Self:
        """Return the same, but convert no value to another type: a number in quotes is refused.

        Raises:
            InputError: `raw` does not fit; the sentence names the first fields that do not.
        """
        try:
            return cls.model_validate_json(json.dumps(raw), strict=True)
        except ValidationError as error:
            raise InputError(f"{what}: {sentence(error)}") from error


class Lenient(Document):
    """A document in a foreign format: keys that we do not know are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


def sentence(error: ValidationError, *, most: int = 3) -> str:
    """Return what is wrong as one sentence that shows no input value, because it may be a secret."""
    faults = error.errors(include_input=False, include_url=False)
    places = [".".join(str(step) for step in fault["loc"]) or "document" for fault in faults[:most]]
    parts = [f"{place}: {words_of(fault)}" for place, fault in zip(places, faults, strict=False)]
    if len(faults) > most:
        parts.append(f"and {len(faults) - most} more")
    return "; ".join(parts)


def words_of(fault: ErrorDetails) -> str:
    """Return what is wrong, as our own checks say it: pydantic puts the name of its error type before it."""
    if fault["type"] == "extra_forbidden":
        return "there is no such field; check its spelling, or remove it"
    return fault["msg"].removeprefix("Value error, ")
