"""The monitors of acsql itself: what an ACS team looks at every night."""

from . import archive_health, bias, calibration, pointing, saturation

MONITORS = (
    archive_health.MONITOR,
    bias.MONITOR,
    calibration.MONITOR,
    pointing.MONITOR,
    saturation.MONITOR,
)
