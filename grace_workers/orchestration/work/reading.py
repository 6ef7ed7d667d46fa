"""Maintains the model of texts: learned from the texts of signals whose cause an outcome proved."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from grace_workers.foundation.aside import Aside
from grace_workers.foundation.document import JsonValue
from grace_workers.learning import Precedent, new_text_model, read_text_model, text_of, train_text_model
from grace_workers.orchestration.line.model_versions import content_of, sound_version
from grace_workers.orchestration.line.reading import TEXTS
from grace_workers.orchestration.line.recollection import REMEMBERED
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.orchestration.stores.models import ModelStore, ModelVersion
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.orchestration.work.training import EVERY, keep_model

MEMORY = "learning.texts"
_AGAIN_AFTER = 15
_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TextsDue:
    """What a training is to know: the newest revision, and how many outcomes the present model has not seen.

    `replaces`: the present model learned from an outcome that was taken back, so it goes whatever the new one's score.
    """

    revision: int
    unseen: int
    replaces: bool


def texts_due(tx: LineTransaction) -> TextsDue | None:
    """Return what to train if that is due: at first, after 100 outcomes, or when one was taken back."""
    store = tx[PrecedentStore]
    revision, tried = store.revision(), _tried(tx)
    if revision == tried:
        return None
    present = next(iter(tx[ModelStore].versions(TEXTS)), None)
    changes = store.changes(after=0 if present is None else present.revision, limit=REMEMBERED)
    # A later check of an outcome writes it again, which makes it no new outcome.
    news = [at for at, one in changes if one.teaches and (present is None or one.at > present.at)]
    replaces = present is not None and any(one.forgotten or one.recurred for _, one in changes)
    attempted = sum(at > tried for at in news)
    wanted = _AGAIN_AFTER if present is None and tried else EVERY if present is not None else 1
    if not replaces and (len(news) < wanted or attempted < min(wanted, _AGAIN_AFTER)):
        return None
    return TextsDue(revision=revision, unseen=len(news), replaces=replaces)


def train_texts(ledger: LineLedger, begin: TextsDue, now: datetime, aside: Aside) -> Mapping[str, JsonValue]:
    """Train a model of texts, and promote it if it beats the present one on texts that neither has seen."""
    with ledger.transaction() as tx:
        outcomes = sorted((one for _, one in tx[PrecedentStore].before(limit=REMEMBERED)), key=lambda one: one.at)
        sound = None if begin.replaces else sound_version(tx, TEXTS, read_text_model)
        present = None if sound is None else content_of(tx, sound[0])
    told = list(_told(ledger, [one for one in outcomes if one.teaches]))
    found = train_text_model(told, present, begin.unseen, aside=aside)
    score = {"texts": len(told), **({} if found is None else found.told())}
    if (found is None or not found.better) and not begin.replaces:
        with ledger.transaction() as tx:
            tx.cycle_states.write(MEMORY, {"revision": begin.revision}, now)
        return {"promoted": False, **score}
    content = new_text_model().to_bytes() if found is None else found.model
    with ledger.transaction() as tx:
        tx.records.lock()
        model = ModelVersion(
            name=TEXTS,
            version=tx[ModelStore].newest(TEXTS) + 1,
            sha256=hashlib.sha256(content).hexdigest(),
            at=now,
            revision=begin.revision,
            outcomes=len(told),
            score=score,
        )
        keep_model(tx, model, content, by="grace", action="learning.promoted", told=score)
        tx.cycle_states.write(MEMORY, {"revision": begin.revision}, now)
    return {"promoted": True, "version": model.version, **score}


def _told(ledger: LineLedger, outcomes: Sequence[Precedent]) -> Iterator[tuple[str, str]]:
    """Yield the texts of the outcomes' signals and their causes, in the order of the outcomes."""
    for at in range(0, len(outcomes), _BATCH):
        some = outcomes[at : at + _BATCH]
        with ledger.transaction() as tx:
            dossiers = tx.incidents.load_all({one.incident for one in some})
            texts = {incident: text_of(one.signal) for incident, one in dossiers.items()}
        yield from ((text, one.cause) for one in some if (text := texts.get(one.incident)))


def _tried(tx: LineTransaction) -> int:
    kept = tx.cycle_states.read(MEMORY)
    found = kept.get("revision", 0) if isinstance(kept, dict) else 0
    return found if isinstance(found, int) else 0
