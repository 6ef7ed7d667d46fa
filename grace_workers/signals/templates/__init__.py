"""Log templates: which lines are one kind of event. Pure and bounded; stores nothing, knows no log by name."""

from grace_workers.signals.templates.masking import MASK, key_of
from grace_workers.signals.templates.miner import TemplateMiner
from grace_workers.signals.templates.shape import shape, shown

__all__ = ["MASK", "TemplateMiner", "key_of", "shape", "shown"]
