"""An observation as it is stored, for tests of the store."""

from datetime import datetime

DOCUMENT = {
    "_id": "j8bt05nj",
    "ipppssoot": "j8bt05njq",
    "path": "j8bt/j8bt05njq",
    "visit": "05",
    "detector": "HRC",
    "proposid": 9019,
    "targname": "NGC104",
    "exptime": 60.0,
    "subarray": False,
    "date_obs": datetime(2002, 4, 13),
    "time_obs": "18:16:35",
    "asn_id": None,
    "position": {"type": "Point", "coordinates": [6.02714833, -72.08351111]},
    "datasets": {"raw": "j8bt05njq_raw.fits", "spt": "j8bt05njq_spt.fits"},
    "headers": {
        "raw": {
            "0": {"exptime": 60.0, "history": ["first", "second"]},
            "1": {"goodmean": 5.5},
        },
        "spt": {"0": {}},
    },
    "files": {"raw": {"size": 2_255_040, "path": "j8bt/j8bt05njq/j8bt05njq_raw.fits"}},
    "previews": {"raw": {"jpeg": "9019/j8bt05njq_raw.jpg", "thumbnail": None}},
    "schema_version": 1,
}
