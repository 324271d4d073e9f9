"""Random laws and visits: a plain description for the reference, written as policy files for the compiler and kernel."""

import json

from hypothesis import strategies as st

NATIONAL = ("in_scope", "self_pay_first", "over_ceiling", "full_self_pay")
CARVED = {"negotiated": "in_scope", "special": "full_self_pay"}
PARTS = NATIONAL
LEVELS = ("near", "far")
GROUPS = ("first", "later")
AIDS = ("none", "poor")
DISEASES = ("none", "diabetes")
BALANCES = ("current", "earlier")

amounts_fen = st.one_of(st.integers(0, 2_000), st.integers(0, 3_000_000), st.integers(0, 50_000_000))
ppm = st.integers(0, 10_000).map(lambda rate: rate * 100)

PLAIN = {
    "weights": None, "less": [], "payer": "fund", "balance": None, "excess": False, "limit": None, "limit_by": None,
    "limit_on": "base", "credits": False, "renews": False, "adjust": [], "lump": None, "by_age": 0, "per": "year",
    "by": None, "owed": ["in_scope"], "beyond": None, "deductible_by": None, "cost_by": None, "cap": None, "cap_by": None,
}  # fmt: skip
"""A layer that has nothing of the rarer things."""


ORDINARY = {
    **dict.fromkeys((*NATIONAL, *CARVED), 0), "level": "near", "ordinal_group": "first", "account_used": False,
    "aid": "none", "disease": "none", "month": 0, "age": 40, "credit": 0, "times": 1,
}  # fmt: skip
"""A visit that costs nothing."""


def can_be_followed(layer):
    """Say whether another layer may take up what lies beyond this one."""
    return layer["beyond"] is not None or (
        set(layer["owed"]) <= {"in_scope", "negotiated"} and not layer["weights"] and layer["lump"] is None
    )


@st.composite
def layers(draw, earlier, *, annual=False, least_rate=0):
    """One layer; `annual` keeps everything on yearly accumulators and lets it start where the layer before it ends."""
    place = len(earlier)
    eligible = [layer["key"] for layer in earlier if can_be_followed(layer)]
    beyond = None
    if eligible and (annual or draw(st.booleans())):
        beyond = eligible[-1] if annual else draw(st.sampled_from(eligible))
    some = st.lists(st.sampled_from((*NATIONAL, *CARVED)), min_size=1, unique=True)
    owed = ["in_scope"] if annual else draw(st.one_of(st.just(["in_scope"]), some))
    inner = sorted(draw(st.sets(st.integers(1, 30_000_000), max_size=3)))
    rates = st.lists(
        st.integers(least_rate, 10_000).map(lambda rate: rate * 100), min_size=len(inner) + 1, max_size=len(inner) + 1
    )

    def counted(name):
        return name if annual or draw(st.booleans()) else None

    threshold = draw(st.integers(0, 300_000))
    layer = {
        **PLAIN,
        "key": f"layer_{place}",
        "owed": owed,
        "beyond": beyond,
        "threshold": {"first": threshold, "later": threshold if annual else draw(st.integers(0, 300_000))},
        "deductible_by": counted(f"deducted_{place}"),
        "tops": [*inner, draw(st.sampled_from([None, 40_000_000]))],
        "rates": {level: draw(rates) for level in LEVELS},
        "cost_by": counted(f"cost_{place}"),
        "cap": draw(st.one_of(st.none(), st.integers(0, 5_000_000), st.integers(0, 50_000_000))),
        "cap_by": counted(f"paid_{place}"),
    }
    return layer if annual else {**layer, **draw(rarer(layer, earlier))}


@st.composite
def rarer(draw, layer, earlier):
    """The rarer things of a layer: each is there now and then."""
    now_and_then = st.sampled_from([False, False, True])
    place, more = len(earlier), {}
    if layer["beyond"] is None and draw(now_and_then):
        more["weights"] = {part: draw(st.integers(1, 10_000)) * 100 for part in layer["owed"]}
    sources = [(kind, each["key"]) for each in earlier for kind in ("deductible", "copay", "beyond")]
    sources = [(kind, key) for kind, key in sources if earlier[int(key[6:])]["lump"] is None or kind == "deductible"]
    if sources and draw(now_and_then):
        more["less"] = draw(st.lists(st.sampled_from(sources), min_size=1, max_size=3, unique=True))
    more["payer"] = draw(st.sampled_from(["fund", "fund", "fund", "account", "hospital", "charity"]))
    more["balance"] = draw(st.sampled_from(BALANCES)) if more["payer"] == "account" else None
    more["excess"] = draw(st.booleans())
    if draw(now_and_then):
        limit_by = f"limited_{place}" if draw(st.booleans()) else None
        on = draw(st.sampled_from(["base", "excess"]))
        more |= {"limit": draw(st.integers(0, 5_000_000)), "limit_by": limit_by, "limit_on": on}
    more |= {"credits": draw(now_and_then), "renews": draw(now_and_then)}
    more["by_age"] = draw(st.sampled_from([0, 0, 1_000, 2_000]))
    adjustments = st.fixed_dictionaries(
        {
            "unit": st.sampled_from(["points", "factor"]),
            "of": st.sampled_from(["bands", "deductible"]),
            # Tenths, so that no adjusted rate has to be rounded to the millionth.
            "ppm": st.integers(-3, 15).map(lambda change: change * 100_000),
            "aid": st.sampled_from(AIDS),
        }
    )
    changes = draw(st.lists(adjustments, max_size=2))
    more["adjust"] = [one for one in changes if fits(one)]
    more |= {
        "per": draw(st.sampled_from(["year", "year", "quarter", "month"])),
        "by": draw(st.sampled_from([None, "disease"])),
    }
    followed = place == 0 or not can_be_followed(layer)
    if followed and layer["beyond"] is None and draw(now_and_then):
        more |= {"lump": draw(st.integers(1, 5_000_000)), "adjust": [], "cap": None}
    return more


def fits(adjustment):
    """Points are for rates and below one, factors are not negative."""
    if adjustment["unit"] == "points":
        return adjustment["of"] == "bands" and abs(adjustment["ppm"]) <= 1_000_000
    return adjustment["ppm"] >= 0


@st.composite
def laws(draw, *, annual=False, least_rate=0):
    """A law of one to seven layers."""
    listed = []
    for _ in range(draw(st.integers(1, 3 if annual else 7))):
        listed.append(draw(layers(listed, annual=annual, least_rate=least_rate)))
    return {"layers": listed, "account": draw(st.lists(st.sampled_from((*NATIONAL, *CARVED)), unique=True))}


@st.composite
def visits(draw):
    """One visit with its circumstances and costs."""
    costs = {part: draw(amounts_fen) for part in NATIONAL}
    return {
        **costs,
        **{part: draw(st.integers(0, costs[whole])) for part, whole in CARVED.items()},
        "level": draw(st.sampled_from(LEVELS)),
        "ordinal_group": draw(st.sampled_from(GROUPS)),
        "account_used": draw(st.booleans()),
        "aid": draw(st.sampled_from(AIDS)),
        "disease": draw(st.sampled_from(DISEASES)),
        "month": draw(st.integers(0, 11)),
        "age": draw(st.integers(0, 100)),
        "credit": draw(st.sampled_from([0, 0, 50_000, 400_000])),
        "times": draw(st.sampled_from([1, 1, 2, 3])),
    }


def slot(layer, name, visit):
    """Name the column of an accumulator of a layer in which a visit counts."""
    if name is None or visit is None:
        return name
    when = {"year": [], "quarter": [f"q{visit['month'] // 3 + 1}"], "month": [f"{visit['month'] + 1:02d}"]}[
        layer["per"]
    ]
    return "@".join([name, *when, *([visit["disease"]] if layer["by"] else [])])


def write_law(law, folder):
    """Write a description as a scheme file and a topic file below <folder>/990000/310; gives the scheme's folder."""
    target = folder / "990000" / "310"
    target.mkdir(parents=True, exist_ok=True)
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
        "aids": {aid: {"zh": aid, "en": aid} for aid in AIDS},
        "diseases": {disease: {"zh": disease, "en": disease} for disease in DISEASES},
        "components": {part: {"of": whole, "zh": part, "en": part} for part, whole in CARVED.items()},
        "funds": {f"9{place}0100": {"zh": "基金", "en": "fund"} for place in range(len(law["layers"]))},
        "accumulators": {name: said for layer in law["layers"] for name, said in accumulators_of(layer)},
        "sources": {},
        "account": {
            "fund": "310200",
            "balances": {name: {"zh": name, "en": name} for name in BALANCES},
            "values": [value("account", law["account"], "components")],
        },
        "not_paid": [],
    }
    (target / "scheme.yaml").write_text(json.dumps(scheme), encoding="utf-8")
    topic = {"topic": "trial", "sources": {}, "layers": [layer_file(layer) for layer in law["layers"]]}
    (target / "trial.yaml").write_text(json.dumps(topic), encoding="utf-8")
    return target


DATES = {"effective_from": "2024-01-01", "effective_until": None}


def accumulators_of(layer):
    """The accumulators that a layer's quantities use, as the scheme file declares them."""
    kinds = [("deductible", layer["deductible_by"]), ("payment", layer["cap_by"])]
    kinds += [] if layer["lump"] is not None else [("cost", layer["cost_by"])]
    kinds += [("cost", layer["limit_by"])] if layer["limit"] is not None else []
    for kind, name in kinds:
        if name:
            said = {"kind": kind, "zh": name, "en": name, "per": layer["per"]}
            yield name, said | ({"by": layer["by"]} if layer["by"] else {})


def layer_file(layer):
    place = int(layer["key"].removeprefix("layer_"))
    thresholds = {group: layer["threshold"][group] / 100 for group in GROUPS}
    less = [{kind: key} for kind, key in layer["less"]]
    owed = (
        {part: weight / 1_000_000 for part, weight in layer["weights"].items()} if layer["weights"] else layer["owed"]
    )
    deductible = quantity(layer["deductible_by"], value(f"d{place}", thresholds, "yuan", by=["ordinal"]))
    deductible |= {"credits_transfer": layer["credits"], "renews_after_days": 90 if layer["renews"] else None}
    written = {
        "key": layer["key"],
        "title": {"zh": layer["key"], "en": layer["key"]},
        "order": place,
        **DATES,
        "applies": {"care": ["outpatient"]},
        "base": {"beyond": layer["beyond"], "less": less}
        if layer["beyond"] is not None
        else {"owed": owed, "less": less},
        "payer": layer["payer"],
        "fund": f"9{place}0100" if layer["payer"] in {"fund", "charity"} else None,
        "balance": layer["balance"],
        "deductible": deductible,
        "adjust": [adjustment(f"a{place}-{number}", said) for number, said in enumerate(layer["adjust"])],
    }
    if layer["limit"] is not None:
        limit = quantity(layer["limit_by"], value(f"l{place}", layer["limit"] / 100, "yuan"))
        written["limit"] = limit | {"on": layer["limit_on"]}
    if layer["lump"] is not None:
        return written | {"lump": quantity(layer["cap_by"], value(f"s{place}", layer["lump"] / 100, "yuan"))}
    rates = {level: [rate_file(layer, rate) for rate in layer["rates"][level]] for level in LEVELS}
    edges = [0, *(None if top is None else top / 100 for top in layer["tops"])]
    bands = quantity(layer["cost_by"], value(f"b{place}", rates, "ratio", by=["level"], edges=edges))
    cap = "unlimited" if layer["cap"] is None else layer["cap"] / 100
    return written | {
        "bands": bands | {"on": "excess" if layer["excess"] else "absolute"},
        "cap": quantity(layer["cap_by"], value(f"c{place}", cap, "yuan")),
    }


def rate_file(layer, rate):
    """A rate, or one that follows the age from 20 years on up to 95 %."""
    if not layer["by_age"] or rate > 950_000:
        return rate / 1_000_000
    more = {"per_year_of_age": layer["by_age"] / 1_000_000, "from_age": 20, "at_most": 0.95}
    return {"base": rate / 1_000_000, **more}


def quantity(accumulator, only):
    return {"accumulator": accumulator or "visit", "values": [only]}


def adjustment(clause, said):
    where = {"aid": [said["aid"]]}
    return value(clause, said["ppm"] / 1_000_000, said["unit"], where=where, of=said["of"])


def value(clause, content, unit, **more):
    sourced = {"clause": clause, "source": None, "article": None, "trust": "our_default", "note": "a trial"}
    return {**sourced, **DATES, "unit": unit, "value": content, **more}
