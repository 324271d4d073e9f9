"""A policy whose payments are booked by layer instead of by fund: the same calculation, told apart more finely."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from yibao.engines.benefits import CompiledPolicy
from yibao.engines.benefits.tables import ROW_FUND, ROW_LAYER, freeze
from yibao.policies.language import Text
from yibao.policies.law import Law


@dataclass(frozen=True, slots=True)
class LayerName:
    """A layer's title and the fund that pays it, with its name."""

    key: str
    title: Text
    fund: str
    fund_name: Text


def by_layer(policy: CompiledPolicy) -> CompiledPolicy:
    """Give the same tables with a column of their own for each layer: `BulkResult.funds` then goes by layer keys."""
    rows = policy.rows.copy()
    rows[:, ROW_FUND] = rows[:, ROW_LAYER]
    return replace(
        policy,
        funds=policy.layers,
        rows=freeze(rows),
        rows_read=tuple(tuple(row) for row in rows.tolist()),
    )


def layer_names(law: Law) -> Mapping[str, LayerName]:
    """Titles and funds of a law's layers by key, in the order of the calculation."""
    return {
        placed.layer.key: LayerName(
            placed.layer.key, placed.layer.title, placed.layer.fund, law.scheme.funds[placed.layer.fund]
        )
        for placed in law.layers
    }
