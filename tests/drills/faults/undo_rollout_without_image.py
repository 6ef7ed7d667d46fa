"""A new version names an image that no registry has."""

from tests.drills.grounds.rollouts import BadVersion


class MissingImage(BadVersion):
    signal = "KubeContainerWaiting"
    words = "web-7d9f waits: ImagePullBackOff"
    playbook = "undo_stuck_rollout"
    cause = "image_missing"
    reason = "ImagePullBackOff"


DRILL = MissingImage
