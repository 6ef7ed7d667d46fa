"""Random texts that are assigned to a name which suggests a secret."""

import ast
import math
import re
from collections import Counter
from collections.abc import Iterator

from grace_workers.coding.hunter.hunter_rule import Danger, HunterRule
from grace_workers.coding.hunter.inspected import Inspected, TextKind
from grace_workers.foundation.secret_names import names_a_secret

_SHORTEST = 16
_LONGEST = 512
# Bits a character: words of a language have about three and a half at this length, random letters and digits over four.
_RANDOM = 3.7
_ONE_TOKEN = re.compile(r"[A-Za-z0-9+/=_.~!@#$%^&*-]+")
_LETTERS_AND_DIGITS = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])")
_NAME_LIKE = re.compile(r"[a-z0-9]+(?:[._/-][a-z0-9]+)*|[A-Z0-9]+(?:_[A-Z0-9]+)*|https?://.*|/.*")
_DECLARED = re.compile(r"""^\s*["']?([A-Za-z_][\w.-]{0,60})["']?\s*[:=]\s*["']?([^\s"'#,]{16,512})["']?,?\s*$""")
_WHY = "a random text is assigned to a name that says secret"


def _look(text: Inspected) -> Iterator[Danger]:
    if text.kind is TextKind.PYTHON:
        yield from ((line, _WHY) for line, name, value in _assigned(text) if _is_secret(name, value))
        return
    for number, line in text.lines():
        found = _DECLARED.match(line[:1000])
        if found and _is_secret(found[1], found[2]):
            yield number, _WHY


def _assigned(text: Inspected) -> Iterator[tuple[int, str, str]]:
    """Yield each text that is assigned to a name: in a statement, as an argument, in a dictionary."""
    for node in text.nodes():
        for name, value in _pairs(node):
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.lineno, name, value.value


def _pairs(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value):
            yield name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.keyword(arg=str(name), value=value):
            yield name, value
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        case _:
            return


def _is_secret(name: str, value: str) -> bool:
    if not _SHORTEST <= len(value) <= _LONGEST or not names_a_secret(name) or not _ONE_TOKEN.fullmatch(value):
        return False
    if _NAME_LIKE.fullmatch(value) and not _is_hexadecimal(value):
        return False
    return bool(_LETTERS_AND_DIGITS.match(value)) and (_entropy(value) >= _RANDOM or _is_hexadecimal(value))


def _is_hexadecimal(value: str) -> bool:
    return len(value) >= 2 * _SHORTEST and all(letter in "0123456789abcdefABCDEF" for letter in value)


def _entropy(value: str) -> float:
    """Return Shannon's entropy, in bits a character."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())


DEFINITION = HunterRule(
    name="secret_assignment",
    danger="A password, token or key that is written into a text: a random value beside a name that says secret.",
    kinds=frozenset({TextKind.PYTHON, TextKind.DECLARED}),
    look=_look,
    finds={
        "password = 'u8Kq2vXz91LmRt5Ywe'": TextKind.PYTHON,
        "connect(api_key='Tq7Zp0dKx4Wm9Rb2Vn8s')": TextKind.PYTHON,
        "settings = {'client_secret': 'hG5tR9pLw3XzQ8mNv2Kd'}": TextKind.PYTHON,
        "secret_key: 9f86d081884c7d659a2feaa0c55ad015": TextKind.DECLARED,
    },
    spares={
        "password = 'correct horse battery staple'": TextKind.PYTHON,
        "token = request.headers['authorization']": TextKind.PYTHON,
        "token_url = 'https://login.example.org/oauth2/v2/token'": TextKind.PYTHON,
        "password_hasher = 'django.contrib.auth.hashers.pbkdf2'": TextKind.PYTHON,
        "secret: ${DATABASE_PASSWORD_FROM_ENV2}": TextKind.DECLARED,
    },
)
