from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.core.identity import (
    DOCUMENT_TYPES,
    BirthDateError,
    CheckDigitError,
    Identity,
    IdentityError,
    NumberFormError,
    PlaceError,
    Sex,
    UnknownDocumentTypeError,
    check_digit,
    check_identity,
    check_resident_number,
    mask,
)

# Made up; the examples printed in GB 11643 itself are tested for their check digit only.
EXAMPLE = "34052419800101001X"


def numbered(first17: str) -> str:
    return first17 + check_digit(first17)


class TestCheckDigit:
    @pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
    def test_of_the_examples_printed_in_the_standard(self, number: str) -> None:
        assert check_digit(number[:17]) == number[17]

    @given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 9))
    def test_sees_every_single_wrong_digit(self, first17: str, place: int, shift: int) -> None:
        wrong = str((int(first17[place]) + shift) % 10)
        assert check_digit(first17[:place] + wrong + first17[place + 1 :]) != check_digit(first17)

    @given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 15))
    def test_sees_every_swap_of_neighbours(self, first17: str, place: int) -> None:
        a, b = first17[place], first17[place + 1]
        swapped = first17[:place] + b + a + first17[place + 2 :]
        assert (check_digit(swapped) == check_digit(first17)) is (a == b)


class TestResident:
    def test_tells_birth_sex_and_division(self) -> None:
        assert check_resident_number(EXAMPLE) == Identity(
            document="01",
            number=EXAMPLE,
            birth_date=date(1980, 1, 1),
            sex=Sex.MALE,
            division="340524",
        )

    def test_an_even_seventeenth_digit_is_a_woman(self) -> None:
        assert check_resident_number(numbered("11010519491231002")).sex is Sex.FEMALE

    def test_a_small_x_and_blanks_at_the_ends_are_forgiven(self) -> None:
        assert check_resident_number(" 34052419800101001x ").number == EXAMPLE

    @pytest.mark.parametrize("last", "0123456789")
    def test_every_other_last_character_is_wrong(self, last: str) -> None:
        with pytest.raises(CheckDigitError):
            check_resident_number(EXAMPLE[:17] + last)

    @pytest.mark.parametrize(
        "number", ["", "340524800101001", EXAMPLE + "1", "3405241980010100XX", "３４052419800101001X"]
    )
    def test_length_and_characters(self, number: str) -> None:
        with pytest.raises(NumberFormError):
            check_resident_number(number)

    @pytest.mark.parametrize("birth", ["19800230", "19801301", "00000101", "20230229"])
    def test_a_birth_on_no_day_of_the_calendar(self, birth: str) -> None:
        with pytest.raises(BirthDateError):
            check_resident_number(numbered("340524" + birth + "001"))

    def test_a_leap_day_is_a_day(self) -> None:
        assert check_resident_number(numbered("34052420240229001")).birth_date == date(2024, 2, 29)

    def test_a_birth_after_the_day_of_checking(self) -> None:
        assert check_resident_number(EXAMPLE, on=date(1980, 1, 1)).birth_date == date(1980, 1, 1)
        with pytest.raises(BirthDateError):
            check_resident_number(EXAMPLE, on=date(1979, 12, 31))

    @pytest.mark.parametrize("place", ["000000", "990101", "100101", "810000", "820000", "830000", "110001"])
    def test_a_place_that_gives_out_no_resident_cards(self, place: str) -> None:
        with pytest.raises(PlaceError):
            check_resident_number(numbered(place + "19800101001"))

    def test_the_refusal_shows_only_the_masked_number(self) -> None:
        with pytest.raises(CheckDigitError) as refusal:
            check_resident_number(EXAMPLE[:17] + "1")
        assert refusal.value.facts == {"document": "01", "number": "340***********0011"}


class TestResidencePermit:
    @pytest.mark.parametrize(("place", "division"), [("810000", "810000"), ("820000", "820000"), ("830000", "710000")])
    def test_of_hong_kong_macau_and_taiwan(self, place: str, division: str) -> None:
        identity = check_identity("17", numbered(place + "19900704002"))
        assert (identity.birth_date, identity.sex, identity.division) == (date(1990, 7, 4), Sex.FEMALE, division)

    def test_a_mainland_place_is_refused(self) -> None:
        with pytest.raises(PlaceError):
            check_identity("17", EXAMPLE)

    def test_its_check_digit_counts_too(self) -> None:
        right = numbered("81000019900704002")
        wrong = right[:17] + ("1" if right[17] != "1" else "2")
        with pytest.raises(CheckDigitError):
            check_identity("17", wrong)


class TestPermanentResident:
    def test_the_old_card_tells_nothing_but_its_form(self) -> None:
        assert check_identity("07", "CAN110080060201") == Identity(document="07", number="CAN110080060201")

    def test_the_new_card_tells_province_birth_and_sex(self) -> None:
        identity = check_identity("07", numbered("91112419850312003"))
        assert (identity.division, identity.birth_date, identity.sex) == ("110000", date(1985, 3, 12), Sex.MALE)

    @pytest.mark.parametrize("first17", ["81112419850312003", "99912419850312003"])
    def test_begins_with_nine_and_a_province(self, first17: str) -> None:
        with pytest.raises(PlaceError):
            check_identity("07", numbered(first17))

    @pytest.mark.parametrize("number", ["CA1110080060201", "CAN11008006020", "CAN1100800602011"])
    def test_other_forms_are_refused(self, number: str) -> None:
        with pytest.raises(NumberFormError):
            check_identity("07", number)


class TestDisability:
    def test_is_read_as_the_holder(self) -> None:
        identity = check_identity("09", EXAMPLE + "43B1")
        assert identity.number == EXAMPLE + "43B1"
        assert (identity.birth_date, identity.sex, identity.division) == (date(1980, 1, 1), Sex.MALE, "340524")

    @pytest.mark.parametrize("tail", ["", "4", "83", "45", "43B"])
    def test_kind_and_grade_must_be_there(self, tail: str) -> None:
        with pytest.raises(NumberFormError):
            check_identity("09", EXAMPLE + tail)


class TestNumbersOfWhichOnlyTheFormIsKnown:
    @pytest.mark.parametrize(
        ("document", "number"),
        [
            ("04", "H12345678"),
            ("04", "H1234567801"),
            ("04", "KJ1234567"),
            ("05", "m12345678"),
            ("05", "MA1234567"),
            ("06", "01234567"),
            ("08", "C01X00T47"),
            ("08", "123456789"),
            ("16", "E12345678"),
            ("16", "EA1234567"),
            ("16", "G12345678"),
            ("16", "141234567"),
            ("02", "军字第1234567号"),
            ("90", "A12345678"),
            ("99", "7"),
        ],
    )
    def test_right(self, document: str, number: str) -> None:
        assert check_identity(document, number) == Identity(document=document, number=number.upper())

    @pytest.mark.parametrize(
        ("document", "number"),
        [
            ("04", "M12345678"),
            ("04", "H123456789"),
            ("05", "H12345678"),
            ("05", "M1234567"),
            ("06", "1234567"),
            ("06", "A1234567"),
            ("08", "ABCDEFGH"),
            ("08", "A123456789"),
            ("08", "A12"),
            ("16", "E1234567"),
            ("16", "12345678"),
            ("02", "军字 1"),
            ("99", ""),
            ("99", "9" * 51),
        ],
    )
    def test_wrong(self, document: str, number: str) -> None:
        with pytest.raises(NumberFormError):
            check_identity(document, number)


class TestTypes:
    def test_an_unknown_type_is_refused(self) -> None:
        with pytest.raises(UnknownDocumentTypeError):
            check_identity("18", EXAMPLE)

    def test_the_national_dictionary_is_covered(self) -> None:
        expected = {f"{code:02d}" for code in range(1, 18)} | {"90", "99"}
        assert expected == DOCUMENT_TYPES

    @given(st.sampled_from(sorted(DOCUMENT_TYPES)), st.text(max_size=60))
    def test_any_text_is_either_read_or_refused_by_name(self, document: str, text: str) -> None:
        try:
            told: object = check_identity(document, text).number
        except IdentityError as error:
            told = error.facts
        assert told in (text.strip().upper(), {"document": document, "number": mask(text.strip().upper())})


class TestMask:
    @pytest.mark.parametrize(
        ("number", "masked"),
        [(EXAMPLE, "340***********001X"), ("H12345678", "H******78"), ("12345", "*****"), ("", "")],
    )
    def test_hides_the_middle(self, number: str, masked: str) -> None:
        assert mask(number) == masked

    @given(st.text(max_size=40))
    def test_keeps_the_length_and_never_more_than_half(self, number: str) -> None:
        masked = mask(number)
        assert len(masked) == len(number)
        hidden = sum(shown == "*" for shown in masked)
        assert hidden * 5 >= len(number) * 2
