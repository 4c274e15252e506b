"""The command `serve`: the site, until a signal ends it."""

import click

from ..errors import ArchiveError
from .context import open_archive
from .exit_status import ExitStatus
from .process import importing


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=5000,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port to listen on.",
)
@click.option(
    "--workers",
    default=2,
    show_default=True,
    type=click.IntRange(1),
    help="Number of processes, each with four threads for pages.",
)
@click.pass_context
def serve(ctx: click.Context, host: str, port: int, workers: int) -> None:
    """Serve the site.

    It runs until Ctrl-C or SIGTERM.  The exit status is 130 after Ctrl-C and 0 after SIGTERM,
    which is how systemd stops it.

    \b
    Example:
      acsql serve --host 0.0.0.0 --port 8000 --workers 4
    """
    try:
        with importing():
            from ..web import server
    except ModuleNotFoundError as error:
        if str(error.name).startswith("acsql"):
            raise
        raise ArchiveError(
            f'the site requires the package {error.name}: pip install "acsql[site]"'
        ) from error
    with open_archive(ctx) as archive:
        config = archive.config

    def _announce() -> None:
        click.echo(f"acsql is at http://{host}:{port}/ (Ctrl-C stops it)")
        click.echo("acsql db shell opens mongosh on its database")

    if server.serve(config, host, port, workers, on_ready=_announce):
        ctx.exit(ExitStatus.INTERRUPTED)
