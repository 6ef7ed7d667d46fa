"""An `Aside` that computes in the same process, with what would pass between two."""

import json
from collections.abc import Callable
from datetime import timedelta

from grace_workers.foundation.document import JsonValue


def here(function: Callable[[JsonValue], JsonValue], given: JsonValue, /, *, within: timedelta) -> JsonValue:
    """Return what the function returns."""
    del within
    found: JsonValue = json.loads(json.dumps(function(json.loads(json.dumps(given)))))
    return found
