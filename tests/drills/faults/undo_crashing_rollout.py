"""The pods of a new version end shortly after each start."""

from tests.drills.grounds.rollouts import BadVersion
from tests.kubernetes_rollouts import CRASH


class CrashingRollout(BadVersion):
    signal = "KubePodCrashLooping"
    cause = "crash_loop"
    reason = CRASH


DRILL = CrashingRollout
