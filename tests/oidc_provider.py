"""An OpenID Connect provider as its own process: `python -m tests.oidc_provider`, which prints its address.

It is made from the specification alone, shares no code with the product, and keeps to the code flow with PKCE strictly.
`POST /fault` with a name lets its next tokens lie in that way, as an attacker's or a broken provider's would.
"""

import base64
import hashlib
import hmac
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT, SECRET = "grace", "s3cret of & client+"
PEOPLE: dict[str, dict[str, Any]] = {
    "anna": {"sub": "u-1", "preferred_username": "Anna.Meier@example.com", "groups": ["staff", "sre", "grace-admins"]},
    "ben": {"sub": "u-2", "preferred_username": "ben", "groups": ["sre"]},
    "cleo": {"sub": "u-3", "preferred_username": "cleo", "groups": ["sales"]},
    "dora": {"sub": "u-4", "preferred_username": "<script>dora</script>", "groups": "viewers"},
}


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass
class Issuer:
    """The provider's keys, the codes it gave out, and how it lies, if it does."""

    url: str
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    key_id: str = "first"
    fault: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def about(self) -> dict[str, Any]:
        issuer = "https://someone.else" if self.fault == "other name" else self.url
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def keys(self) -> dict[str, Any]:
        if self.fault == "withdrawn key":
            return {"keys": []}
        public = self.key.public_key().public_numbers()
        shown = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key_id}
        if self.fault == "longer digest":
            # As many providers do, it publishes its key without an algorithm.
            del shown["alg"]
        return {"keys": [{**shown, "n": _number(public.n), "e": _number(public.e)}]}

    def rotate(self) -> None:
        self.key, self.key_id = rsa.generate_private_key(65537, 2048), secrets.token_hex(4)

    def token(self, code: dict[str, str]) -> str:
        now, person = int(time.time()), PEOPLE[code["person"]]
        claims = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": code["nonce"], **person,
        }  # fmt: skip
        lies = {
            "nonce": {"nonce": "another" * 6},
            "audience": {"aud": "another-client"},
            "audiences": {"aud": [CLIENT, "another-client"], "azp": "another-client"},
            "issuer": {"iss": "https://someone.else"},
            "expired": {"iat": now - 7200, "exp": now - 3600},
            "no subject": {"sub": ""},
            "renamed": {"preferred_username": "someone-else"},
        }
        claims |= lies.get(self.fault, {})
        if self.fault == "no expiry":
            del claims["exp"]
        return self.signed(claims)

    def signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": "RS256", "typ": "JWT", "kid": self.key_id}
        key = self.key
        match self.fault:
            case "unsigned":
                header["alg"] = "none"
            case "shared secret":
                header["alg"] = "HS256"
            case "foreign key":
                key = rsa.generate_private_key(65537, 2048)
            case "longer digest":
                header["alg"] = "RS512"
            case "other kind of key":
                header["alg"] = "ES256"
            case "unknown key":
                header["kid"] = "never-published"
        body = f"{_text(json.dumps(header).encode())}.{_text(json.dumps(claims).encode())}"
        if self.fault == "unsigned":
            return f"{body}."
        if self.fault == "shared secret":
            # The classical confusion: the published key as the secret of an HMAC.
            shared = key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            return f"{body}.{_text(hmac.digest(shared, body.encode(), 'sha256'))}"
        digest = hashes.SHA512() if self.fault == "longer digest" else hashes.SHA256()
        mark = _text(key.sign(body.encode(), padding.PKCS1v15(), digest))
        if self.fault == "changed":
            changed = _text(json.dumps({**claims, "groups": ["grace-admins"]}).encode())
            body = f"{body.partition('.')[0]}.{changed}"
        return f"{body}.{mark}"


class _Requests(BaseHTTPRequestHandler):
    issuer: Issuer

    def do_GET(self) -> None:
        place, asked = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        match place:
            case "/.well-known/openid-configuration":
                self._json(200, self.issuer.about())
            case "/keys":
                self._json(200, self.issuer.keys())
            case "/authorize":
                self._authorize(asked)
            case _:
                self._json(404, {"error": "not_found"})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        form = dict(parse_qsl(raw))
        if self.path == "/fault":
            self.issuer.fault = form.get("name", "")
            if self.issuer.fault == "rotated":
                self.issuer.rotate()
            self._json(200, {})
        elif self.path == "/token":
            self._token(form)
        else:
            self._json(404, {"error": "not_found"})

    def _authorize(self, asked: dict[str, str]) -> None:
        wanted = {"response_type": "code", "client_id": CLIENT, "code_challenge_method": "S256"}
        if {name: asked.get(name) for name in wanted} != wanted or "openid" not in asked.get("scope", "").split():
            self._json(400, {"error": "invalid_request"})
        elif "person" in asked:
            self._send_back(asked)
        else:
            links = "".join(
                f'<li><a href="/authorize?{urlencode({**asked, "person": name})}">{name}</a></li>'.replace("&", "&amp;")
                for name in (*PEOPLE, "no one")
            )
            page = f"<!doctype html><html lang=en><title>Who are you?</title><ul>{links}</ul>"
            self._answer(200, page.encode(), "text/html")

    def _send_back(self, asked: dict[str, str]) -> None:
        answer = {"state": asked["state"], "iss": self.issuer.url}
        if asked["person"] in PEOPLE:
            code = secrets.token_urlsafe(16)
            self.issuer.codes[code] = asked
            answer["code"] = code
        else:
            answer["error"] = "access_denied"
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(answer)}")
        self.end_headers()

    def _token(self, form: dict[str, str]) -> None:
        given = self.headers.get("authorization", "").removeprefix("Basic ")
        client = tuple(unquote_plus(one) for one in base64.b64decode(given).decode().split(":", 1))
        if client != (CLIENT, SECRET):
            self._json(401, {"error": "invalid_client", "error_description": f"you sent {client}"})
            return
        if self.issuer.fault == "down":
            self._json(503, {})
            return
        # A code is good once.
        code = self.issuer.codes.pop(form.get("code", ""), None)
        proof = _text(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if code is None or code["code_challenge"] != proof or code["redirect_uri"] != form.get("redirect_uri"):
            self._json(400, {"error": "invalid_grant", "error_description": "<b>no</b>"})
            return
        self._json(200, {"access_token": "x", "token_type": "Bearer", "id_token": self.issuer.token(code)})

    def _json(self, status: int, content: Any) -> None:
        self._answer(status, json.dumps(content).encode(), "application/json")

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the overridden method
        pass


@dataclass(frozen=True)
class RunningProvider:
    """A provider that runs as a process. Its host is `localhost`, another site than the dashboard's `127.0.0.1`."""

    url: str

    @contextmanager
    def lying(self, fault: str) -> Iterator[None]:
        """Let it lie in one way for a while."""
        httpx.post(f"{self.url}/fault", data={"name": fault}).raise_for_status()
        try:
            yield
        finally:
            httpx.post(f"{self.url}/fault", data={"name": ""}).raise_for_status()

    def settings(self, address: str, **more: Any) -> dict[str, Any]:
        """Return the settings of a fleet that trusts it."""
        roles = {"grace-admins": "admin", "sre": "approver", "viewers": "viewer"}
        given = {"issuer": self.url, "client_id": CLIENT, "client_secret": SECRET, "address": address, "roles": roles}
        return {**given, "label": "Example SSO", **more}


@contextmanager
def provider() -> Iterator[RunningProvider]:
    """Run a provider."""
    with subprocess.Popen([sys.executable, "-m", "tests.oidc_provider"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield RunningProvider(process.stdout.readline().strip())
        finally:
            process.terminate()


def main() -> None:
    """Serve until killed."""
    server = ThreadingHTTPServer(("localhost", 0), _Requests)
    url = f"http://localhost:{server.server_address[1]}"
    _Requests.issuer = Issuer(url)
    print(url, flush=True)  # noqa: T201 - whoever started it reads the address
    server.serve_forever()


if __name__ == "__main__":
    main()
