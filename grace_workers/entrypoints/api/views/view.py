"""`View`: the base of every answer, made field by field from one of our own values."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import ConfigDict, PlainSerializer, WithJsonSchema

from grace_workers.foundation.document import Document

Moment = Annotated[
    datetime,
    PlainSerializer(lambda moment: moment.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time, as RFC 3339 with its offset from UTC."""

Seconds = Annotated[
    timedelta,
    PlainSerializer(lambda span: span.total_seconds(), return_type=float),
    WithJsonSchema({"type": "number", "description": "seconds"}),
]
"""A span of time, in seconds."""


class View(Document):
    """One answer. Its fields are the API's own: it takes the same names from our value, and nothing else."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, value: object, **more: object) -> Self:
        """Return the view of `value`; `more` gives fields that it does not have under their names.

        Raises:
            AttributeError: the value no longer has a field that the API promises.
        """
        return cls.model_validate({name: getattr(value, name) for name in cls.model_fields if name not in more} | more)
