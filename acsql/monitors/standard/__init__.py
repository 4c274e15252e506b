"""The monitors of acsql itself: what an ACS team looks at every night."""

from . import archive_health, calibration, pointing

MONITORS = (archive_health.MONITOR, calibration.MONITOR, pointing.MONITOR)
