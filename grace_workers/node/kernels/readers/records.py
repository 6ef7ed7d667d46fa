"""What self-tests read of the ledger."""

from collections.abc import Mapping, Sequence

from grace_workers.diagnosis import KnowledgeEntry
from grace_workers.fleet import ModelFacts
from grace_workers.governance import Switch
from grace_workers.learning import TrackRecord
from grace_workers.orchestration.cycles import run_in
from grace_workers.orchestration.line.model_versions import can_be_mended, fault_of
from grace_workers.orchestration.line.recollection import MODEL
from grace_workers.orchestration.queries import figures
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.models import ModelStore
from grace_workers.orchestration.stores.precedents import PrecedentStore


class LedgerRecords:
    """Each answer is one transaction."""

    def __init__(self, ledger: LineLedger) -> None:
        self._ledger = ledger

    def switch(self, name: str) -> Switch:
        """Return a global switch."""
        with self._ledger.transaction() as tx:
            return tx.switches.read(name)

    def knowledge(self) -> Sequence[KnowledgeEntry]:
        """Return what was learnt."""
        with self._ledger.transaction() as tx:
            return tx.records.knowledge()

    def tracks(self) -> Sequence[TrackRecord]:
        """Return all track records."""
        with self._ledger.transaction() as tx:
            return tx.records.tracks()

    def model(self) -> ModelFacts:
        """Return how the model of diagnosis stands; its content is compared with the hash it was promoted under.

        If it is damaged and a snapshot has it, the cycle that puts it right is started; without one each look would
        only start it again.
        """
        with self._ledger.transaction() as tx:
            outcomes = tx[PrecedentStore].count()
            newest = next(iter(tx[ModelStore].versions(MODEL)), None)
            if newest is None:
                return ModelFacts(version=0, outcomes=outcomes)
            fault = fault_of(tx, newest)
            if fault is not None and can_be_mended(tx, newest):
                run_in(tx, "snapshots", by="kernel:learning_loop")
            return ModelFacts(version=newest.version, outcomes=outcomes, fault=fault)

    def figures(self) -> Mapping[str, int]:
        """Return how many jobs each pool ended in the last hour."""
        return {pool.value: one.processed for pool, one in figures(self._ledger).pools.items()}
