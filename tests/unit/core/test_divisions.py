import pytest

from yibao.core.divisions import PROVINCE_PREFIXES, Level, NotADivisionError, is_within, parse_division


class TestParse:
    def test_a_county_knows_its_city_and_province(self) -> None:
        division = parse_division("110105")
        assert (division.level, division.province, division.city, division.county) == (
            Level.COUNTY,
            "110000",
            "110100",
            "110105",
        )

    def test_a_city_has_no_county(self) -> None:
        division = parse_division("420200")
        assert (division.level, division.province, division.city, division.county) == (
            Level.CITY,
            "420000",
            "420200",
            None,
        )

    def test_a_province_has_neither(self) -> None:
        division = parse_division("110000")
        assert (division.level, division.province, division.city, division.county) == (
            Level.PROVINCE,
            "110000",
            None,
            None,
        )

    @pytest.mark.parametrize(
        "code", ["", "11010", "1101055", "11O105", "110005", "100000", "160000", "990000", "110105 ", "11010５"]
    )
    def test_what_is_no_division_is_refused(self, code: str) -> None:
        with pytest.raises(NotADivisionError) as refusal:
            parse_division(code)
        assert refusal.value.facts == {"division": code}

    def test_there_are_thirty_four_provinces(self) -> None:
        assert len(PROVINCE_PREFIXES) == 34

    @pytest.mark.parametrize(
        ("code", "direct"), [("420299", True), ("429900", True), ("420200", False), ("110105", False)]
    )
    def test_the_insured_of_the_seat_itself_are_told_apart(self, code: str, *, direct: bool) -> None:
        assert parse_division(code).is_direct is direct


class TestWithin:
    @pytest.mark.parametrize(
        ("code", "region"),
        [("110105", "110000"), ("110000", "110000"), ("420299", "420200"), ("429004", "420000"), ("420299", "420299")],
    )
    def test_inside(self, code: str, region: str) -> None:
        assert is_within(code, region)

    @pytest.mark.parametrize(
        ("code", "region"),
        [("110000", "110105"), ("120101", "110000"), ("420300", "420200"), ("420200", "420299")],
    )
    def test_outside(self, code: str, region: str) -> None:
        assert not is_within(code, region)

    @pytest.mark.parametrize(("code", "region"), [("x", "110000"), ("110105", "1100")])
    def test_either_code_must_be_one(self, code: str, region: str) -> None:
        with pytest.raises(NotADivisionError):
            is_within(code, region)
