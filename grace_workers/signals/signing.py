"""Signatures of deliveries: compared in constant time, and soon expired, so that no old delivery is replayed."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from grace_workers.foundation.errors import InputError

WINDOW = timedelta(minutes=5)
_DIGITS = 13
_MILLISECONDS_FROM = 10**11


class SignatureError(InputError):
    """A delivery's signature is missing, wrong, or too old."""


def hmac_sha256(secret: str, *parts: bytes) -> bytes:
    """Return the digest that most senders sign with, over the parts in order."""
    return hmac.digest(secret.encode(), b"".join(parts), hashlib.sha256)


def check_digest(given: str, wanted: str) -> None:
    """Compare the sender's digest with the right one in constant time.

    Raises:
        SignatureError: it is missing or wrong.
    """
    if not given:
        raise SignatureError("the delivery is not signed; set the signing secret at the sender")
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise SignatureError(
            "the signature does not match: the sender uses another secret, or the body was changed on the way"
        )


def check_time(stamp: str, now: datetime) -> None:
    """Check that a delivery was signed within five minutes of now. `stamp` is Unix time, in seconds or milliseconds.

    Raises:
        SignatureError: it is not a time, or too far from now.
    """
    if not stamp.isascii() or not stamp.isdecimal() or len(stamp) > _DIGITS:
        raise SignatureError("the delivery has no time of signing; send it as Unix seconds")
    seconds = int(stamp) / 1000 if int(stamp) >= _MILLISECONDS_FROM else int(stamp)
    if abs(now - datetime.fromtimestamp(seconds, UTC)) > WINDOW:
        raise SignatureError(
            f"the delivery was not signed within {WINDOW.seconds // 60} minutes of now; check the clocks"
        )
