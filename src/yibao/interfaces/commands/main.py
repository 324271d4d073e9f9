"""The command line put together: every group under its name, expected errors as one clear sentence."""

import os

import typer

from yibao.interfaces.commands.agreements import app as agreements
from yibao.interfaces.commands.benefits import app as benefits
from yibao.interfaces.commands.city import app as city
from yibao.interfaces.commands.db import app as db
from yibao.interfaces.commands.demo import demo
from yibao.interfaces.commands.emergencies import app as emergencies
from yibao.interfaces.commands.enrolment import app as enrolment
from yibao.interfaces.commands.filings import app as filings
from yibao.interfaces.commands.gateway import app as gateway
from yibao.interfaces.commands.keys import app as keys
from yibao.interfaces.commands.ledger import app as ledger
from yibao.interfaces.commands.orders import app as orders
from yibao.interfaces.commands.policy import app as policy
from yibao.interfaces.commands.poverty import app as poverty
from yibao.interfaces.commands.prescriptions import app as prescriptions
from yibao.interfaces.commands.recalculate import app as recalculate
from yibao.interfaces.commands.reconcile import EXAMPLES as RECONCILIATIONS
from yibao.interfaces.commands.reconcile import reconcile
from yibao.interfaces.commands.refusals import clear_refusals
from yibao.interfaces.commands.regions import app as regions
from yibao.interfaces.commands.reimbursement import app as reimbursement
from yibao.interfaces.commands.sandbox import app as sandbox
from yibao.interfaces.commands.serve import serve
from yibao.interfaces.commands.simulate import EXAMPLES as SIMULATIONS
from yibao.interfaces.commands.simulate import simulate
from yibao.interfaces.commands.simulations import app as simulations
from yibao.interfaces.commands.staff import app as staff
from yibao.interfaces.commands.supplement import app as supplement

app = typer.Typer(
    name="yibao",
    help="医保: public health insurance of a pooling region. / 统筹区医疗保障平台。",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command(name="demo")(demo)
app.command(name="serve")(serve)
app.command(name="simulate", epilog=SIMULATIONS)(simulate)
app.command(name="reconcile", epilog=RECONCILIATIONS)(reconcile)
app.add_typer(agreements, name="agreements")
app.add_typer(city, name="city")
app.add_typer(db, name="db")
app.add_typer(emergencies, name="emergencies")
app.add_typer(enrolment, name="enrolment")
app.add_typer(filings, name="filings")
app.add_typer(gateway, name="gateway")
app.add_typer(keys, name="keys")
app.add_typer(ledger, name="ledger")
app.add_typer(orders, name="orders")
app.add_typer(prescriptions, name="prescriptions")
app.add_typer(policy, name="policy")
app.add_typer(poverty, name="poverty")
app.add_typer(regions, name="regions")
app.add_typer(reimbursement, name="reimbursement")
app.add_typer(recalculate, name="recalculate")
app.add_typer(sandbox, name="sandbox")
app.add_typer(simulations, name="simulations")
app.add_typer(staff, name="staff")
app.add_typer(supplement, name="supplement")
app.add_typer(benefits, name="benefits")


def main() -> None:
    """Run the command; an anticipated error becomes one line on stderr and exit code 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.interfaces.server.settings")
    with clear_refusals():
        app()
