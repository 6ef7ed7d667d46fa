"""What remains to be proved after the readings before the first step. Pure.

An expectation that was met before the run would still be met without it, so meeting it shows nothing.
"""

from collections.abc import Mapping, Sequence

from grace_workers.playbooks import Expectation
from grace_workers.verification.judge import fits, limit_of


def failing_before(expectations: Sequence[Expectation], before: Mapping[str, float]) -> tuple[Expectation, ...]:
    """Return the expectations that can prove something: read `before` the first step, and not met by that reading."""
    return tuple(item for item in expectations if item.proves and _met(item, before) is False)


def all_met_before(expectations: Sequence[Expectation], before: Mapping[str, float]) -> bool:
    """Return whether everything that could prove something was read before the first step and was already met."""
    proving = [item for item in expectations if item.proves]
    return bool(proving) and all(_met(item, before) for item in proving)


def _met(item: Expectation, before: Mapping[str, float]) -> bool | None:
    value, limit = before.get(item.id), limit_of(item, before)
    return None if value is None or limit is None else fits(value, item.operator, limit)
