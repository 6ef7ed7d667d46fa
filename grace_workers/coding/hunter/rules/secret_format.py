"""Secrets recognised by their format: tokens of services, private keys, addresses of webhooks."""

from collections.abc import Iterator

from grace_workers.coding.hunter.hunter_rule import Danger, HunterRule
from grace_workers.coding.hunter.inspected import Inspected, TextKind
from grace_workers.foundation.secret_shapes import shows_a_token

# What tutorials and tests write instead of a token.
_PLACEHOLDERS = ("example", "xxxx", "1234567890", "abcdefghijklmnop", "placeholder", "your_", "your-", "000000")


def _look(text: Inspected) -> Iterator[Danger]:
    for number, line in text.lines():
        if shows_a_token(line) and not any(word in line.lower() for word in _PLACEHOLDERS):
            yield number, "a secret of a known format stands here in clear text"


DEFINITION = HunterRule(
    name="secret_format",
    danger="A secret whose format gives it away: a token of a service, a private key, the address of a webhook.",
    kinds=frozenset(TextKind),
    look=_look,
    finds={
        "key = 'AKIA" + "Q3EGTUBZ5KRW7M4J'": TextKind.PYTHON,
        "token: ghp_" + "Zk3q9TbV5mXw2Lr8Jd7Nf4Hs6Gc1Py0Aa": TextKind.DECLARED,
        "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEAu5Jk": TextKind.OTHER,
    },
    spares={
        "key = os.environ['AWS_ACCESS_KEY_ID']": TextKind.PYTHON,
        "Set `GITHUB_TOKEN` to a token that begins with ghp_.": TextKind.PROSE,
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE": TextKind.OTHER,
    },
)
