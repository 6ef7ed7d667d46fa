"""How many instances of a service there may be, as a connection declares it."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from grace_workers.foundation.document import Document

Instances = Annotated[int, Field(ge=0, le=10_000)]


class ScaleBounds(Document):
    """How many instances there may be."""

    lowest: Instances = Field(description="The fewest that Grace may ask for.")
    highest: Instances = Field(description="The most that Grace may ask for.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lowest > self.highest:
            raise ValueError(f"lowest {self.lowest} is above highest {self.highest}")
        return self
