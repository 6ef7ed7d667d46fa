"""Whether what was last signed here can be read. The audit kernel judges whether the log continues it."""

from collections.abc import Sequence
from pathlib import Path

from grace_workers.fleet import Limited, Readiness, Ready
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.own_file import objection
from grace_workers.orchestration.audit_archive import Anchor, SealingKeys


def signed_here(keys: SealingKeys, anchors: Sequence[Anchor], anchor_file: Path) -> Readiness:
    """Judge the audit log's key and anchors. Raises InputError when others may change them, or we cannot read them."""
    if anchor_file.exists() and (why := objection(anchor_file.stat())) is not None:
        raise InputError(f"the audit log's anchor {anchor_file} {why}; give it to this user with mode 0600")
    try:
        pinned = keys.pinned()
        notes = [keys.last(), *(one.newest(pinned.name) for one in anchors)]
        keys.signer()
    except NotFoundError:
        return Limited("nothing has been signed here yet", "a key, which the first node that seals creates")
    except OSError as error:
        raise InputError(f"the audit log's signing key cannot be read: {error}; correct its owner and mode") from error
    return Ready(f"the key of {pinned.name} is here; {sum(1 for note in notes if note)} places keep its signatures")
