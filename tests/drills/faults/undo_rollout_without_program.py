"""A new version starts a program that its image does not have."""

from tests.drills.grounds.rollouts import BadVersion


class MissingProgram(BadVersion):
    signal = "KubeContainerWaiting"
    words = 'web-7d9f waits: RunContainerError: exec: "shop": executable file not found in $PATH'
    playbook = "undo_stuck_rollout"
    cause = "program_missing"
    reason = "RunContainerError"


DRILL = MissingProgram
