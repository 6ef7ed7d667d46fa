"""What is said of a value from outside that does not fit: our own words, and no input value."""

import pytest
from pydantic import field_validator

from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError


class Rhythm(Document):
    seconds: int

    @field_validator("seconds")
    @classmethod
    def _long_enough(cls, seconds: int) -> int:
        if seconds < 1:
            raise ValueError("the shortest is 1 s")
        return seconds


@pytest.mark.parametrize("read", [Rhythm.read, Rhythm.read_exactly])
def test_what_our_own_checks_say_stands_alone(read) -> None:
    with pytest.raises(InputError, match=r"^rhythm: seconds: the shortest is 1 s$"):
        read({"seconds": 0}, "rhythm")


def test_no_value_is_shown_and_no_more_than_a_few_faults() -> None:
    with pytest.raises(InputError) as told:
        Rhythm.read({"seconds": "secret-1", "a": "secret-2", "b": 3, "c": 4}, "rhythm")
    assert "secret" not in str(told.value)
    assert str(told.value).endswith("; and 1 more")
