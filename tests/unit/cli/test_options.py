"""Options that many commands share: a command that asks for an endpoint is given one."""

from typing import Annotated

import typer
from typer.main import get_command
from typer.testing import CliRunner

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, with_endpoint


def _app():
    app, seen = typer.Typer(), []

    @app.command()
    @with_endpoint
    def look(
        endpoint: Endpoint, name: str, limit: Annotated[int, typer.Option("--limit")] = 5, as_json: AsJson = False
    ) -> None:
        """Look at one thing."""
        seen.append((endpoint, name, limit, as_json))

    return app, seen


def test_a_command_is_given_the_endpoint_and_its_own_arguments():
    app, seen = _app()
    done = CliRunner().invoke(app, ["shop", "--url", "http://fleet", "--token", "t", "--limit", "7", "--json"])
    assert done.exit_code == 0, done.output
    assert seen == [(Endpoint(url="http://fleet", token="t"), "shop", 7, True)]


def test_an_endpoint_comes_from_the_environment_too():
    app, seen = _app()
    CliRunner().invoke(app, ["shop"], env={"GRACE_URL": "http://fleet"})
    assert seen == [(Endpoint(url="http://fleet"), "shop", 5, False)]


def test_endpoint_options_precede_json_which_is_last():
    app, _ = _app()
    command = get_command(app)
    names = [param.name for param in command.params]
    assert names[:6] == ["name", "limit", "url", "token", "config", "as_json"]
    assert command.help == "Look at one thing."
