"""Sections of the primary headers of the sample archive."""


def test_sections_are_titled_and_set_off(raw_texts):
    title = " " * 80 + "              / TARGET INFORMATION".ljust(80) + " " * 80
    assert all(title in text for text in raw_texts)
