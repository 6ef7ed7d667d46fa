"""`EnvironmentProof`: which environment a target is in, told by the target itself."""

from typing import Protocol


class EnvironmentProof(Protocol):
    """Tells staging from production by what cannot be confused, whatever names and addresses say."""

    def environment(self) -> str:
        """Return the identity, as one word, that no other environment has and that stays the same over restarts.

        Raises:
            PermanentError: the target has no identity that can be trusted.
        """
