"""The certificate that a service presents, valid or not."""

import socket
import ssl
from datetime import datetime, timedelta

from cryptography import x509

from grace_workers.actions import TlsProbe
from grace_workers.foundation.errors import PermanentError, TransientError


class TlsAddress(TlsProbe):
    """The TLS service at `host` and `port`, asked for the certificate of `name`."""

    def __init__(self, host: str, port: int, name: str) -> None:
        self._host = host
        self._port = port
        self._name = name

    def expires(self, timeout: timedelta) -> datetime:
        raw = self._shown(timeout)
        try:
            return x509.load_der_x509_certificate(raw).not_valid_after_utc
        except ValueError as error:
            raise PermanentError(f"the certificate of {self._name} cannot be read: {error}") from error

    def _shown(self, timeout: timedelta) -> bytes:
        """Return the certificate in DER. Nothing is sent and nothing trusted, so it need not be valid."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            with (
                socket.create_connection((self._host, self._port), timeout=timeout.total_seconds()) as plain,
                context.wrap_socket(plain, server_hostname=self._name) as secure,
            ):
                return secure.getpeercert(binary_form=True) or b""
        except (OSError, ValueError) as error:
            raise TransientError(f"no TLS connection to {self._host}:{self._port}: {error}") from error
