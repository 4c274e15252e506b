"""The files of deploy/: each is valid, and runs commands and sets settings that exist."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from acsql.cli import root
from acsql.settings import SETTINGS
from acsql.web.server import HEADER_TIMEOUT_S

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
INSTALLED = "/opt/acsql/bin/acsql"
COMPOSE = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text(encoding="utf-8"))
CONTAINERFILE = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")


def tool(name: str) -> str:
    """Return the path of a program; without it the test fails in CI and is skipped elsewhere."""
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if path is None:
        if "CI" in os.environ:
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return path


def run(*command: object) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def parse(arguments: list[str]) -> None:
    """Parse a command line as acsql does, without running the command."""
    command: click.Command = root.acsql
    context = click.Context(command)
    while isinstance(command, click.Group):
        name, command, arguments = command.resolve_command(context, arguments)
        assert command is not None
        context = click.Context(command, parent=context, info_name=name)
    command.parse_args(context, list(arguments))


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units, with a program that exists here in place of the installed one."""
    folder = tmp_path_factory.mktemp("systemd")
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        (folder / unit.name).write_text(text.replace(INSTALLED, "/bin/true"))
    return folder


@pytest.mark.parametrize("unit", [unit.name for unit in UNITS])
def test_systemd_accepts_the_unit(units: Path, unit: str) -> None:
    # It also reads the units of this machine, and may warn about those.
    output = run(tool("systemd-analyze"), "verify", "--man=no", units / unit)
    assert "acsql" not in output, output


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"])
def test_a_service_runs_a_command_of_acsql(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    program, *arguments = shlex.split(re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)[0])
    assert program == INSTALLED
    parse(arguments)


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".timer"])
def test_a_timer_starts_a_service(unit: Path) -> None:
    assert unit.with_suffix(".service") in UNITS
    text = unit.read_text(encoding="utf-8")
    calendar = re.findall(r"^OnCalendar=(.*)$", text, re.MULTILINE)[0]
    run(tool("systemd-analyze"), "calendar", calendar)


def test_nginx_accepts_the_configuration(tmp_path: Path) -> None:
    key, certificate = tmp_path / "acsql.key", tmp_path / "acsql.pem"
    subject = ("-subj", "/CN=acsql.example.org", "-keyout", key, "-out", certificate)
    run(tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject)
    text = (DEPLOY / "nginx" / "acsql.conf").read_text(encoding="utf-8")
    text = text.replace("/etc/ssl/certs/acsql.pem", str(certificate))
    text = text.replace("/etc/ssl/private/acsql.key", str(key))
    (tmp_path / "acsql.conf").write_text(text)
    paths = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"    {name}_temp_path {tmp_path / name};" for name in paths)
    main = tmp_path / "nginx.conf"
    main.write_text(
        f"pid {tmp_path / 'nginx.pid'};\nerror_log stderr;\nevents {{}}\n"
        f"http {{\n    access_log off;\n{temporary}\n    include {tmp_path / 'acsql.conf'};\n}}\n"
    )
    output = run(tool("nginx"), "-t", "-p", tmp_path, "-c", main)
    assert "warn" not in output, output


def test_nginx_closes_an_idle_connection_before_the_site_does() -> None:
    text = (DEPLOY / "nginx" / "acsql.conf").read_text(encoding="utf-8")
    (seconds,) = re.findall(r"^ +keepalive_timeout (\d+)s;", text, re.MULTILINE)
    assert int(seconds) < HEADER_TIMEOUT_S


def test_the_compose_file_is_valid() -> None:
    docker = shutil.which("docker")
    compose = [docker, "compose"]
    if docker is None or subprocess.run([*compose, "version"], capture_output=True).returncode:
        pytest.skip("docker compose is not installed; other tests read the file")
    path = DEPLOY / "container" / "compose.yaml"
    environment = os.environ | {"ACSQL_ARCHIVE": "/archive"}
    result = subprocess.run(
        [*compose, "--file", path, "config", "--quiet"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("service", ["site", "ingest"])
def test_a_container_runs_a_command_with_settings_that_exist(service: str) -> None:
    described = COMPOSE["services"][service]
    parse(described["command"])
    known = {f"ACSQL_{setting.name.upper()}" for setting in SETTINGS}
    assert set(described["environment"]) <= known
    assert set(described["networks"]) <= set(COMPOSE["networks"])
    assert described["depends_on"] == {"mongo": {"condition": "service_healthy"}}


def test_every_volume_of_a_container_is_declared() -> None:
    for service in COMPOSE["services"].values():
        for volume in service["volumes"]:
            name = (
                volume.rpartition("}")[2].split(":")[0] if "}" in volume else volume.split(":")[0]
            )
            assert not name or name in COMPOSE["volumes"]


def test_the_database_of_the_containers_is_not_reachable_from_outside() -> None:
    mongo = COMPOSE["services"]["mongo"]
    assert "ports" not in mongo
    assert mongo["networks"] == ["internal"]
    assert COMPOSE["networks"]["internal"] == {"internal": True}


def test_the_container_file_copies_files_that_exist_and_runs_a_command() -> None:
    for source in re.findall(r"^COPY (\S+) ", CONTAINERFILE, re.MULTILINE):
        assert (ROOT / source).exists()
    (arguments,) = re.findall(r"^CMD (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    parse(yaml.safe_load(arguments))


def test_the_settings_of_the_container_exist() -> None:
    settings = yaml.safe_load((DEPLOY / "container" / "acsql.yaml").read_text(encoding="utf-8"))
    assert settings.keys() <= {setting.name for setting in SETTINGS}
