"""`http_endpoint`: a function as an endpoint of a FastAPI or Flask application, written like the others there."""

import ast
import builtins
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from grace_workers.coding.engines.recipe.endpoint_tests import endpoint_tests
from grace_workers.coding.engines.recipe.insertion import module_name
from grace_workers.coding.engines.recipe.signature import PlainParameter, parameters_of
from grace_workers.coding.engines.recipe.web_application import WebApplication, web_application
from grace_workers.coding.engines.recipe.web_endpoint import WebEndpoint, fastapi_endpoint, flask_endpoint
from grace_workers.coding.engines.recipe.web_habits import RoutePlace, WebHabits
from grace_workers.coding.engines.recipe.web_writing import placed, shadowed
from grace_workers.coding.functions import FunctionIndex
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recipes.recipe import Recipe, RecipeFiles, Site
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document

_KINDS = frozenset({"str", "int", "float", "bool"})
_READS = re.compile(r"(get|list|find|show|count|search|read|is|has)(_|$)")
_WORD = r"[A-Za-z_][A-Za-z0-9_]*"
_SEGMENT = rf"([A-Za-z0-9._~-]+|\{{{_WORD}\}})"
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
ErrorName = Annotated[str, StringConstraints(pattern=rf"^{_WORD}$", max_length=100)]
Status = Annotated[int, Field(ge=400, le=499)]


class HttpEndpointOptions(Document):
    """`function` is `FILE::FUNCTION`, whose parameters are texts, numbers or switches.

    `path` is the whole path, with parameters as `{name}`; without it, the path is the function's name below what
    the others begin with. `refusals` are errors of the function and the statuses that answer them, with the error's
    message. `open` lets it be unguarded where most routes are guarded.
    """

    function: str = Field(min_length=4, max_length=500, pattern=rf"\.py::{_WORD}$")
    method: Method | None = None
    path: Annotated[str, StringConstraints(pattern=rf"^(/{_SEGMENT})+/?$", max_length=200)] | None = None
    refusals: dict[ErrorName, Status] = Field(default_factory=dict, max_length=10)
    application: str | None = None
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """All that the files are made from."""

    app: WebApplication
    habits: WebHabits
    place: RoutePlace
    path: str
    method: str
    file: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    parameters: Sequence[PlainParameter]
    refusals: dict[str, int]

    @property
    def in_path(self) -> frozenset[str]:
        """The parameters that the path gives."""
        return frozenset(re.findall(r"\{(\w+)\}", self.path))

    @property
    def endpoint(self) -> WebEndpoint:
        """What answers."""
        path = self.path.removeprefix(self.place.begins)
        if self.app.framework.name == "Flask":
            kinds = {one.name: "" if one.kind == "str" else f"{one.kind}:" for one in self.parameters}
            path = re.sub(r"\{(\w+)\}", lambda found: f"<{kinds[found[1]]}{found[1]}>", path)
        return WebEndpoint(
            name=self.habits.name_of(self.node.name, self.method),
            decorator=self.habits.decorator(self.place.owner, path, self.method),
            function=self.node.name,
            about=_about(self.node),
            method=self.method,
            parameters=self.parameters,
            in_path=self.in_path,
            refusals=self.refusals,
            waits=isinstance(self.node, ast.AsyncFunctionDef),
        )

    @property
    def imports(self) -> list[str]:
        """The function and its errors, imported from where they are, unless the endpoint stands beside them."""
        if self.place.file == self.file:
            return []
        own = [one for one in self.refusals if not hasattr(builtins, one)]
        return [f"from {module_name(self.file)} import {name}" for name in (self.node.name, *own)]


def _write(options: HttpEndpointOptions, site: Site) -> RecipeFiles | Reason:
    plan = _planned(options, site)
    if isinstance(plan, Reason):
        return plan
    against = _objection(plan, options)
    if against is not None:
        return against
    is_flask = plan.app.framework.name == "Flask"
    text, imports = (flask_endpoint if is_flask else fastapi_endpoint)(plan.endpoint)
    needs = [*imports, *plan.imports]
    new, changed = placed(plan.habits, plan.place, text, needs)
    name = plan.endpoint.name
    return RecipeFiles(
        new=new,
        changed=changed,
        tests={site.test_file(name): endpoint_tests(plan.endpoint, plan.app, plan.place, plan.path)},
        subject=f"Answer {plan.method} {plan.path} by {plan.node.name} of {plan.file}",
        story=(
            f"{plan.method} {plan.path} calls {plan.node.name}; it is in {plan.place.file}, as the others are",
            "an error of the function that is not among `refusals` answers as the application answers errors",
            *([] if not plan.habits.guards else ["the other routes are guarded; this one is not, as was asked"]),
        ),
    )


def _planned(options: HttpEndpointOptions, site: Site) -> _Plan | Reason:
    app = web_application(site, options.application)
    if isinstance(app, Reason):
        return app
    file, _, function = options.function.partition("::")
    module = site.module(file)
    found = None if module is None else FunctionIndex(module.text.encode()).named(function)
    if found is None or found.node is None:
        return Reason(ReasonCode.NOT_FOUND, f"{file} has no function {function!r}.")
    read = list(parameters_of(found.node, _KINDS))
    parameters = [one for one in read if isinstance(one, PlainParameter)]
    odd = next((one for one in read if isinstance(one, str)), None) or _odd(found.node, parameters, app)
    if odd is not None:
        return Reason(ReasonCode.UNSUPPORTED, f"{function} cannot be an endpoint: {odd}.")
    habits = WebHabits(app)
    place = habits.place(file)
    slug = function.strip("_").replace("_", habits.joint)
    path = options.path or f"{place.begins or habits.usual_start}/{slug}{habits.slash}"
    if place.known is None and not path.startswith(f"{place.begins}/"):
        place = RoutePlace(file=place.file, owner=place.owner, begins="")
    method = options.method or ("GET" if _READS.match(function) else "POST")
    return _Plan(
        app=app, habits=habits, place=place, path=path, method=method, file=file, node=found.node,
        parameters=parameters, refusals=dict(options.refusals),
    )  # fmt: skip


def _odd(node: ast.AST, parameters: Sequence[PlainParameter], app: WebApplication) -> str | None:
    """Return what is in the way of answering requests by a function."""
    if isinstance(node, ast.AsyncFunctionDef) and app.framework.name == "Flask":
        return "it is asynchronous, and Flask calls functions that are not"
    if any(isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(node)):
        return "it is a generator"
    name = getattr(node, "name", "")
    for one in parameters:
        if one.name.startswith("_") or one.name in {name, "given", "request", "jsonify", "error"}:
            return f"its parameter {one.name} has a name that the endpoint needs itself, or begins with an underscore"
    return None


def _objection(plan: _Plan, options: HttpEndpointOptions) -> Reason | None:
    """Return what speaks against the endpoint."""
    guards = plan.habits.guards
    if not options.open and len(guards) * 2 >= len(plan.app.routes) > 0:
        words = f"{len(guards)} of {len(plan.app.routes)} routes are guarded, one by {guards[0][:80]}; the new one"
        return Reason(ReasonCode.UNSAFE, f"{words} would not be. If that is right, say `open: true`.")
    unknown = sorted(plan.in_path - {one.name for one in plan.parameters})
    if unknown:
        return Reason(ReasonCode.NOT_FOUND, f"{plan.node.name} has no parameter {unknown[0]!r}, which the path gives.")
    switches = [one.name for one in plan.parameters if one.name in plan.in_path and one.kind == "bool"]
    if switches:
        return Reason(ReasonCode.UNSUPPORTED, f"{switches[0]} is a switch, which a path cannot give.")
    if plan.place.known and not plan.path.startswith(plan.place.begins):
        words = f"Paths of {plan.place.file}, where it belongs, begin with {plan.place.begins}; {plan.path} does not."
        return Reason(ReasonCode.UNSUPPORTED, words)
    if plan.place.known is None and plan.file == plan.app.home.file:
        words = f"{plan.node.name} is in the file of the application, which would have to import itself; move it first."
        return Reason(ReasonCode.UNSUPPORTED, words)
    return _collision(plan)


def _collision(plan: _Plan) -> Reason | None:
    """Return a route or a name that is there already."""
    plain = re.compile(r"\{[^}]*\}|<[^>]*>")
    for one in plan.app.routes:
        known = plan.app.path_of(one)
        if plan.method in one.methods and plain.sub("{}", known) == plain.sub("{}", plan.path):
            words = f"{plan.method} {plan.path} is answered by {one.node.name} of {one.module.file} already."
            return Reason(ReasonCode.COLLISION, words)
    if plan.place.known is None:
        return None
    taken = shadowed(plan.place.known, plan.endpoint.name, plan.imports)
    return Reason(ReasonCode.COLLISION, f"{plan.place.file} has a name {taken!r} already.") if taken else None


def _about(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return a docstring of one line: the first of the function's own, or that it is called."""
    first = (ast.get_docstring(node) or f"Call {node.name}.").split("\n")[0][:80]
    return '"""' + re.sub(r'["\\]', "'", first).strip() + '"""'


DEFINITION = Recipe(
    name="http_endpoint",
    about="a function as an endpoint of a FastAPI or Flask application",
    task=TaskType.BUILD_FEATURE,
    options=HttpEndpointOptions,
    write=_write,
)
