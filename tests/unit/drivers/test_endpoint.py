import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from grace_workers.actions import EndpointProbe, TlsProbe
from grace_workers.drivers.endpoint import DEFINITION
from grace_workers.foundation.errors import InputError, TransientError
from tests.conformance.roles.implementations import Place

EXPIRED = datetime(2020, 2, 1, tzinfo=UTC)
SOON = timedelta(seconds=5)


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def address(server: socket.socket) -> str:
    return f"127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def endpoint_probe(place: Place) -> Iterator[tuple[EndpointProbe, Callable[[], None]]]:
    with listening() as server:
        yield place.open(DEFINITION, address=address(server))[EndpointProbe], server.close


@contextmanager
def tls_probe(place: Place) -> Iterator[tuple[TlsProbe, datetime]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(place.folder))
    with listening() as server, serving(server, context):
        yield place.open(DEFINITION, address=address(server), tls={})[TlsProbe], EXPIRED


def self_signed(folder: Path) -> Path:
    """Write a certificate that no one signed and that expired long ago, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(EXPIRED - timedelta(days=90))
        .not_valid_after(EXPIRED)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    path = folder / "shop.pem"
    path.write_bytes(
        made.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    )
    return path


@contextmanager
def serving(server: socket.socket, context: ssl.SSLContext) -> Iterator[None]:
    def serve() -> None:
        with suppress(OSError), server.accept()[0] as plain, context.wrap_socket(plain, server_side=True) as secure:
            secure.recv(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield
    thread.join(10)


@pytest.mark.parametrize("said", ["shop.example", "shop.example:0", "shop.example:70000", "http://shop.example:80", ""])
def test_an_address_without_host_or_port_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(InputError):
        Place(tmp_path, str).open(DEFINITION, address=said)


def test_a_name_that_no_one_knows_resolves_to_nothing(tmp_path: Path) -> None:
    probe = Place(tmp_path, str).open(DEFINITION, address="no-such-host.invalid:443")[EndpointProbe]
    assert (probe.resolves(SOON), probe.connects(SOON)) == (False, False)


def test_a_service_without_tls_has_no_certificate(tmp_path: Path) -> None:
    with listening() as server:
        probe = Place(tmp_path, str).open(DEFINITION, address=address(server), tls={})[TlsProbe]
        with pytest.raises(TransientError, match="no TLS connection to 127"):
            probe.expires(timedelta(milliseconds=200))


def test_an_ipv6_address_is_accepted_in_brackets(tmp_path: Path) -> None:
    probe = Place(tmp_path, str).open(DEFINITION, address="[::1]:1")[EndpointProbe]
    assert (probe.resolves(SOON), probe.connects(SOON)) == (True, False)
