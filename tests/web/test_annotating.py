"""The site writes annotations through its own connection, as the reader of the page."""

from dataclasses import replace

import pytest
from forms import client_of, send

import acsql
from acsql.store import observation_writes
from acsql.web.annotating import linked


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("as j8bt05njq.", 'as <a href="/go?name=j8bt05njq">j8bt05njq</a>.'),
        ("justified", "justified"),
        ("<b>J8BT05NJ</b>", '&lt;b&gt;<a href="/go?name=J8BT05NJ">J8BT05NJ</a>&lt;/b&gt;'),
        ("xj8bt05njq", "xj8bt05njq"),
    ],
)
def test_names_of_observations_in_a_text_are_links(empty_archive, text, html):
    with client_of(empty_archive).application.test_request_context():
        assert linked(text) == html


def test_the_site_annotates_as_the_database_user_who_may_do_nothing_else(empty_archive):
    observation_writes.replace(empty_archive.store, {"_id": "j8bt05nj", "proposid": 9019})
    same = empty_archive.config.connection_string
    archive = acsql.Archive(
        replace(empty_archive.config, annotation_connection_string=f"{same}&appname=annotator")
    )
    client = client_of(archive)
    send(client, "/annotations/viewed", rootname="j8bt05nj", change="mark")
    connection = client.application.extensions["acsql.annotating"].archive()
    assert connection.store is not archive.store
    assert empty_archive.count("viewed()") == 1


def test_a_reader_without_the_right_sees_no_form(empty_archive):
    empty_archive.accounts.add("reader", acsql.accounts.roles.Role.READ, "correct horse battery")
    client = client_of(empty_archive)
    assert '<form method="post" action="/annotations' not in client.get("/flags/").text
