"""Progress that is not shown."""

from acsql.ingest.progress import no_progress


def test_a_caller_without_progress_can_advance() -> None:
    with no_progress(2) as advance:
        assert advance() is None
