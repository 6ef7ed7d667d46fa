"""How likely each kind of fix is before anything is known about the case: shipped as data with its reasons."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import Field

from grace_workers.coding.engines.repair import operators
from grace_workers.coding.engines.repair.proposal import EditOperator
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.document import Document

_FILE = Path(__file__).with_name("priors.yaml")
_UNSAID = 3.0


class _Prior(Document):
    weight: float = Field(gt=0, le=100)
    reason: str = Field(min_length=10)


@cache
def edit_operators() -> Catalog[EditOperator]:
    """Return the kinds of edits."""
    return discover(operators, EditOperator, label="operator")


@cache
def weight_of(operator: str) -> float:
    """Return the share of fixes of this kind; an operator from elsewhere gets that of a rare one."""
    weights = _weights()
    return weights.get(operator, _UNSAID) / sum(weights.values())


@cache
def _weights() -> dict[str, float]:
    told = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: _Prior.read(one, f"prior {name}").weight for name, one in told.items()}
