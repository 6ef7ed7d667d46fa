"""The model that tells from the free text of a signal what the problem is. It is imported on first use.

A model needs NumPy, and training needs scikit-learn; a process that uses neither does not load them. Training takes
seconds of processor time, so it runs aside.
"""

from collections.abc import Sequence
from typing import Any

from grace_workers.foundation.aside import Aside
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.redaction import starred
from grace_workers.learning.model import LONGEST, TextModel, Trained, from_text, in_text, read_trained, told_trained
from grace_workers.signals import Signal

_LONGEST = 6_000
_FEWEST_WORDS = 3


def text_of(signal: Signal) -> str:
    """Return what a signal says in words beyond its name, without secrets; empty if that is too little to read."""
    said = [part.strip() for part in (signal.summary, signal.text or "") if part.strip() != signal.name]
    text = "\n".join(dict.fromkeys(said)).strip()[:_LONGEST]
    return starred(text) if len(text.split()) >= _FEWEST_WORDS else ""


def new_text_model() -> TextModel:
    """Return a model that knows nothing."""
    from grace_workers.learning.models.reader import Reader

    return Reader()


def read_text_model(content: bytes) -> TextModel:
    """Return the stored model. Raises IntegrityError for any other content."""
    from grace_workers.learning.models.reader import Reader

    return Reader.from_bytes(content)


def train_text_model(
    told: Sequence[tuple[str, str]], present: bytes | None, unseen: int, *, aside: Aside
) -> Trained[bytes] | None:
    """Return the stored form of a model trained on texts and their causes, oldest first.

    None if there are too few, or all have one cause. The newest are held out. The standard to beat is how often each
    cause occurs, and `present`, the stored model in use, which has not seen the newest `unseen` of them.

    Raises:
        TransientError: the training was ended before it was done.
    """
    given: JsonValue = [[list(one) for one in told], in_text(present), unseen]
    return read_trained(aside(_train, given, within=LONGEST))


def _train(given: Any) -> JsonValue:
    from grace_workers.learning.models.training import trained_reader

    told, present, unseen = given
    content = from_text(present)
    model = None if content is None else read_text_model(content)
    return told_trained(trained_reader([(text, cause) for text, cause in told], model, unseen))
