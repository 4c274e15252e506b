"""The simulation of an observation is the same each time, and its files share it."""

import numpy as np

from acsql.keywords import HeaderKey
from acsql.sample.schedule import PlannedObservation
from acsql.sample.simulation import JITTER, KEYWORDS, PIXELS, Simulation


def test_each_stream_of_random_numbers_can_be_repeated(planned: list[PlannedObservation]) -> None:
    one, same = Simulation(planned[0], 1, "small"), Simulation(planned[0], 1, "small")
    assert one.random(PIXELS, 1).random() == same.random(PIXELS, 1).random()
    streams = [(PIXELS, 1), (PIXELS, 2), (KEYWORDS,), (JITTER,)]
    assert len({one.random(*stream).random() for stream in streams}) == len(streams)
    others = Simulation(planned[0], 2, "small"), Simulation(planned[1], 1, "small")
    assert one.random(KEYWORDS).random() not in {each.random(KEYWORDS).random() for each in others}


def test_one_in_a_number_of_observations_has_its_turn(planned: list[PlannedObservation]) -> None:
    turns = [o.number for o in planned if Simulation(o, 1, "small").every((4, 1))]
    assert turns == [o.number for o in planned if o.number % 4 == 1]
    assert turns


def test_headers_are_those_of_the_detector(planned: list[PlannedObservation]) -> None:
    for observation in planned:
        key = Simulation(observation, 1, "small").key("flt", 1)
        assert key == HeaderKey(observation.detector, "flt", 1)


def test_each_chip_that_is_read_out_has_a_pointing_and_pixels(
    planned: list[PlannedObservation],
) -> None:
    observation = next(o for o in planned if o.detector == "WFC" and not o.internal)
    simulation = Simulation(observation, 1, "small")
    assert len(simulation.readouts) == len(simulation.pointings) == len(simulation.chips)
    again = Simulation(observation, 1, "small")
    for chip, same in zip(simulation.chips, again.chips, strict=True):
        np.testing.assert_array_equal(chip.raw, same.raw)
    assert simulation.chips is simulation.chips
