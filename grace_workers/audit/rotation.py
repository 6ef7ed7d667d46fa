"""Epoch keys: how a log passes from one signing key to the next.

An entry `audit.rotate` names the next key as its subject and carries, as its outcome, the current key's signature over
it. The current key then signs a last checkpoint right after that entry, and is destroyed. So a thief of the newest key
cannot sign for an earlier epoch, and the reader pins only the first key.
"""

import base64
import binascii

from grace_workers.audit.note import Signer, VerifierKey
from grace_workers.foundation.errors import InputError

ROTATE = "audit.rotate"
_DOMAIN = b"grace/audit/rotate/v1\n"


def endorsement(signer: Signer, following: VerifierKey) -> str:
    """Return the endorsement by `signer` of the key that follows it."""
    return base64.b64encode(signer.sign(_DOMAIN + str(following).encode())).decode()


def endorsed(key: VerifierKey, subject: str, outcome: str) -> VerifierKey | None:
    """Return the key to which `key` passes its log on, or None when the entry is not its own."""
    try:
        following = VerifierKey.parse(subject)
        signature = base64.b64decode(outcome, validate=True)
    except (InputError, binascii.Error, ValueError):
        return None
    if following.name != key.name or not key.verifies(signature, _DOMAIN + subject.encode()):
        return None
    return following
