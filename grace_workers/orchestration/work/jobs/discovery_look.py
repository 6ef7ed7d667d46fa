"""`discovery.look`: looks in every declared discovery for targets that no one declared by hand."""

from datetime import timedelta

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError
from grace_workers.orchestration.discovery.looking import look
from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.work.definition import JobDefinition, JobParts


def run(parts: JobParts, claim: Claim) -> Ending:
    """Look once in each; a second run changes nothing."""
    found, told = parts.discoveries, dict[str, JsonValue]()
    for name in found.rules:
        try:
            looked = look(parts.line.ledger, parts.line.clock, found, name, by=f"job:{claim.job.name}")
        except ConflictError as error:
            told[name] = str(error)
        else:
            changed = {word: len(names) for word, names in looked.news.items()}
            told[name] = {"targets": looked.state.seen, **changed, "problem": looked.state.problem}
    return Succeeded(result=told)


DEFINITION = JobDefinition(
    name="discovery_look",
    summary="Looks in every declared discovery for targets, and keeps what it finds.",
    pools=(Pool.ORCHESTRATION,),
    run=run,
    time_limit=timedelta(minutes=5),
    audited=False,
    cadence=timedelta(seconds=30),
    only_with="discoveries",
    orderable=True,
)
