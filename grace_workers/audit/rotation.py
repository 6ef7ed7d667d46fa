"""Epoch keys: how a log passes from one signing key to the next.

An entry `audit.rotate` names the next key as its subject and carries, as its outcome, the present key's signature over
it. The present key then signs a last checkpoint right behind that entry, and is destroyed. So whoever steals the newest
key cannot sign for an earlier epoch, and the reader pins only the first key.
"""

import base64
import binascii

from grace_workers.audit.note import Signer, VerifierKey
from grace_workers.foundation.errors import InputError

ROTATE = "audit.rotate"
_DOMAIN = b"grace/audit/rotate/v1\n"


def endorsement(signer: Signer, following: VerifierKey) -> str:
    """Return what `signer` says of the key that follows it."""
    return base64.b64encode(signer.sign(_DOMAIN + str(following).encode())).decode()


def endorsed(key: VerifierKey, subject: str, outcome: str) -> VerifierKey | None:
    """Return the key that `key` passes its log on to, or None when the entry is not its own."""
    try:
        following = VerifierKey.parse(subject)
        signature = base64.b64decode(outcome, validate=True)
    except (InputError, binascii.Error, ValueError):
        return None
    if following.name != key.name or not key.verifies(signature, _DOMAIN + subject.encode()):
        return None
    return following
