"""`python -P -m grace_workers.entrypoints.tasks`: Celery's commands `worker` and `beat`, and Flower.

Celery's own command line loads all its commands, a prompt for one of them, and Flower for each: 10 MiB in every node.
It also looks for an application in the working directory first, even with `-P`, and so would all that the application
imports; so ours is imported before it looks.
"""

import click
from celery.app.utils import find_app
from celery.bin.base import CLIContext
from celery.bin.beat import beat
from celery.bin.worker import worker

from grace_workers.entrypoints.tasks import app as ours

__all__ = ["ours"]


class _Commands(click.Group):
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "flower":
            from flower.command import flower as found

            flower: click.Command = found
            return flower
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Commands, commands=[worker, beat])
@click.option("--app", required=True)
@click.pass_context
def main(context: click.Context, app: str) -> None:
    """Run a process of a node."""
    context.obj = CLIContext(app=find_app(app), no_color=True, workdir=None, quiet=True)


if __name__ == "__main__":
    main(prog_name="celery")
