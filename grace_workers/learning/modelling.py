"""The model of diagnosis: new, stored and trained. The model and its training are imported on first use.

A model needs NumPy, and training needs scikit-learn; a process that uses neither does not load them. Training takes
seconds of processor time, so it runs aside.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from grace_workers.foundation.aside import Aside
from grace_workers.foundation.document import JsonValue
from grace_workers.learning.model import LONGEST, Model, Trained, from_text, in_text, read_trained, told_trained
from grace_workers.learning.recall import Precedent


def new_model() -> Model:
    """Return a model that knows nothing."""
    from grace_workers.learning.models.learner import Learner

    return Learner()


def read_model(content: bytes) -> Model:
    """Return the stored model. Raises IntegrityError for any other content."""
    from grace_workers.learning.models.learner import Learner

    return Learner.from_bytes(content)


def train_model(
    precedents: Sequence[Precedent], present: bytes | None, unseen: int, *, aside: Aside
) -> Trained[bytes] | None:
    """Return the stored form of a model trained on `precedents`, oldest first.

    None if there are too few, or all have one cause. `present` is the stored model in use, which has not seen the
    newest `unseen` of them; without one, the nearest precedent is the standard to beat.

    Raises:
        TransientError: the training was ended before it was done.
    """
    given = [_precedents().dump_python(list(precedents), mode="json"), in_text(present), unseen]
    return read_trained(aside(_train, given, within=LONGEST))


def _train(given: Any) -> JsonValue:
    from grace_workers.learning.models.training import trained

    precedents, present, unseen = given
    content = from_text(present)
    model = None if content is None else read_model(content)
    return told_trained(trained(_precedents().validate_python(precedents), model, unseen))


@cache
def _precedents() -> TypeAdapter[list[Precedent]]:
    return TypeAdapter(list[Precedent])
