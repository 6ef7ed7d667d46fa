"""What the redactor removes, what it leaves, and that its cost is proportional to the text."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation import redaction
from grace_workers.foundation.redaction import redacted, starred, without_secrets
from tests.unit.foundation.planted import _PAIR, _PIECES, BARE, PLANTED

_PEM_BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ"
_PEM = f"""-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED

{_PEM_BODY}
{_PEM_BODY}==
-----END RSA PRIVATE KEY-----"""

BESIDE_A_NAME = [
    "password={}",
    "Password: {}",
    "password = {} for user bob",
    "password := {}",
    "password => '{}'",
    "password\uff1a{}",
    "passwd={}",
    "pwd={}",
    "DB_PASS={}",
    "export DB_PASS={}",
    "PGPASSWORD={}\nPATH=/usr/bin",
    "MYSQL_PWD={}",
    "dbPassword={}",
    "requirepass: {}",
    "spring.datasource.password={}",
    "user[password]={}",
    "a" * 300 + "_password={}",
    "password" + " " * 300 + "= {}",
    "passphrase: {}",
    "unlocked with passphrase: correct {} battery",
    "mnemonic: abandon {} ability",
    "API key: {}",
    "secret key = {}",
    "access token: {}",
    "clientSecret: {}",
    "X-Api-Key: {}",
    "X-Auth-Token: {}",
    "psk={}",
    "jwt={}",
    "token: {}",
    "//registry.npmjs.org/:_authToken={}",
    "AccountName=x;AccountKey={};EndpointSuffix=y",
    "Server=db;User Id=bob;Password={};Database=d",
    "GET /login?token={}&next=/ HTTP/1.1",
    "?%70assword={}",
    "%22password%22%3A%22{}%22",
    "client_secret%3D{}",
    "&quot;password&quot;:&quot;{}&quot;",
    '{{"password": "{}"}}',
    '{{"password":"a\\"{}"}}',
    '{{"password":\n  "{}"}}',
    '{{\\"password\\":\\"{}\\"}}',
    '{{\\\\\\"password\\\\\\":\\\\\\"{}\\\\\\"}}',
    '{{"\\u0070assword":"{}"}}',
    "\\x70assword={}",
    "line one\\npassword={}",
    "pass\u200bword={}",
    "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44={}",
    "{{'password': '{}'}}",
    "{{'password': b'{}'}}",
    "{{b'authorization': b'{}'}}",
    "('Authorization', '{}')",
    "[b'cookie', b'{}']",
    'password="{}',
    'password="first\n{}"',
    "password='it\\'s {}'",
    "password=a,{}",
    "password=a;{}",
    "password=a&{} x",
    "password=a){}",
    "password=a'{}",
    "db:\n  password: two {} words\n  host: x",
    "password: |\n  first\n  {}\nhost: x",
    "password: >-\n    {}\nhost: x",
    "- name: DB_PASSWORD\n  value: {}",
    '{{"name": "DB_PASSWORD", "value": "{}"}}',
    "passwords: ['x', '{}']",
    "cookies={{'sid': '{}'}}",
    "<password>{}</password>",
    "<ns:clientSecret x='1'>{}</ns:clientSecret>",
    "Cookie: sid=1; session={}",
    'Cookie: sid="{}"; x=1',
    "Set-Cookie: sid={}; Path=/; HttpOnly",
    "curl -H 'Cookie: a=b; c={}' http://x",
    "Authorization: {}",
    "Authorization: Basic {}",
    "Authorization: Bearer {}",
    'Proxy-Authorization: Digest username="bob", response="{}"',
    "HTTP_AUTHORIZATION=Basic {}",
    "ALTER ROLE bob LOGIN PASSWORD '{}'",
    "CREATE USER bob IDENTIFIED BY '{}'",
    "the password is {}",
    "tried with password {}",
    "the secret was `{}`",
    "password\\u003d{}",
    '{{"dsn":"host\\u003ddb password\\u003d{} dbname\\u003dshop"}}',
    "contraseña: {}",
    "ПАРОЛЬ: {}",
    "密码\uff1a{}",
    "mot de passe: {}",
    "dbpw={}",
    "bindpw {}",
    "requirepass {}",
    "CONFIG SET masterauth {}",
    '"AUTH" "default" "{}"',
    "AUTH {}",
    "USER bob PASS {}",
    "DB_CREDS={}",
    "FERNET_KEY={}",
    "jwt_key: {}",
    "licenseKey={}",
    "verification code: {}",
]
ON_A_COMMAND_LINE = [
    "tool --password {}",
    "tool --password={}",
    "tool --api-key '{}' run",
    "tool --token\t{}",
    "mysql -u root -p {}",
    "mysql -p{} shop",
    "['mysql', '-p', '{}']",
    "['tool', '--password', '{}']",
    "curl -u bob:{} http://x",
    "curl -ubob:{} http://x",
    "curl --user bob:{} http://x",
    "curl --proxy-user 'bob:{}' http://x",
    "redis-cli -a {} ping",
]
IN_A_URL = [
    "postgres://bob:{}@db/shop",
    "postgres://bob:p@{}@db/shop",
    "postgres://bob:p/{}@db/shop",
    "postgres://bob:p?{}#x@db/shop",
    "redis://:{}@cache:6379/0",
    "amqp://bob:{}@[::1]:5672//",
    "https://{}@github.com/org/repo.git",
    "jdbc:postgresql://bob:{}@db/shop",
    "jdbc:oracle:thin:scott/{}@db:1521",
    "x" * 60 + "://bob:{}@db",
    "bob:{}@tcp(db:3306)/shop",
    "login bob:{}@ftp.example.com",
    "https://x.blob.core.windows.net/a?sv=1&sig={}abcdef",
    "https://hooks.slack.com/services/T0/B0/{}",
]
ORDINARY = [
    "the token bucket is full",
    "password reset failed",
    "password reset failed: timeout",
    "secret: none",
    "password: required",
    "the password is wrong",
    "invalid password for bob",
    'password authentication failed for user "bob"',
    "Basic authentication failed for user bob",
    "Bearer token expired",
    "authorization failed: no role",
    "the cookie jar is empty",
    "token refresh took 3 s",
    "bypass=true compass: north encompass: all",
    "passed: 3, failed: 1",
    "author: Bob, keyboard: x, monkey=1",
    "KeyError: 'password'",
    "TokenError: bad thing",
    "InvalidTokenException: signature mismatch",
    "SyntaxError: unexpected token: foo",
    "tokens=5 max_tokens: 4096 prompt_tokens=12",
    "password_file=/run/secrets/db",
    "secret_name: shop-db",
    "secrets: 3 found",
    "secrets.py:10: x",
    'File "/srv/token.py", line 3, in get_token',
    "WHERE password = $1 AND token = %s",
    "password: ${DB_PASSWORD}",
    "PWD=/srv/app",
    "vault-secret:8200 refused the connection",
    "http://host:8080/@user/x",
    "https://example.com/?q=a@b.com",
    "git@github.com:org/repo.git",
    "docker://registry/img@sha256:abcdef0123456789",
    "nginx:1.25@sha256:abc",
    "mkdir -p build",
    "ssh -p 2222 host",
    "docker run -p 8080:80 nginx",
    "grace heal shop-db -p vacuum_bloated_table",
    "2026-01-01T10:00:00Z ERROR shop.checkout order 1234 failed: db:5432 refused (attempt=2)",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "0198c0de-1234-7000-8000-123456789abc",
    "grace_jobs_processed_seconds_total_in_the_last_minute_of_all",
    "/usr/lib/Python3/site-packages/Very/Long/Path/To/Module9/File.py",
    "primary_key=7 routing_key=healing idempotency_key: 1",
    "public_key: ed25519",
    "PASS tests/unit/test_a.py",
    "AUTH failed for bob",
    "AUTH sha256 is not offered",
    "requirepass is not set",
    "docker run --user 1000:1000 nginx",
    "chown --user bob:staff x",
    "exit code: 3 status code: 500",
    "vue passe partout",
    "data=aGVsbG8gd29ybGQgYWdhaW4=",
    "advance:0198c0de-1234-7000-8000-123456789abc:7:healing",
]


@pytest.mark.parametrize("text", [*BESIDE_A_NAME, *ON_A_COMMAND_LINE, *IN_A_URL])
def test_a_secret_beside_its_name_becomes_stars_however_it_is_written(text):
    found = starred(text.format(PLANTED))
    assert PLANTED not in found
    assert "***" in found
    assert redaction._read(found) == found


@pytest.mark.parametrize("text", BARE)
def test_a_secret_is_recognised_by_its_shape_alone(text):
    found = starred(f"sent {text} to the server")
    assert text[:-4] not in found
    assert found.startswith("sent ***")
    assert found.endswith("to the server")


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays_readable(text):
    assert starred(text) == text


def test_a_secret_encoded_in_a_value_is_hidden_too():
    assert starred(f"_auth={_PAIR}") == "_auth=***"
    coded = base64.b64encode(f"password={PLANTED}".encode()).decode()
    assert starred(f"GET /?data={coded} 200") == "GET /?data=*** 200"


def test_a_private_key_is_hidden_and_the_lines_after_it_stay():
    found = starred(f"loaded\n{_PEM}\nERROR database is locked")
    assert _PEM_BODY not in found
    assert found.startswith("loaded\n***")
    assert found.endswith("\nERROR database is locked")


def test_a_key_without_an_end_hides_no_line_of_words():
    found = starred("-----BEGIN PRIVATE KEY-----\nERROR database is locked\nERROR disk full")
    assert "ERROR database is locked\nERROR disk full" in found


def test_redacted_json_stays_json_and_keeps_everything_else():
    record = {"message": "login failed", "password": PLANTED, "headers": {"Cookie": f"a={PLANTED}"}, "n": 3}
    text = json.dumps({"log": json.dumps(record)})
    found = json.loads(json.loads(starred(text))["log"])
    assert found == {**record, "password": "***", "headers": {"Cookie": "***"}}


def test_documents_are_read_by_the_names_in_them():
    found = without_secrets(
        {
            "password": PLANTED,
            "pin_password": 123456,
            "credentials": {"user": "bob", "keys": [PLANTED, 7]},
            "env": [{"name": "DB_PASS", "value": PLANTED}, {"name": "PATH", "value": "/bin"}],
            "argv": ["mysql", "-p", PLANTED],
            "lines": ["-----BEGIN PRIVATE KEY-----", _PEM_BODY, "-----END PRIVATE KEY-----", "ERROR disk full"],
            f"password={PLANTED}": 1,
            "token": 3,
            "secret": None,
            "enabled": True,
        }
    )
    assert PLANTED not in repr(found)
    assert _PEM_BODY not in repr(found)
    assert found["pin_password"] == "***"
    assert found["env"][1] == {"name": "PATH", "value": "/bin"}
    assert found["argv"] == ["mysql", "-p", "***"]
    assert found["lines"][3] == "ERROR disk full"
    assert (found["token"], found["secret"], found["enabled"]) == (3, None, True)


def test_what_lies_too_deep_to_be_read_is_hidden():
    deep: object = PLANTED
    for _ in range(200):
        deep = {"a": deep}
    assert PLANTED not in repr(without_secrets({"x": deep}))


def test_a_redacted_text_is_cut_after_the_stars_were_put():
    assert redacted(f"{'x ' * 240}password={PLANTED * 20}") == f"{'x ' * 240}password=***"
    assert len(redacted("x " * 600)) == 500


@given(st.lists(_PIECES, max_size=30).map("".join))
def test_any_text_is_accepted_and_no_assignment_leaks(text):
    assert PLANTED not in starred(f"{text}\npassword={PLANTED}")
