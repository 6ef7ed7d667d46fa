"""`Texts`: what the free text of a signal suggests, if no structure of the problem is like an earlier one."""

from dataclasses import dataclass

from grace_workers.diagnosis import CauseName, EngineKind, Suggestion
from grace_workers.learning import TextModel, read_text_model
from grace_workers.orchestration.line.model_versions import sound_version
from grace_workers.orchestration.stores import Transaction
from grace_workers.orchestration.stores.models import ModelVersion

TEXTS = "texts"
"""The name of the model of texts."""

_LIKELY_FROM = 0.5


@dataclass(frozen=True, slots=True)
class Unsure:
    """A model's answer that it does not know, and why."""

    why: str


def best_guess(model: str, cause: str, share: float, words: str, least: float) -> str:
    """Return why the likeliest cause of a model is not suggested."""
    return f"{model} finds {cause} likeliest by {words}, but gives it {share:.0%}, and {least:.0%} is the least"


class Texts:
    """The model of texts in use. Not safe to share between threads."""

    def __init__(self) -> None:
        self._seen = 0
        self._model: tuple[ModelVersion, TextModel] | None = None

    def follow(self, tx: Transaction, newest: int) -> None:
        """Read the model if `newest`, the version now stored, is a new one."""
        if newest != self._seen:
            self._model, self._seen = sound_version(tx, TEXTS, read_text_model), newest

    def suggest(self, text: str) -> Suggestion | Unsure | None:
        """Return the cause that the text makes likelier than not, or why there is none; None without model or text."""
        if self._model is None or not text:
            return None
        version, model = self._model
        named = f"model {version.version} of texts"
        answer = model.predict(text)
        cause = max(answer, key=lambda one: answer[one], default=None)
        if cause is None:
            return Unsure(f"{named} knows no word of what it says")
        words = ", ".join(repr(one) for one in model.telling(text, cause)) or "no single word"
        if answer[cause] < _LIKELY_FROM:
            return Unsure(best_guess(named, cause, answer[cause], words, _LIKELY_FROM))
        return Suggestion(
            cause=CauseName(cause),
            engine=EngineKind.MODEL,
            confidence=answer[cause],
            reasoning=f"{named} gives it {answer[cause]:.0%} by {words}",
            evidence=(f"model:{version.name}:{version.version}",),
        )
