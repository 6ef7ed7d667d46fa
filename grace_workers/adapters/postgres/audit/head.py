"""The log's head, locked: how far it goes, and whether it continues what was signed."""

from grace_workers.adapters.postgres.audit.admitting import catch_up
from grace_workers.adapters.postgres.audit.passes import SealRefusedError
from grace_workers.adapters.postgres.audit.session import (
    Session,
    frontier_of,
    stored_hashes,
)
from grace_workers.audit import (
    EMPTY_ROOT,
    ROTATE,
    Checkpoint,
    Head,
    Signer,
    consistent,
)


def take_head(session: Session) -> Head | None:
    """Return the log's head, locked; None while another has it. Raises SealRefusedError: it is gone."""
    row = session.execute("SELECT size, frontier, chain FROM audit_head FOR UPDATE SKIP LOCKED", binary=True).fetchone()
    if row is None:
        require_head(session)
    return None if row is None else Head(*row)


def require_head(session: Session) -> None:
    """Raise SealRefusedError when the log has no head."""
    if session.execute("SELECT 1 FROM audit_head").fetchone() is None:
        raise SealRefusedError("the log's head is missing; restore the database, and run `grace audit verify`")


def knows_streams(session: Session, size: int) -> bool:
    """Return whether the streams are known up to `size`; if not, process a part of the rest."""
    row = session.execute("SELECT streams FROM audit_head").fetchone()
    known = 0 if row is None else row[0]
    return known == size or catch_up(session, known, size) == size


def ends_epoch(session: Session, size: int, following: Signer) -> bool:
    """Return whether the first `size` entries end with the rotation to this key."""
    row = session.execute(
        "SELECT entry ->> 'action', entry ->> 'subject' FROM audit_log WHERE seq = %s", (size - 1,)
    ).fetchone()
    return row == (ROTATE, str(following.key))


def continues(session: Session, signed: Checkpoint, head: Head) -> bool:
    """Return whether the log as `head` knows it continues that checkpoint. Raises IntegrityError: nodes are missing."""
    root = frontier_of(head).root()
    if signed.size == 0:
        return signed.root == EMPTY_ROOT
    if signed.size == head.size:
        return root == signed.root
    path = stored_hashes(session).consistency(signed.size, head.size)
    return consistent(signed.size, signed.root, head.size, root, path)
