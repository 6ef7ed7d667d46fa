"""Tuning the fleet's levers: which value to try next, and what an experiment has shown so far."""

from grace_workers.cycles.tuning.aims import achieved, missed
from grace_workers.cycles.tuning.block import FEWEST_JOBS, BlockFigures
from grace_workers.cycles.tuning.look import LeverLook, Next, PoolScale
from grace_workers.cycles.tuning.progress import Asked, SeenBlock, SeenBlocks, Tried, TuningMemory, UnderTest
from grace_workers.cycles.tuning.trying import next_block
from grace_workers.cycles.tuning.waiting import next_trial, setting_plan

__all__ = [
    "FEWEST_JOBS",
    "Asked",
    "BlockFigures",
    "LeverLook",
    "Next",
    "PoolScale",
    "SeenBlock",
    "SeenBlocks",
    "Tried",
    "TuningMemory",
    "UnderTest",
    "achieved",
    "missed",
    "next_block",
    "next_trial",
    "setting_plan",
]
