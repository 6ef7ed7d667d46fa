"""Blocks between `# <` and `# >`, in modules whose `run()` shows what they do."""

import textwrap

from grace_workers.coding.extraction.extract import BlockExtraction, extract
from grace_workers.coding.reason import Reason


def marked(source: str) -> tuple[str, int, int]:
    """Return the module without its marks, and the first and last line of the block."""
    lines = textwrap.dedent(source).strip("\n").split("\n")
    first = next(number for number, line in enumerate(lines) if line.strip() == "# <")
    last = next(number for number, line in enumerate(lines) if line.strip() == "# >")
    del lines[last], lines[first]
    return "\n".join(lines) + "\n", first + 1, last - 1


def told(source: str) -> object:
    """Return the result of `run()`, or the type of what it raises."""
    namespace: dict[str, object] = {"__name__": "snippet"}
    exec(compile(source, "<snippet>", "exec"), namespace)
    try:
        return namespace["run"]()  # type: ignore[operator]
    except (ArithmeticError, LookupError, NameError, TypeError, ValueError) as error:
        return type(error), str(error)


def extracted(source: str, name: str = "_part", **kinds: bool) -> tuple[str, str | Reason]:
    """Return the module without its marks, and the module with the block extracted."""
    plain, first, last = marked(source)
    return plain, extract(plain, BlockExtraction(first, last, name, **kinds))
