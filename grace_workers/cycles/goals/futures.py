"""Forecasts of a daily series: many simulated futures, from which intervals and the day of meeting a goal are read.

Each future is drawn from one of several models (a level that moves more or less fast, with or without a drift), by how
well each explains the past. The models' own parameters are drawn too, because an interval that takes them for certain
is too narrow for the few weeks that a goal has behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from grace_workers.cycles.goals.series import FEWEST

FUTURES = 2_000
_LEVEL_MOVES = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0)
_DRIFT_PRIOR, _WALK_PRIOR = 0.3, 4.0
"""How likely a drift, and a level that stays where it went, are against the others before the past is looked at."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """One model, fitted: where the level ends for each choice of its parameters, and how sure these are."""

    alpha: float
    weight: float
    estimate: Floats
    spread: Floats
    rss: float
    freedom: int
    end: float
    end_by: Floats
    drifts: bool


def futures(past: Sequence[float], days: int, *, seed: int, low: float = -np.inf, high: float = np.inf) -> Floats:
    """Return `FUTURES` simulated continuations of a daily series, one in each row, kept between `low` and `high`.

    Raises:
        ValueError: the past has fewer than `FEWEST` days.
    """
    if len(past) < FEWEST:
        raise ValueError(f"a forecast needs {FEWEST} days, not {len(past)}")
    seen = np.asarray(past, dtype=np.float64)
    chance = np.random.default_rng(seed)
    models = _weighed([_fit(seen, alpha, drifts=drifts) for drifts in (False, True) for alpha in _LEVEL_MOVES])
    chosen = chance.choice(len(models), size=FUTURES, p=[one.weight for one in models])
    drawn = [
        _draw(models[number], int(count), days, chance) for number, count in enumerate(np.bincount(chosen)) if count
    ]
    return np.clip(np.concatenate(drawn), low, high)


def _fit(seen: Floats, alpha: float, *, drifts: bool) -> _Model:
    """Fit by least squares: for a fixed speed of the level, the errors are linear in its start and its drift."""
    count = len(seen)
    keep = (1 - alpha) ** np.arange(count + 1)
    reached = np.cumsum(keep)
    columns = [keep[:count]] + [reached[:count]] * drifts
    level, errors = 0.0, np.empty(count, dtype=np.float64)
    for at, value in enumerate(seen):
        errors[at] = value - level
        level += alpha * errors[at]
    matrix = np.column_stack(columns)
    inverse: Floats = np.linalg.pinv(matrix.T @ matrix)
    estimate: Floats = inverse @ (matrix.T @ errors)
    left = errors - matrix @ estimate
    freedom = count - matrix.shape[1]
    rss = max(float(left @ left), 1e-12 * count)
    parameters = matrix.shape[1] + 2
    prior = (_DRIFT_PRIOR if drifts else 1.0) * (_WALK_PRIOR if alpha == 1 else 1.0)
    weight = np.log(prior) - 0.5 * (count * np.log(rss / count) + parameters * np.log(count))
    ends = np.array([keep[count], reached[count - 1]][: 1 + drifts])
    return _Model(
        alpha=alpha,
        weight=float(weight),
        estimate=estimate,
        spread=inverse,
        rss=rss,
        freedom=freedom,
        end=level,
        end_by=ends,
        drifts=drifts,
    )


def _weighed(models: Sequence[_Model]) -> Sequence[_Model]:
    weights = np.array([one.weight for one in models])
    shares = np.exp(weights - weights.max())
    shares /= shares.sum()
    return [replace(one, weight=float(share)) for one, share in zip(models, shares, strict=True)]


def _draw(model: _Model, count: int, days: int, chance: np.random.Generator) -> Floats:
    sigma = np.sqrt(model.rss / chance.chisquare(model.freedom, size=count))
    root = np.linalg.cholesky(model.spread + 1e-12 * np.eye(len(model.estimate)))
    parameters = model.estimate + sigma[:, None] * (chance.standard_normal((count, len(model.estimate))) @ root.T)
    level = model.end + parameters @ model.end_by
    errors = sigma[:, None] * chance.standard_normal((count, days))
    moved = np.cumsum(model.alpha * errors, axis=1) - model.alpha * errors
    drift = parameters[:, 1:2] * np.arange(1, days + 1) if model.drifts else 0.0
    future: Floats = level[:, None] + drift + moved + errors
    return future
