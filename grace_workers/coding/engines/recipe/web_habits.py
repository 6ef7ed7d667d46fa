"""What most routes of a repository have in common, so that a new one looks like them."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

from grace_workers.coding.engines.recipe.insertion import module_name
from grace_workers.coding.engines.recipe.web_application import VERBS, Route, Router, WebApplication, keyword
from grace_workers.coding.recipes.recipe import Module

H = TypeVar("H", bound=Hashable)
_ENDINGS = ("_routes", "_router", "_views", "_view", "_api", "_endpoints", "_controller", "_blueprint", "_resource")
_NAMES = ("_endpoint", "_view", "_route", "_handler", "_api", "_page")
_GENERAL = {"routes", "router", "routers", "views", "api", "endpoints", "controllers", "blueprint", "blueprints"}
_STARTS = re.compile(r"(/api)?(/v\d+)?(?=/|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePlace:
    """Where a new route goes: a module, and what it is registered with there. `router` is None for a new router.

    `given` and `own` are prefixes: of the inclusion of a router, and of the router itself.
    """

    file: str
    owner: str
    begins: str
    given: str = ""
    own: str = ""
    after: Route | None = None
    known: Module | None = None


@dataclass(frozen=True, slots=True)
class WebHabits:
    """How the routes of an application are written, by what the majority does."""

    app: WebApplication

    def place(self, function_file: str) -> RoutePlace:
        """Return where a route for a function of that file goes: where most routes live."""
        on_router = [one for one in self.app.routes if one.router is not None]
        on_app = [one for one in self.app.routes if one.router is None and not one.nested]
        if len(on_app) > len(on_router):
            return self._beside(on_app)
        stem = stem_of(function_file)
        file = self._file(stem, function_file, [one.module.file for one in on_router])
        found = next((one for one in self.app.routers if one.module.file == file), None)
        if found is not None:
            return self._at(found)
        name = usual_of([one.name for one in self.app.routers])
        given, own = self._prefixes(f"/{stem.replace('_', self.joint)}")
        return RoutePlace(
            file=file,
            owner=name or self.app.framework.router.lower().removeprefix("api"),
            begins=given + own,
            given=given,
            own=own,
        )

    @property
    def usual_start(self) -> str:
        """What most paths begin with, if it is `/api`, a version or both."""
        return _shared_start([self.app.path_of(one) for one in self.app.routes])

    @property
    def joint(self) -> str:
        """What joins the words of a path: a hyphen, or an underscore where most paths have that."""
        fixed = [re.sub(r"[{<][^}>]*[}>]", "", one.path) for one in self.app.routes]
        return "_" if sum("_" in one for one in fixed) > sum("-" in one for one in fixed) else "-"

    @property
    def slash(self) -> str:
        """What paths end with."""
        return "/" if mostly(len(one.path) > 1 and one.path.endswith("/") for one in self.app.routes) else ""

    @property
    def tagged(self) -> bool:
        """Whether routers have tags."""
        return mostly(keyword(one.call, "tags") is not None for one in self.app.routers)

    @property
    def local_imports(self) -> bool:
        """Whether the function that makes the application imports its routers itself."""
        scope = self.app.factory
        return scope is not None and any(type(one).__name__ == "ImportFrom" for one in scope.body)

    def decorator(self, owner: str, path: str, method: str) -> str:
        """Return the line that registers a route, in the way of the others."""
        styles = [one.style for one in self.app.routes]
        if usual_of(styles) == "route" and self.app.framework.name == "Flask":
            return f'@{owner}.route("{path}", methods=["{method}"])'
        return f'@{owner}.{method.lower()}("{path}")'

    def name_of(self, function: str, method: str) -> str:
        """Return the name of the function that answers, in the way of the others, and never that of the other."""
        names = [one.node.name for one in self.app.routes]
        ending = next((one for one in _NAMES if mostly(name.endswith(one) for name in names)), "_endpoint")
        bare = function.strip("_")
        verb = f"{method.lower()}_"
        if mostly(name.startswith(tuple(f"{one}_" for one in VERBS)) for name in names) and not bare.startswith(verb):
            return f"{verb}{bare}"
        return f"{bare}{ending}"

    @property
    def guards(self) -> Sequence[str]:
        """What keeps requests away, of each route that has such a thing."""
        found = [one.guard or self._guard_of(one.router) for one in self.app.routes]
        return [one for one in found if one is not None]

    def _guard_of(self, router: Router | None) -> str | None:
        """Return what a router's dependencies are, or those that its inclusion gives it."""
        if router is None:
            return None
        name = f"{module_name(router.module.file)}.{router.name}"
        calls = [router.call, *(one.call for one in self.app.inclusions if one.router == name)]
        return "dependencies" if any(keyword(one, "dependencies") is not None for one in calls) else None

    def _prefixes(self, name: str) -> tuple[str, str]:
        """Return what an inclusion and its router begin with, where most have such a thing."""
        routers = self.app.routers
        whole = [self.app.prefix_of(one) for one in routers]
        start = _shared_start(whole)
        name = name if mostly(one not in {"", start} for one in whole) else ""
        includes = mostly(one.prefix != "" for one in self.app.inclusions)
        owns = mostly(one.prefix != "" for one in routers)
        if includes and owns and self.app.framework.name == "FastAPI":
            return start, name
        return (start + name, "") if includes else ("", start + name if owns else "")

    def _beside(self, routes: Sequence[Route]) -> RoutePlace:
        file = usual_of([one.module.file for one in routes]) or routes[0].module.file
        last = max((one for one in routes if one.module.file == file), key=lambda one: one.node.lineno)
        return RoutePlace(file=file, owner=last.owner, begins="", after=last, known=last.module)

    def _at(self, router: Router) -> RoutePlace:
        mine = [one for one in self.app.routes if one.router is router and not one.nested]
        last = max(mine, key=lambda one: one.node.lineno, default=None)
        return RoutePlace(
            file=router.module.file, owner=router.name, begins=self.app.prefix_of(router), after=last,
            known=router.module,
        )  # fmt: skip

    def _file(self, stem: str, function_file: str, places: Sequence[str]) -> str:
        """Return the file of a router for a module of that stem, named like the others."""
        beside = self.app.site.beside
        stems = [stem_of(one) for one in dict.fromkeys(places)]
        if not stems:
            return beside(self.app.home.file, f"{stem}_routes.py")
        folders = [PurePosixPath(one).parent for one in dict.fromkeys(places)]
        usual = usual_of(stems) or ""
        if usual in _GENERAL and len(set(folders)) > 1:
            return beside(function_file, f"{usual}.py")
        if usual in _GENERAL:
            return places[0]
        ending = next((one for one in _ENDINGS if mostly(name.endswith(one) for name in stems)), "")
        folder = usual_of(folders) or PurePosixPath()
        apart = folder not in {PurePosixPath(function_file).parent, PurePosixPath(self.app.home.file).parent}
        return str(folder / f"{stem}{ending or ('' if apart else '_routes')}.py")


def stem_of(file: str) -> str:
    """Return the name of a module, without its folder."""
    return PurePosixPath(file).stem.strip("_")


def usual_of(values: Sequence[H]) -> H | None:
    """Return the most frequent value, the first of equals."""
    return Counter(values).most_common(1)[0][0] if values else None


def mostly(answers: Iterable[bool]) -> bool:
    """Return whether more than half are true."""
    known = list(answers)
    return sum(known) * 2 > len(known)


def _shared_start(paths: Sequence[str]) -> str:
    starts = [found[0] for one in paths if (found := _STARTS.match(one)) is not None]
    usual = usual_of(starts) or ""
    return usual if mostly(one == usual for one in starts) else ""
