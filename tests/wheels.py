"""Wheels and environments for tests, made without any index."""

import atexit
import base64
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import pip


def wheel(folder: Path, name: str, version: str) -> Path:
    """Write a wheel of a package with a module that knows its version, two programs and a file of data."""
    info = f"{name}-{version}.dist-info"
    contents = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{name}-{version}.data/scripts/{name}-run": "#!python\nprint()\n",
        f"{name}-{version}.data/data/share/{name}.txt": "data\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:VERSION\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{path},sha256={_digest(text)},{len(text)}" for path, text in contents.items()]
    contents[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""])
    made = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in contents.items():
            archive.writestr(path, text)
    return made


def environment(folder: Path) -> Path:
    """Make a virtual environment with pip, and return its interpreter."""
    shutil.copytree(_made_once(), folder, symlinks=True)
    return folder / "bin" / "python"


@cache
def _made_once() -> Path:
    """Return an environment to copy: making one takes a while, and its interpreter finds its place by itself.

    Its pip is a copy of ours, because bringing one of its own takes seconds.
    """
    made = Path(tempfile.mkdtemp(prefix="grace-venv-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    command = [sys.executable, "-m", "venv", "--symlinks", "--without-pip", str(made)]
    subprocess.run(command, check=True, timeout=120)
    (site,) = made.glob("lib/python3*/site-packages")
    shutil.copytree(Path(pip.__file__).parent, site / "pip")
    return made


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
