"""The model's rung of repair: it is asked where the search found nothing, and its patch passes the whole suite."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from grace_workers.coding.baseline import Baseline
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.localisation.localise import localise
from grace_workers.coding.engines.model.conversation import Proposed, proposed
from grace_workers.coding.engines.model.question import bare, files_to_edit, question
from grace_workers.coding.engines.repair.static_checks import StaticChecks
from grace_workers.coding.engines.repair.verifying import objection_of
from grace_workers.coding.model import LanguageModel

_SUSPECTS = 6


def asked_for_patch(
    model: LanguageModel, baseline: Baseline, deadline: Deadline, *, only: Sequence[str] | None, calls: Sequence[str]
) -> Proposed:
    """Return a patch that passes the whole suite, or what came instead. `only` limits it to the files of functions."""
    found = localise(baseline.traced, baseline.tree, baseline.sources)
    named = None if only is None else {target.partition("::")[0] for target in only}
    suspects = [one for one in found if named is None or one.file in named][:_SUSPECTS]
    files = files_to_edit(baseline, suspects)
    if not files:
        return Proposed(story=("the language model was not asked, because no code of the repository is suspicious",))

    checks = StaticChecks(baseline, deadline)
    baseline.renew()

    def objection(changed: Mapping[str, bytes]) -> str | None:
        against = checks.added(changed) or objection_of(baseline, changed, deadline)
        return None if against is None else ", ".join(bare(one) for one in against.split(", "))

    answered = proposed(model, question(baseline, suspects, calls), files, objection, deadline)
    return replace(answered, story=(*answered.story, *(checks.told() if answered.files else checks.story)))
