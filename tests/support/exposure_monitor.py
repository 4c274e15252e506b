"""A monitor of an archive's own: quick, with series, a limit that is exceeded, and a failure."""

EXPOSURE_MONITOR = '''
from acsql.monitors import Limit, Monitor, column

def measure(observation):
    """Return the exposure time, from the primary header."""
    if observation["detector"] == "SBC":
        raise ValueError("no shutter")
    yield {"seconds": observation["exptime"], "detector": observation["detector"]}

MONITOR = Monitor(
    name="exposure",
    title="Exposure times",
    measure=measure,
    condition="exists(exptime)",
    columns=(column("seconds", "float", "exposure time", "s"), column("detector", "str", "where")),
    by="detector",
    alerts=(Limit("seconds", high=-1),),
)
'''
