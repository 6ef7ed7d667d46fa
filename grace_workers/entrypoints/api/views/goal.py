"""Goals: how they stand, their forecast and their error budgets."""

from datetime import date
from typing import Self

from pydantic import Field

from grace_workers.cycles import ErrorBudget, Goal, GoalEvaluation
from grace_workers.entrypoints.api.views.view import Moment, Seconds, View
from grace_workers.orchestration.goals import GoalStanding


class GoalView(View):
    """What is to be reached: the indicator is at least `objective` over the window that ends now."""

    name: str
    indicator: str
    objective: float
    window: Seconds
    owner: str
    needs: list[str]
    budgeted: bool
    made_at: Moment
    by: str
    ended_at: Moment | None


class DayView(View):
    """A value of the goal on one day: as it was, or as it is forecast with its intervals."""

    day: date
    value: float
    within_80: tuple[float, float] | None
    within_95: tuple[float, float] | None


class GoalEvaluationView(View):
    """How a goal stood. Days are counted from `at`; null: not within the 90 days that a forecast looks ahead."""

    state: str = Field(description="met, on_track, at_risk, off_track or unknown")
    reason: str
    at: Moment
    value: float | None
    total: float
    chance: float | None = Field(description="the chance that it is met when a window has passed")
    met_by: int | None
    met_within_80: tuple[int | None, int | None] | None
    met_within_95: tuple[int | None, int | None] | None
    past: list[DayView]
    ahead: list[DayView]

    @classmethod
    def of_evaluation(cls, found: GoalEvaluation) -> Self:
        """Return the view of an evaluation."""
        past, ahead = ([DayView.of(one) for one in days] for days in (found.past, found.ahead))
        return cls.of(found, past=past, ahead=ahead)


class BurnRateView(View):
    """How fast an error budget burns over a long and a short window; 1 is what the objective allows."""

    long_window: Seconds
    short_window: Seconds
    limit: float
    urgent: bool
    long: float
    short: float
    burning: bool


class ErrorBudgetView(View):
    """How many failures the objective allowed in its window, and how many there were."""

    allowed: float
    failures: float
    total: float
    left: float = Field(description="the share that is left; below 0 when more went wrong than allowed")
    spent: bool
    rates: list[BurnRateView]

    @classmethod
    def of_budget(cls, budget: ErrorBudget) -> Self:
        """Return the view of an error budget."""
        rates = [
            BurnRateView.of(
                one,
                long_window=one.window.long,
                short_window=one.window.short,
                limit=one.window.rate,
                urgent=one.window.urgent,
            )
            for one in budget.rates
        ]
        return cls.of(budget, rates=rates)


class GoalStandingView(View):
    """A goal, how it stood when it was last evaluated, and its error budget if it has one."""

    goal: GoalView
    evaluation: GoalEvaluationView | None
    budget: ErrorBudgetView | None

    @classmethod
    def of_standing(cls, standing: GoalStanding) -> Self:
        """Return the view of a goal."""
        evaluation, budget = standing.evaluation, standing.budget
        return cls(
            goal=GoalView.of(standing.goal),
            evaluation=None if evaluation is None else GoalEvaluationView.of_evaluation(evaluation),
            budget=None if budget is None else ErrorBudgetView.of_budget(budget),
        )

    @classmethod
    def of_new(cls, goal: Goal) -> Self:
        """Return the view of a goal that was not evaluated yet."""
        return cls(goal=GoalView.of(goal), evaluation=None, budget=None)


class IndicatorView(View):
    """Something that a goal can be measured by."""

    name: str
    summary: str
    measure: str = Field(description="share or level")
    advice: str
