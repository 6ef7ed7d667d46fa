"""The proof that a target is the thing that was meant, in the environment that its declaration pins."""

from grace_workers.actions.primitive import World
from grace_workers.actions.roles.environment_proof import EnvironmentProof
from grace_workers.actions.target import Target
from grace_workers.foundation.errors import ConflictError


def prove_environment(target: Target, world: World) -> None:
    """Ask the target where it is, if its declaration pins that. Call it before each write.

    Raises:
        ConflictError: it is in another environment.
        InputError: targets of its kind cannot tell.
        GraceError: it does not answer.
    """
    if target.environment is None:
        return
    found = world.role(target.name, EnvironmentProof).environment()
    if found != target.environment:
        raise ConflictError(
            f"target {target.name!r} is in environment {found!r}, and its declaration pins {target.environment!r}; "
            f"correct its connection, or `environment` if the target has moved. Nothing was changed"
        )


def refuse_replaced(target: Target, incarnation: str | None) -> None:
    """Refuse a discovered target whose name belongs to another thing than when `incarnation` was read.

    Raises:
        ConflictError: it does.
    """
    if target.incarnation != incarnation:
        raise ConflictError(
            f"target {target.name!r} is not the thing that the plan was made for: its name was found on another one "
            f"since, so nothing was done to it; retry the incident, and a new plan is made"
        )
