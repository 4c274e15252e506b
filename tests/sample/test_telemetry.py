"""Jitter files of the sample archive."""


def test_jitter_files_have_one_extension_for_every_exposure(primaries, planned):
    counts = set()
    for observation in planned:
        for filetype in {"jit", "jif"} & set(observation.filetypes):
            header = primaries[observation.ipppssoot][filetype]
            assert header["NEXTEND"] == len(observation.exposures)
            counts.add(header["NEXTEND"])
    assert counts == {1, 2, 3, 6}
