"""The tests mirror the package: each module has the test file of its name."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Packages that are links to folders of data and of frozen steps have tests of another kind.
MODULES = {
    path.relative_to(ROOT / "acsql").as_posix()
    for path in (ROOT / "acsql").rglob("*.py")
    if path.name != "__init__.py" and not any(parent.is_symlink() for parent in path.parents)
}
# Modules that are tested through what uses them.
TESTED_ELSEWHERE = {
    # Two lines, run in a process of their own as the command is.
    "__main__.py": "cli/test_root.py",
    # The HTTP API is tested as one: each response must conform to the OpenAPI document.
    "web/api/answers.py": "web/test_api.py",
    "web/api/document.py": "web/test_api.py",
    "web/api/endpoint.py": "web/test_api.py",
    "web/api/headers.py": "web/test_api.py",
    "web/api/health.py": "web/test_api.py",
    "web/api/observations.py": "web/test_api.py",
    "web/api/openapi.py": "web/test_api.py",
    "web/api/overview.py": "web/test_api.py",
    "web/api/proposals.py": "web/test_api.py",
    "web/api/runs.py": "web/test_api.py",
    "web/json_response.py": "web/test_api.py",
    # What these modules prepare can be seen only on the page that shows it.
    "web/comparison_view.py": "web/pages/test_differences.py",
    "web/header_view.py": "web/pages/test_headers.py",
    "web/facets.py": "web/pages/test_results.py",
    "web/downloads.py": "web/pages/test_results.py",
    # The fields are tested by the conditions that a form with them states.
    "web/form_fields.py": "web/test_query_form.py",
    # The archive of a request, and how its errors are answered, need the whole site.
    "web/context.py": "web/test_app.py",
    "web/errors.py": "web/test_app.py",
}


def mirrored(module: str) -> Path:
    """Return the test file of a module."""
    path = ROOT / "tests" / module
    return path.with_name(f"test_{path.name}")


@pytest.mark.parametrize("module", sorted(MODULES))
def test_every_module_has_a_test_file(module: str) -> None:
    elsewhere = TESTED_ELSEWHERE.get(module)
    assert (ROOT / "tests" / elsewhere if elsewhere else mirrored(module)).is_file()


def test_the_exceptions_are_modules_without_a_test_file_of_their_name() -> None:
    assert TESTED_ELSEWHERE.keys() <= MODULES
    assert [module for module in TESTED_ELSEWHERE if mirrored(module).exists()] == []
