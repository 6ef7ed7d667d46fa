"""A real service of a real service manager, which reads its files again on SIGHUP."""

import sys
from pathlib import Path
from typing import Any

from tests.drills.stage import Stage
from tests.systemd import user_systemd

UNIT = """
[Service]
ExecStart={python} -S -E {script} {arguments}
ExecReload=/bin/kill -HUP $MAINPID
"""


class ShopUnit:
    """The unit `shop.service` of a manager of its own, running that program."""

    def __init__(self, stage: Stage, program: str, *arguments: str) -> None:
        self.manager = stage.stack.enter_context(user_systemd())
        script = stage.path("unit.py", program)
        text = UNIT.format(python=sys.executable, script=script, arguments=" ".join(arguments))
        self.manager.write("shop.service", text)
        self.manager.ctl("start", "shop.service")

    def target(self, name: str) -> dict[str, Any]:
        """Return its target."""
        said = {"unit": "shop.service", "manager": "user", "runtime_dir": str(self.manager.runtime_dir)}
        return {"name": name, "kind": "systemd", "owner": "internal", "connection": said}

    def reload(self) -> None:
        """Let it read its files again."""
        self.manager.ctl("reload", "shop.service")

    def writes_to(self, path: Path) -> bool:
        """Return whether its process has this very file open."""
        pid = self.manager.ctl("show", "--property=MainPID", "--value", "shop.service").strip()
        return any(one.exists() and one.samefile(path) for one in Path(f"/proc/{pid}/fd").iterdir())
