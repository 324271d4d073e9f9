"""Random laws and visits: a plain description for the reference, written as policy files for the compiler and kernel."""

import json

from hypothesis import strategies as st

PARTS = ("in_scope", "self_pay_first", "over_ceiling", "full_self_pay")
LEVELS = ("near", "far")
GROUPS = ("first", "later")

amounts_fen = st.one_of(st.integers(0, 2_000), st.integers(0, 3_000_000), st.integers(0, 50_000_000))


@st.composite
def layers(draw, earlier, *, annual=False, least_rate=0):
    """One layer; `annual` keeps everything on yearly accumulators and lets it start where the layer before it ends."""
    place = len(earlier)
    key = f"layer_{place}"
    beyond = None
    eligible = [layer["key"] for layer in earlier if layer["beyond"] is not None or layer["owed"] == ["in_scope"]]
    if eligible and (annual or draw(st.booleans())):
        beyond = eligible[-1] if annual else draw(st.sampled_from(eligible))
    some = st.lists(st.sampled_from(PARTS), min_size=1, unique=True)
    owed = ["in_scope"] if annual else draw(st.one_of(st.just(["in_scope"]), some))
    inner = sorted(draw(st.sets(st.integers(1, 30_000_000), max_size=3)))
    last = draw(st.sampled_from([None, 40_000_000]))
    rates = st.lists(
        st.integers(least_rate, 10_000).map(lambda rate: rate * 100), min_size=len(inner) + 1, max_size=len(inner) + 1
    )

    def counted(name):
        return name if annual or draw(st.booleans()) else None

    threshold = draw(st.integers(0, 300_000))
    return {
        "key": key,
        "owed": owed,
        "beyond": beyond,
        "threshold": {"first": threshold, "later": threshold if annual else draw(st.integers(0, 300_000))},
        "deductible_by": counted(f"deducted_{place}"),
        "tops": [*inner, last],
        "rates": {level: draw(rates) for level in LEVELS},
        "cost_by": counted(f"cost_{place}"),
        "cap": draw(st.one_of(st.none(), st.integers(0, 5_000_000), st.integers(0, 50_000_000))),
        "cap_by": counted(f"paid_{place}"),
    }


@st.composite
def laws(draw, *, annual=False, least_rate=0):
    """A law of one to seven layers."""
    count = draw(st.integers(1, 3 if annual else 7))
    listed = []
    for _ in range(count):
        listed.append(draw(layers(listed, annual=annual, least_rate=least_rate)))
    return {
        "layers": listed,
        "account": draw(st.lists(st.sampled_from(PARTS), unique=True)),
    }


@st.composite
def visits(draw):
    """One visit with its circumstances and costs."""
    return {
        **{part: draw(amounts_fen) for part in PARTS},
        "level": draw(st.sampled_from(LEVELS)),
        "ordinal_group": draw(st.sampled_from(GROUPS)),
        "account_used": draw(st.booleans()),
    }


def write_law(law, folder):
    """Write a description as a scheme file and a topic file below <folder>/990000/310; gives the scheme's folder."""
    target = folder / "990000" / "310"
    target.mkdir(parents=True, exist_ok=True)
    accumulators = {}
    for layer in law["layers"]:
        for role, name in (
            ("deductible", layer["deductible_by"]),
            ("cost", layer["cost_by"]),
            ("payment", layer["cap_by"]),
        ):
            if name:
                accumulators[name] = {"kind": role, "zh": name, "en": name}
    scheme = {
        "region": "990000",
        "scheme": "310",
        "title": {"zh": "试验", "en": "trial"},
        **DATES,
        "cares": {"outpatient": {"levels": list(LEVELS)}},
        "statuses": ["active"],
        "places": ["local"],
        "ages": {"all": 0},
        "ordinals": {"first": 1, "later": 2},
        "funds": {f"9{place}0100": {"zh": "基金", "en": "fund"} for place in range(len(law["layers"]))},
        "accumulators": accumulators,
        "sources": {},
        "account": {"fund": "310200", "values": [value("account", law["account"], "components")]},
        "not_paid": [],
    }
    (target / "scheme.yaml").write_text(json.dumps(scheme), encoding="utf-8")
    topic = {"topic": "trial", "sources": {}, "layers": [layer_file(layer) for layer in law["layers"]]}
    (target / "trial.yaml").write_text(json.dumps(topic), encoding="utf-8")
    return target


DATES = {"effective_from": "2024-01-01", "effective_until": None}


def layer_file(layer):
    place = int(layer["key"].removeprefix("layer_"))
    thresholds = {group: layer["threshold"][group] / 100 for group in GROUPS}
    rates = {level: [rate / 1_000_000 for rate in layer["rates"][level]] for level in LEVELS}
    edges = [0, *(None if top is None else top / 100 for top in layer["tops"])]
    cap = "unlimited" if layer["cap"] is None else layer["cap"] / 100
    return {
        "key": layer["key"],
        "title": {"zh": layer["key"], "en": layer["key"]},
        "order": place,
        **DATES,
        "applies": {"care": ["outpatient"]},
        "base": {"beyond": layer["beyond"]} if layer["beyond"] is not None else {"owed": layer["owed"]},
        "fund": f"9{place}0100",
        "deductible": quantity(layer["deductible_by"], value(f"d{place}", thresholds, "yuan", by=["ordinal"])),
        "bands": quantity(layer["cost_by"], value(f"b{place}", rates, "ratio", by=["level"], edges=edges)),
        "cap": quantity(layer["cap_by"], value(f"c{place}", cap, "yuan")),
    }


def quantity(accumulator, only):
    return {"accumulator": accumulator or "visit", "values": [only]}


def value(clause, content, unit, **more):
    sourced = {"clause": clause, "source": None, "article": None, "trust": "our_default", "note": "a trial"}
    return {**sourced, **DATES, "unit": unit, "value": content, **more}
