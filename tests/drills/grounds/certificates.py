"""Certificates that are valid for some days, and a service that serves the one on its disk."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "shop.example"
# Serves the certificate that it has read last; SIGHUP lets it read its file again.
SERVER = """
import signal, socket, ssl, sys
def read(*_):
    global context
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
read()
signal.signal(signal.SIGHUP, read)
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        line, _ = server.accept()
        line.settimeout(5)
        try:
            context.wrap_socket(line, server_side=True).close()
        except OSError:
            line.close()
"""


def write_certificate(path: Path, days: int) -> None:
    """Write a key and a certificate of it that is valid for that many days, in one step."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.with_suffix(".new").write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    path.with_suffix(".new").rename(path)


def served_days(port: int) -> float:
    """Return for how many days the certificate is valid that the port serves; -1 where none answers."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 2) as line,
            context.wrap_socket(line, server_hostname=NAME) as wrapped,
        ):
            found = wrapped.getpeercert(binary_form=True)
    except OSError:
        return -1
    assert found is not None
    return (x509.load_der_x509_certificate(found).not_valid_after_utc - datetime.now(UTC)) / timedelta(days=1)
