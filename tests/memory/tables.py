"""Where the memory stores keep their rows: a table by its name, of the present transaction."""

from collections.abc import Callable
from typing import Any

Table = Callable[[str], dict[Any, Any]]
