import hashlib
import itertools
import subprocess
import sys
from datetime import date

from yibao.city.make import make_city
from yibao.city.plan import Plan

MODULE = "test_same_seed_same_city"


def digest(seed: int) -> str:
    city = make_city(seed=seed, people=600, as_of=date(2026, 11, 21))
    found = hashlib.sha256()
    population = city.population
    for name in ("age", "birth", "sex", "district", "scheme", "group", "household", "parent"):
        found.update(getattr(population, name).tobytes())
    for part in (
        city.names,
        city.identity_numbers,
        city.tokens,
        city.employers,
        city.providers,
        city.insurance.person_type,
    ):
        found.update(repr(part).encode())
    for good in city.goods:
        found.update(
            repr((good.code, good.name, good.maker, good.price_fen, good.ceiling_fen, sorted(good.uses))).encode()
        )
    for _, year in itertools.islice(Plan(city).years(0), 40):
        for visit in year:
            uses = sorted(visit.diagnosis.uses)
            found.update(repr((visit.number, visit.care, visit.provider, visit.began, visit.ended, uses)).encode())
            found.update(repr((visit.lines, visit.habits, visit.practitioner)).encode())
    return found.hexdigest()


def test_the_same_seed_makes_the_same_bytes_in_another_process() -> None:
    here = __file__.rpartition("/")[0]
    program = f"import sys; sys.path.insert(0, {here!r}); from {MODULE} import digest; print(digest(5))"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digest(5)


def test_another_seed_makes_another_city() -> None:
    assert digest(5) != digest(6)


def test_a_persons_year_does_not_depend_on_who_was_planned_before() -> None:
    city = make_city(seed=5, people=600, as_of=date(2026, 11, 21))
    first, second = Plan(city), Plan(city)
    last = int(first.order[30])
    for place in range(30):
        first.year_of(int(first.order[place]))
    assert first.year_of(last) == second.year_of(last)
