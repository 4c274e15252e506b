"""Drizzled files of the sample archive."""

import re

from acsql.sample import camera


def test_drizzled_products_have_a_block_for_every_input(primaries, planned):
    for observation in (o for o in planned if "drz" in o.filetypes):
        header = primaries[observation.ipppssoot]["drz"]
        chips = len(camera.readouts(observation.visit.aperture, "small"))
        inputs = [header[key] for key in header if re.fullmatch(r"D\d{3}DATA", key)]
        assert len(inputs) == chips * len(observation.exposures)
        assert {text[:9] for text in inputs} == {e.ipppssoot for e in observation.exposures}
