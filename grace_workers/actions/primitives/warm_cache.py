"""Ask a service for pages, so that its caches are warm, and prove that they are."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.halt import go_on
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done
from grace_workers.actions.roles.http_probe import HttpProbe
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError

_MOST_PATHS = 200
_OK = range(200, 400)

PagePath = Annotated[str, StringConstraints(max_length=2000, pattern=r"^/[^\s\x00-\x1f\x7f]*$")]


class WarmCacheParams(Document):
    """Each of `paths` is asked for `rounds` times. In the last round each must answer within `within`, or it fails."""

    paths: Annotated[tuple[PagePath, ...], Field(min_length=1, max_length=_MOST_PATHS)]
    rounds: Annotated[int, Field(ge=2, le=5)] = 2
    within: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(minutes=1))] = timedelta(milliseconds=500)


class WarmBefore(Document):
    """How many paths are to be asked for."""

    paths: int


class WarmCache(Irrevocable[HttpProbe, WarmCacheParams, WarmBefore]):
    """Ask a service for pages, so that its caches are warm, and prove that they are."""

    role = HttpProbe
    params = WarmCacheParams
    kept = WarmBefore
    cannot = "what a cache holds now does no harm, so nothing is taken back"

    def preview(self, service: HttpProbe, params: WarmCacheParams) -> Preview:
        """Name the pages, without asking for any."""
        del service
        changes = tuple(f"ask for {path[:200]} {params.rounds} times" for path in params.paths)
        return Preview(changes=changes, blast=BlastRadius(count=len(params.paths), unit="page", share=0.0))

    def snapshot(self, service: HttpProbe, params: WarmCacheParams) -> WarmBefore:
        """Keep the count."""
        del service
        return WarmBefore(paths=len(params.paths))

    def apply(self, service: HttpProbe, params: WarmCacheParams, before: WarmBefore) -> Outcome:
        """Ask for the pages, and judge the last round."""
        del before
        rounds = [[_asked(service, path) for path in params.paths] for _ in range(params.rounds)]
        slowest = max(seconds for _, seconds in rounds[-1])
        for path, (status, seconds) in zip(params.paths, rounds[-1], strict=True):
            if status not in _OK or seconds > params.within.total_seconds():
                raise PermanentError(f"{path[:200]} still answers with {status} after {seconds:.3f} s")
        first = max(seconds for _, seconds in rounds[0])
        words = f"the slowest of {len(params.paths)} pages took {slowest * 1000:.0f} ms (was {first * 1000:.0f} ms)"
        return done(words, milliseconds=round(slowest * 1000))

    def answers(self, service: HttpProbe, params: WarmCacheParams) -> bool:
        """Return whether the first page is answered."""
        return service.get(params.paths[0], timedelta(seconds=30))[0] in _OK


def _asked(service: HttpProbe, path: str) -> tuple[int, float]:
    go_on()
    return service.get(path, timedelta(seconds=30))


DEFINITION = WarmCache().primitive(
    "warm_cache",
    "Ask a service for pages, so that its caches are warm, and prove that they are.",
    aspect=Aspect.PERFORMANCE,
    risk=0.05,
    worst=BlastRadius(count=_MOST_PATHS, unit="page", share=0.0),
    irreversible="What the caches of the service hold since stays there.",
)
