"""Addresses: identifiers of files, and back; the site answers at each address."""

import pytest

from acsql.vo.addresses import Addresses, local_part


def test_the_host_of_the_site_is_the_authority_of_identifiers(addresses: Addresses) -> None:
    assert addresses.identifier("x.fits") == "ivo://acs.example.org/acsql?x.fits"


@pytest.mark.parametrize("name", ["j8bt05njq_flt.fits", "j8bt05nj"])
def test_the_local_part_of_an_identifier_is_its_name(addresses: Addresses, name: str) -> None:
    assert local_part(addresses.identifier(name)) == local_part(name) == name


def test_an_identifier_is_quoted_in_the_address_of_its_links(addresses: Addresses) -> None:
    url = addresses.links(addresses.identifier("x&y"))
    assert url.endswith("/vo/datalink?ID=ivo%3A%2F%2Facs.example.org%2Facsql%3Fx%26y")
