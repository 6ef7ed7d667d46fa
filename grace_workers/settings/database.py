"""The address of PostgreSQL, and its logins."""

from pydantic import Field, SecretStr, model_validator

from grace_workers.foundation.document import Document
from grace_workers.settings.folding import folded


class DatabaseSettings(Document):
    """PostgreSQL. Without a URL the node starts its own; `password` is for a URL that contains none.

    With `migrate` a node brings the schema up to date at its start; without, it waits until `grace migrate` has.
    Unset, a whole node migrates and a node of one role waits. `node_password` and `control_password` are for `grace
    migrate`, which makes the logins `grace_node` and `grace_control` with them.
    """

    url: SecretStr | None = None
    password: SecretStr | None = None
    pool_size: int = Field(default=10, ge=2, le=200)
    migrate: bool | None = None
    node_password: SecretStr | None = None
    control_password: SecretStr | None = None

    _fold = model_validator(mode="before")(folded)
