"""Trains a new model of diagnosis and compares it with the present one on outcomes that neither has seen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean

from grace_workers.learning.model import FEWEST_HELD, Model, TextModel, Trained
from grace_workers.learning.models.learner import Learner
from grace_workers.learning.models.reader import Reader
from grace_workers.learning.recall import FEWEST, Nearest, Precedent

_MOST_HELD = 100


def trained(outcomes: Sequence[Precedent], present: Model | None, unseen: int) -> Trained[Model] | None:
    """See `train_model`."""
    usable = [one for one in outcomes if one.teaches]
    if len(usable) < FEWEST or len({one.cause for one in usable}) == 1:
        return None
    held = min(max(FEWEST_HELD, unseen if present is not None else len(usable) // 5), _MOST_HELD, len(usable) // 2)
    old, new = usable[:-held], usable[-held:]
    learner = Learner()
    _replay(learner, old)
    learner.train()
    standard = _by_nearest(old, new) if present is None else _score(present, new)
    score = _score(learner, new)
    learner.train()
    return Trained(model=learner, held=held, score=score, standard=standard)


def trained_reader(
    told: Sequence[tuple[str, str]], present: TextModel | None, unseen: int
) -> Trained[TextModel] | None:
    """See `train_text_model`."""
    if len(told) < FEWEST or len({cause for _, cause in told}) == 1:
        return None
    held = min(max(FEWEST_HELD, unseen if present is not None else len(told) // 5), _MOST_HELD, len(told) // 2)
    old, new = told[:-held], told[-held:]
    usual = Counter(cause for _, cause in old)
    shares = {cause: count / len(old) for cause, count in usual.items()}
    standard = fmean(_brier(shares, cause) for _, cause in new)
    if present is not None:
        standard = min(standard, _read(present, new))
    score = _read(_reader(old), new)
    return Trained(model=_reader(told), held=held, score=score, standard=standard)


def _reader(told: Sequence[tuple[str, str]]) -> Reader:
    found = Reader()
    found.learn([text for text, _ in told], [cause for _, cause in told])
    return found


def _read(model: TextModel, told: Sequence[tuple[str, str]]) -> float:
    return fmean(_brier(model.predict(text), cause) for text, cause in told)


def _replay(learner: Learner, outcomes: Sequence[Precedent]) -> None:
    """Let it learn outcomes in order and predict each first, so that trust is learned from honest predictions."""
    for one in outcomes:
        learner.learn(one.features, one.cause, key=str(one.plan))
        if learner.due:
            learner.train()


def _score(learner: Model, outcomes: Sequence[Precedent]) -> float:
    total = 0.0
    for one in outcomes:
        total += _brier(learner.predict(one.features), one.cause)
        learner.forget(str(one.plan))
        learner.learn(one.features, one.cause, key=str(one.plan))
    return total / len(outcomes)


def _by_nearest(old: Sequence[Precedent], new: Sequence[Precedent]) -> float:
    nearest, total = Nearest(), 0.0
    for one in old:
        nearest.put(one)
    for one in new:
        near = nearest.find(one.features)
        total += _brier({} if near is None else {near.precedent.cause: near.alike}, one.cause)
        nearest.put(one)
    return total / len(new)


def _brier(answer: Mapping[str, float], truth: str) -> float:
    return sum((chance - (label == truth)) ** 2 for label, chance in answer.items()) + (truth not in answer)
