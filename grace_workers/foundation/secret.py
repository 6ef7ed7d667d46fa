"""References to secrets, in files that do not hold the secrets themselves."""

import os
from pathlib import Path
from typing import Annotated, Self

from pydantic import StringConstraints, model_validator

from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.field_types import FilePath, OneLine
from grace_workers.foundation.own_file import require_given

EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Secret(Document):
    """A value stored elsewhere: `{env: NAME}` in grace's environment, or `{file: PATH}`."""

    env: EnvironmentName | None = None
    file: FilePath | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("give exactly one of `env` and `file`")
        return self

    def reveal(self, what: str) -> str:
        """Return the value; `what` names it in the error.

        Raises:
            InputError: it is missing or empty, or others may change it.
        """
        if self.env is not None:
            if value := os.environ.get(self.env):
                return value
            raise InputError(f"{what}: environment variable {self.env} is not set; set it")
        require_given(Path(self.file or ""), f"{what}: secret file")
        try:
            value = Path(self.file or "").read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{what}: secret file {str(self.file)!r} cannot be read; correct its path") from error
        if not value:
            raise InputError(f"{what}: secret file {str(self.file)!r} is empty; write the value into it")
        return value


SecretText = OneLine | Secret
"""A literal value, or a reference to a secret that holds it."""


def reveal(text: SecretText, what: str) -> str:
    """Return the value, wherever it is stored. Raises InputError when it is missing."""
    return text.reveal(what) if isinstance(text, Secret) else text
