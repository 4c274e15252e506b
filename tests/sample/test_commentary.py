"""Comments, history and leftovers in the headers of the sample archive."""


def test_some_keywords_are_repeated(headers):
    assert any(header.count("PYWCSVER") == 2 for _, _, header in headers if "PYWCSVER" in header)


def test_comments_and_history_are_there(headers):
    assert any("HISTORY" in header for _, key, header in headers if key.filetype == "flt")
    assert all("COMMENT" in h for _, key, h in headers if key[1:] == ("drz", 0))
