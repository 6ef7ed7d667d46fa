"""A new version reads a setting that its namespace does not have."""

from tests.drills.grounds.rollouts import BadVersion


class MissingSetting(BadVersion):
    signal = "KubeContainerWaiting"
    words = "web-7d9f waits: CreateContainerConfigError: couldn't find key SHOP_TAX in ConfigMap shop/web"
    playbook = "undo_stuck_rollout"
    cause = "missing_setting"
    reason = "CreateContainerConfigError"


DRILL = MissingSetting
