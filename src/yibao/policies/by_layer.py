"""A policy whose payments are booked by layer instead of by fund: the same calculation, told apart more finely."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from yibao.engines.benefits import CompiledPolicy
from yibao.engines.benefits.tables import OUT_FUNDS, ROW_LAYER, ROW_OUT, freeze
from yibao.policies.language import Layer, Text
from yibao.policies.law import Law


@dataclass(frozen=True, slots=True)
class LayerName:
    """A layer's title and the fund that pays it, with its name."""

    key: str
    title: Text
    fund: str
    fund_name: Text


def by_layer(policy: CompiledPolicy) -> CompiledPolicy:
    """Give the same tables with a column of their own for each layer: `BulkResult.funds` then goes by layer keys.

    What the account or the institution pays stays where it is, and the columns of such layers are nothing.
    """
    rows = policy.rows.copy()
    of_funds = rows[:, ROW_OUT] >= OUT_FUNDS
    rows[of_funds, ROW_OUT] = OUT_FUNDS + rows[of_funds, ROW_LAYER]
    return replace(
        policy,
        funds=policy.layers,
        rows=freeze(rows),
        rows_read=tuple(tuple(row) for row in rows.tolist()),
    )


def layer_names(law: Law) -> Mapping[str, LayerName]:
    """Titles and funds of a law's layers by key, in the order of the calculation."""
    return {placed.layer.key: _layer_name(law, placed.layer) for placed in law.layers}


def _layer_name(law: Law, layer: Layer) -> LayerName:
    """Title and payer of one layer; the account by its fund code, the institution without one."""
    if layer.fund is not None:
        return LayerName(layer.key, layer.title, layer.fund, law.scheme.funds[layer.fund])
    if layer.payer == "account" and law.scheme.account is not None:
        return LayerName(
            layer.key, layer.title, law.scheme.account.fund, Text(zh="个人账户", en="the personal account")
        )
    return LayerName(layer.key, layer.title, "", Text(zh="医疗机构", en="the institution"))
