"""The network, and sockets of other kinds."""

_TRY = "import socket, os\ntry:\n    {}\nexcept OSError:\n    pass\n"


def _tries(*lines: str) -> str:
    return "".join(_TRY.format(line) for line in lines)


PROGRAMS = {
    "connects to a port of the host": _tries("socket.create_connection(('127.0.0.1', int(PORT)), 1); print('MANAGED')"),
    "connects by another name of the host": _tries(
        "socket.create_connection(('localhost', int(PORT)), 1); print('MANAGED')",
        "socket.create_connection(('0.0.0.0', int(PORT)), 1); print('MANAGED')",
        "socket.create_connection(('::ffff:127.0.0.1', int(PORT)), 1); print('MANAGED')"),
    "sends a datagram to the host": _tries(
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', int(PORT)))"),
    "sends by fast open": _tries(
        "socket.socket().sendto(b'x', 0x20000000, ('127.0.0.1', int(PORT))); print('MANAGED')"),
    "connects to the world": _tries("socket.create_connection(('192.0.2.1', 53), 0.3); print('MANAGED')"),
    "asks for a name": _tries("print('MANAGED', socket.gethostbyname('example.com'))"),
    "opens a raw socket": _tries("socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); print('MANAGED')"),
    "opens a packet socket": _tries("socket.socket(17, socket.SOCK_RAW, 3); print('MANAGED')"),
    "opens a netlink socket": _tries("socket.socket(16, socket.SOCK_RAW, 0); print('MANAGED')"),
    "opens a socket to the hypervisor": _tries("socket.socket(40, socket.SOCK_STREAM); print('MANAGED')"),
    "opens a socket to the kernel's ciphers": _tries("socket.socket(38, socket.SOCK_SEQPACKET); print('MANAGED')"),
    "connects to an abstract socket of the host": _tries(
        "socket.socket(socket.AF_UNIX).connect(chr(0) + ABSTRACT); print('MANAGED')"),
    "connects to a socket file of the host": _tries("socket.socket(socket.AF_UNIX).connect(SOCKET); print('MANAGED')"),
    "makes a pair of internet sockets": _tries("socket.socketpair(socket.AF_INET); print('MANAGED')"),
    "connects to usual sockets of a machine": _tries(*(
        f"socket.socket(socket.AF_UNIX).connect('{path}'); print('MANAGED')" for path in (
            "/run/docker.sock", "/var/run/docker.sock", "/run/dbus/system_bus_socket", "/dev/log",
            "/run/systemd/private", "/var/run/postgresql/.s.PGSQL.5432"))),
}  # fmt: skip
