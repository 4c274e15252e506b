"""The types of the responses about annotations have the fields and values of what they describe."""

from typing import get_args, get_type_hints

from acsql.annotation_files import COLUMNS
from acsql.annotations import Action
from acsql.keywords import Flag
from acsql.web.api.annotation_answers import AnnotationRecord, FlagRecord


def test_an_annotation_has_the_columns_of_a_file_of_annotations() -> None:
    fields = get_type_hints(AnnotationRecord)
    assert list(fields) == [column.address for column in COLUMNS]
    assert set(get_args(fields["action"])) == set(Action)


def test_a_flag_has_the_fields_of_its_class_and_the_number_of_its_observations() -> None:
    fields = set(get_type_hints(Flag)) | {"observations"}
    assert set(get_type_hints(FlagRecord)) == fields
