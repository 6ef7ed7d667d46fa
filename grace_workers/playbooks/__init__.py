"""Declared remedies and the plans made from them. Runs nothing."""

from grace_workers.foundation.duration import Duration, parse_duration, spelled
from grace_workers.playbooks.adjustment import UNSET, AdjustedFigure, AdjustedLibrary, Adjustment, adjusted
from grace_workers.playbooks.advise import advise
from grace_workers.playbooks.bind import FLEET, REQUESTED, Occasion, bind, given_bindings
from grace_workers.playbooks.choose import Prospects, candidates, choose, in_shadow
from grace_workers.playbooks.crosscheck import Bindings
from grace_workers.playbooks.describe import Section, dry_run, explain, promise, proviso
from grace_workers.playbooks.domain import DEFAULT_MODES, strictest
from grace_workers.playbooks.library import Library
from grace_workers.playbooks.loader import advised, dump, lint, load_directories, load_text
from grace_workers.playbooks.param import Param, ParamType, Scalar, fill
from grace_workers.playbooks.plan import (
    Expectation,
    Guards,
    Mode,
    NoPlan,
    Operator,
    Plan,
    Question,
    Round,
    Step,
    StepCondition,
    StepTurn,
)
from grace_workers.playbooks.playbook import Playbook, schema, schema_text
from grace_workers.playbooks.ready import PREFIX, ReadyPlan, bind_ready

__all__ = [
    "DEFAULT_MODES",
    "FLEET",
    "PREFIX",
    "REQUESTED",
    "UNSET",
    "AdjustedFigure",
    "AdjustedLibrary",
    "Adjustment",
    "Bindings",
    "Duration",
    "Expectation",
    "Guards",
    "Library",
    "Mode",
    "NoPlan",
    "Occasion",
    "Operator",
    "Param",
    "ParamType",
    "Plan",
    "Playbook",
    "Prospects",
    "Question",
    "ReadyPlan",
    "Round",
    "Scalar",
    "Section",
    "Step",
    "StepCondition",
    "StepTurn",
    "adjusted",
    "advise",
    "advised",
    "bind",
    "bind_ready",
    "candidates",
    "choose",
    "dry_run",
    "dump",
    "explain",
    "fill",
    "given_bindings",
    "in_shadow",
    "lint",
    "load_directories",
    "load_text",
    "parse_duration",
    "promise",
    "proviso",
    "schema",
    "schema_text",
    "spelled",
    "strictest",
]
