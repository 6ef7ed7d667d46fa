"""A pod of a deployment is not ready any more, so fewer replicas serve than should."""

from tests.drills.grounds.clusters import DeployedPods


class MissingReplica(DeployedPods):
    """The red herring is a pod of another workload with the same labels."""

    signal = "KubeDeploymentReplicasMismatch"
    playbook = "restart_failed_parts"
    cause = "replicas_missing"


DRILL = MissingReplica
