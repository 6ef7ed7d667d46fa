"""Experiments on the whole fleet: blocks of time with the present and with another setting, and what they prove."""

from grace_workers.cycles.experiments.sequence import MeanBounds, evidence, harm
from grace_workers.cycles.experiments.switchback import Arm, BlockResult, Experiment, Trial, Turn, arm_of, next_step

__all__ = ["Arm", "BlockResult", "Experiment", "MeanBounds", "Trial", "Turn", "arm_of", "evidence", "harm", "next_step"]
