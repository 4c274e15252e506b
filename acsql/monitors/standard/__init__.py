"""The monitors that come with acsql."""

from . import (
    archive_health,
    bias,
    calibration,
    charge_transfer,
    dark,
    lamp,
    pointing,
    post_flash,
    saturation,
    sbc_dark,
    sky,
)

MONITORS = (
    archive_health.MONITOR,
    bias.MONITOR,
    calibration.MONITOR,
    charge_transfer.MONITOR,
    dark.MONITOR,
    lamp.MONITOR,
    pointing.MONITOR,
    post_flash.MONITOR,
    saturation.MONITOR,
    sbc_dark.MONITOR,
    sky.MONITOR,
)
