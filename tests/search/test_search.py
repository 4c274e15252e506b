"""Every way to run a search keeps its time limit."""

import pytest

from acsql.errors import QueryTimeout

SLOW_SEARCHES = {
    "table": lambda search: search.where("raw.0.exptime=1").sort("raw.0.exptime").table(),
    "rows": lambda search: list(search.where("raw.0.exptime=1").rows()),
    "page": lambda search: search.where("raw.0.exptime=7").page(),
    "thumbnails": lambda search: search.where("raw.0.exptime=7").thumbnails(),
    "count": lambda search: search.where("raw.0.exptime=1").count(),
    "distinct": lambda search: search.distinct("raw.0.exptime"),
    "facets": lambda search: search.facets("raw.0.exptime"),
}


@pytest.mark.parametrize("name", SLOW_SEARCHES)
def test_every_way_to_run_a_search_has_a_time_limit(large, name: str) -> None:
    run = SLOW_SEARCHES[name]
    with pytest.raises(QueryTimeout, match=r"0\.001 seconds: no index serves raw\.0\.exptime"):
        run(large.where().time_limit(0.001))
    run(large.where())
    large.time_limit = 0.001
    with pytest.raises(QueryTimeout, match="raise the time limit"):
        run(large.where())
    run(large.where().time_limit(None))
