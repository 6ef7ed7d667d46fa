"""What a user installs: the wheel, in an environment without a checkout, contains everything the commands need."""

import os
import site
import subprocess
import sys
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import grace_workers
from grace_workers.adapters.postgres.engine import engine_for
from grace_workers.adapters.postgres.migrate import upgrade

ROOT = Path(__file__).parent.parent.parent
VERSION = grace_workers.__version__
SHIPPED = {
    "playbooks": {path.name for path in (ROOT / "playbooks").glob("*.yaml")},
    "migrations": {path.name for path in (ROOT / "migrations" / "versions").glob("*.py")},
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the backend at hand and no index."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", str(ROOT), *options], check=True, timeout=120)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def grace(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed command, in an environment that has the dependencies but not this checkout."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    options = ["--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", *options, str(wheel)], check=True, timeout=120
    )
    packages = next((folder / "lib").glob("python3*")) / "site-packages"
    # Only the dependencies are shared: a `.pth` inside a shared folder, such as a checkout's, is not read from here.
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    return folder / "bin" / "grace"


def run(grace: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("GRACE_", "PYTHON"))}
    return subprocess.run(
        [str(grace), *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def python(grace: Path, code: str, *, cwd: Path) -> str:
    done = run(grace.with_name("python"), "-c", code, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_wheel_carries_everything_that_is_not_code(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    for kind, files in SHIPPED.items():
        assert files <= {Path(name).name for name in names if name.startswith(f"grace_workers/shipped/{kind}/")}
    beside = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "grace_workers").rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }
    assert beside
    assert beside <= names


def test_the_wheel_carries_nothing_else(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"grace_workers", f"grace_workers-{VERSION}.dist-info"}
    assert [name for name in names if "__pycache__" in name] == []


def test_the_wheel_says_what_it_is(wheel: Path):
    with zipfile.ZipFile(wheel) as content:
        facts = Parser().parsestr(content.read(f"grace_workers-{VERSION}.dist-info/METADATA").decode())
        assert f"grace_workers-{VERSION}.dist-info/licenses/LICENSE" in content.namelist()
    assert (facts["Name"], facts["Version"], facts["License-Expression"]) == ("grace-workers", VERSION, "Apache-2.0")
    assert facts.get_payload().startswith("# grace_workers")


def test_the_installed_code_is_the_wheel_s(grace: Path, tmp_path: Path):
    place = Path(python(grace, "import grace_workers; print(grace_workers.__file__)", cwd=tmp_path))
    assert place.is_relative_to(grace.parent.parent)


def test_the_installed_command_knows_its_version(grace: Path, tmp_path: Path):
    done = run(grace, "version", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert VERSION in done.stdout


def test_the_installed_command_finds_the_shipped_playbooks(grace: Path, tmp_path: Path):
    done = run(grace, "playbook", "lint", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = run(grace, "playbook", "list", "--json", cwd=tmp_path)
    assert {name.removesuffix(".yaml") for name in SHIPPED["playbooks"] if f'"{Path(name).stem}"' in listed.stdout} == {
        Path(name).stem for name in SHIPPED["playbooks"]
    }


def test_every_installed_command_has_its_help(grace: Path, tmp_path: Path):
    for command in ("up", "demo", "heal", "incident", "approve", "audit", "doctor"):
        done = run(grace, command, "--help", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Usage: grace" in done.stdout


@pytest.mark.servers
def test_the_shipped_migrations_bring_a_database_up(grace: Path, empty_database_url: str, tmp_path: Path):
    scripts = python(grace, "from grace_workers.settings import shipped; print(shipped('migrations'))", cwd=tmp_path)
    assert Path(scripts).is_relative_to(grace.parent.parent)
    upgrade(empty_database_url, Path(scripts))
    with engine_for(empty_database_url).connect() as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    assert f"{version}.py" == max(SHIPPED["migrations"])
