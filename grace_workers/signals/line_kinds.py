"""`line_kinds`: log lines by what they say, values left out, as people read it. A pure function."""

from collections.abc import Sequence

from grace_workers.foundation.redaction import starred
from grace_workers.signals.signature import form, said_in
from grace_workers.signals.templates import TemplateMiner, shown


def line_kinds(lines: Sequence[str]) -> Sequence[str]:
    """Return the template of each line among these lines, without secrets: equal ones for lines of one kind."""
    miner = TemplateMiner()
    ids = miner.resolve([miner.sign(said_in(line)) for line in lines])
    templates = {one: starred(text) for one, text in miner.templates().items()}
    return [templates.get(one) or starred(shown(form(line))) for one, line in zip(ids, lines, strict=True)]
