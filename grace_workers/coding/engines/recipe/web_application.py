"""The web application of a repository: where it is made, its routers and its routes, read from the syntax trees."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from grace_workers.coding.engines.recipe.insertion import module_name
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recipes.recipe import Module, Site

VERBS = ("get", "post", "put", "patch", "delete")
_Defined = ast.FunctionDef | ast.AsyncFunctionDef
_GUARD = re.compile(
    r"auth|login|permission|token|current_user|role|admin|api_key|Security\(|jwt|verif|require|guard|credential"
    r"|principal|identity|Depends\([^)]*user",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class WebFramework:
    """How a framework is spelled: its classes, and what makes a router known to the application."""

    name: str
    router: str
    include: str
    prefix: str


FRAMEWORKS = (
    WebFramework("FastAPI", "APIRouter", "include_router", "prefix"),
    WebFramework("Flask", "Blueprint", "register_blueprint", "url_prefix"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """A router of a module, with the prefix of its own."""

    module: Module
    name: str
    prefix: str
    call: ast.Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """A statement by which the application gets a router: which one, and the prefix that it gives."""

    node: ast.stmt
    router: str
    prefix: str
    call: ast.Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A function that answers requests.

    `style` is the decorator's own name, a verb or `route`; `owner` is what it is registered with; `router` is None for
    an application.
    """

    module: Module
    node: _Defined
    nested: bool
    decorator: ast.Call
    style: str
    owner: str
    router: Router | None
    path: str

    @property
    def methods(self) -> frozenset[str]:
        """The methods that it answers, in capitals."""
        if self.style in VERBS:
            return frozenset({self.style.upper()})
        given = keyword(self.decorator, "methods")
        known = [one.value for one in getattr(given, "elts", ()) if isinstance(one, ast.Constant)]
        return frozenset(map(str, known or ["GET"]))

    @property
    def guard(self) -> str | None:
        """What keeps requests away from it, as far as it can be seen where it stands."""
        depends = keyword(self.decorator, "dependencies")
        if depends is not None:
            return f"dependencies={ast.unparse(depends)}"
        others = [one for one in self.node.decorator_list if one is not self.decorator]
        given = [*self.node.args.defaults, *(one for one in self.node.args.kw_defaults if one)]
        given += [one.annotation for one in (*self.node.args.args, *self.node.args.kwonlyargs) if one.annotation]
        return next((seen for one in (*others, *given) if _GUARD.search(seen := ast.unparse(one))), None)


@dataclass(frozen=True)
class WebApplication:
    """An application at the top level of a module, or in a function that makes it."""

    framework: WebFramework
    home: Module
    node: ast.Assign | ast.AnnAssign
    name: str
    factory: ast.FunctionDef | None
    site: Site

    @property
    def made(self) -> str:
        """The name to import from its module: its own, or that of the function that makes it."""
        return self.factory.name if self.factory else self.name

    @cached_property
    def routers(self) -> Sequence[Router]:
        """Every router that a module has at its top level."""
        return [
            Router(module=module, name=name, prefix=text(keyword(call, self.framework.prefix)), call=call)
            for module in self.site.modules
            for _, name, call in _instances(module.tree.body, self.framework.router)
        ]

    @cached_property
    def inclusions(self) -> Sequence[Inclusion]:
        """The statements beside the application by which it gets routers."""
        known = imports_of(self.home)
        found: list[Inclusion] = []
        for node in self.scope:
            call = node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
            if call is None or not call.args or ast.unparse(call.func) != f"{self.name}.{self.framework.include}":
                continue
            prefix = text(keyword(call, self.framework.prefix))
            router = dotted(ast.unparse(call.args[0]), known, self.home)
            found.append(Inclusion(node=node, router=router, prefix=prefix, call=call))
        return found

    @property
    def scope(self) -> Sequence[ast.stmt]:
        """The statements among which the application is made."""
        return self.factory.body if self.factory else self.home.tree.body

    @cached_property
    def routes(self) -> Sequence[Route]:
        """Every route of the application, and of routers of its framework."""
        return [route for module in self.site.modules for route in self._routes(module)]

    def prefix_of(self, router: Router | None) -> str:
        """Return what every path of a router begins with."""
        if router is None:
            return ""
        name = f"{module_name(router.module.file)}.{router.name}"
        given = next((one.prefix for one in self.inclusions if one.router == name), "")
        if self.framework.name == "Flask" and given:
            return given
        return f"{given}{router.prefix}"

    def path_of(self, route: Route) -> str:
        """Return the whole path of a route."""
        return f"{self.prefix_of(route.router)}{route.path}"

    def _routes(self, module: Module) -> Iterator[Route]:
        known = imports_of(module)
        own = {one.name: one for one in self.routers if one.module is module}
        mine = f"{module_name(self.home.file)}.{self.name}"
        for node, nested in _functions(module.tree):
            for call, style, owner in _registrations(node):
                if owner in own or dotted(owner, known, module) == mine:
                    yield Route(
                        module=module, node=node, nested=nested, decorator=call, style=style, owner=owner,
                        router=own.get(owner), path=text(call.args[0] if call.args else keyword(call, "path")),
                    )  # fmt: skip


def web_application(site: Site, file: str | None) -> WebApplication | Reason:
    """Return the only application, or the one of `file`; or why there is not exactly one."""
    found = [one for one in _applications(site) if file in {None, one.home.file}]
    if len(found) == 1:
        return found[0]
    kinds = " or ".join(one.name for one in FRAMEWORKS)
    if not found:
        where = f"{file} makes no" if file else "No module makes a"
        return Reason(ReasonCode.NOT_FOUND, f"{where} {kinds} application at its top level or in a function.")
    files = ", ".join(one.home.file for one in found)
    return Reason(
        ReasonCode.AMBIGUOUS, f"Several files make a {kinds} application: {files}; name one as `application`."
    )


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return the argument of that name."""
    return next((one.value for one in call.keywords if one.arg == name), None)


def text(node: ast.expr | None) -> str:
    """Return a text that is written as one; otherwise the empty text."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def imports_of(module: Module) -> dict[str, str]:
    """Return the dotted names that a module's imports stand for, those inside functions included."""
    package = module_name(module.file).split(".")
    if not module.file.endswith("__init__.py"):
        package = package[:-1]
    known: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            known.update({one.asname or one.name: one.name for one in node.names})
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            known.update({one.asname or one.name: f"{source}.{one.name}".strip(".") for one in node.names})
    return known


def dotted(expression: str, known: dict[str, str], module: Module) -> str:
    """Return the dotted name that an expression of a module stands for, by its imports."""
    parts = expression.split(".")
    for size in range(len(parts), 0, -1):
        first = ".".join(parts[:size])
        if first in known:
            return ".".join([known[first], *parts[size:]])
    return f"{module_name(module.file)}.{expression}"


def _applications(site: Site) -> Iterator[WebApplication]:
    for module in site.modules:
        makers = [node for node in module.tree.body if isinstance(node, ast.FunctionDef)]
        for factory, body in [(None, module.tree.body), *((one, one.body) for one in makers)]:
            for framework in FRAMEWORKS:
                for node, name, _ in _instances(body, framework.name):
                    yield WebApplication(framework, module, node, name, factory, site)


def _instances(body: Sequence[ast.stmt], kind: str) -> Iterator[tuple[ast.Assign | ast.AnnAssign, str, ast.Call]]:
    for node in body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Call):
            continue
        named = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(named, ast.Name) and ast.unparse(node.value.func).rpartition(".")[2] == kind:
            yield node, named.id, node.value


def _functions(tree: ast.Module) -> Iterator[tuple[_Defined, bool]]:
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, _Defined):
            yield node, id(node) not in top


def _registrations(node: _Defined) -> Iterator[tuple[ast.Call, str, str]]:
    """Yield the decorators that register a function for requests, with their own names and what they belong to."""
    for call in node.decorator_list:
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            style, owner = call.func.attr, call.func.value
            if style in {*VERBS, "route", "api_route"} and isinstance(owner, ast.Name | ast.Attribute):
                yield call, style, ast.unparse(owner)
