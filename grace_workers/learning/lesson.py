"""`Lesson`: what one episode says about the knowledge base. A proposal; the caller writes it."""

import hashlib
import json
from dataclasses import dataclass, replace

from grace_workers.diagnosis import CauseName, Knowledge, KnowledgeEntry, Origin
from grace_workers.learning.episode import Ending, Episode
from grace_workers.signals import Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One entry as it was, None for a new one, and as it should be."""

    before: KnowledgeEntry | None
    after: KnowledgeEntry
    why: str


def lesson(episode: Episode, knowledge: Knowledge) -> Lesson | None:
    """Return what the episode adds to the knowledge, or None.

    A verified outcome adds the entry or counts for it; an ineffective or failed one counts against it, and makes a
    new entry too, so that a remedy that never worked is remembered. An inconclusive outcome teaches nothing, and
    neither does a success against a cause that only texts suggested, because the texts were not verified.
    """
    if episode.ending is Ending.INCONCLUSIVE or (episode.words_alone and episode.ending is Ending.VERIFIED):
        return None
    fresh = _entry(episode)
    before = next((entry for entry in knowledge.entries if entry.id == fresh.id), None)
    known = before or fresh
    won = episode.ending is Ending.VERIFIED
    after = replace(known, verified=known.verified + won, unverified=known.unverified + (not won))
    words = "was verified" if won else f"was {episode.ending}"
    why = f"{episode.playbook} against {episode.cause} of {episode.target} {words}: {after.verified} of "
    return Lesson(before=before, after=after, why=f"{why}{after.verified + after.unverified} runs now")


def _entry(episode: Episode) -> KnowledgeEntry:
    complaining = episode.complaining or episode.target
    identity = [episode.signature, complaining, episode.cause, episode.target, episode.playbook, dict(episode.bindings)]
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()[:16]
    return KnowledgeEntry(
        id=f"learned:{digest}",
        origin=Origin.LEARNED,
        cause=CauseName(episode.cause),
        summary=f"{episode.signature} on {complaining} is {episode.cause} of {episode.target}",
        signature=Signature(episode.signature),
        target=complaining,
        subject=episode.target,
        bindings=episode.bindings,
        playbook=episode.playbook,
    )
