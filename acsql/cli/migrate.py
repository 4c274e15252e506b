"""The command `migrate`: applying the pending migrations."""

import click

from .context import open_archive


@click.command()
@click.option("--dry-run", is_flag=True, help="Show the pending migrations, change nothing.")
@click.pass_context
def migrate(ctx: click.Context, dry_run: bool) -> None:
    """Apply pending database migrations.

    A migration changes documents that an older acsql has written to the form of this version.

    \b
    Example:
      acsql migrate --dry-run
    """
    with open_archive(ctx) as archive:
        migrations = archive.migrate(dry_run)
    for name, description, documents in migrations:
        click.echo(f"{name}: {documents} documents. {description}")
    if not migrations:
        click.echo("The database is up to date.")
