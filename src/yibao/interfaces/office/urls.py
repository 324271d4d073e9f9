from django.urls import path, register_converter
from django.views.i18n import set_language

from yibao.interfaces.office import (
    channel_days,
    clearing,
    clinical,
    contributions,
    doubles,
    emergencies,
    filings,
    held_plans,
    home,
    insured_access,
    lists,
    maternity_claims,
    mobile_order,
    mobile_orders,
    poverty,
    poverty_case,
    recalculations,
    reconciliation,
    reconciliation_run,
    region_inquiries,
    region_prepaid,
    region_statement,
    regions,
    reimbursements,
    settlement,
    settlement_lists,
    settlements,
    sharing,
    sign_in,
    simulations,
    stock,
)


class FileKind:
    """The kinds of file that a list is taken out as."""

    regex = "csv|xlsx"

    def to_python(self, value: str) -> str:
        """As it stands in the address."""
        return value

    def to_url(self, value: str) -> str:
        """As it stands in the address."""
        return value


class BillKind(FileKind):
    """The kinds of file that an electronic bill is taken out as."""

    regex = "pdf|json|xml"


register_converter(FileKind, "kind")
register_converter(BillKind, "bill_kind")

app_name = "office"
urlpatterns = [
    path("", home.show, name="home"),
    path("sign-in", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-out", sign_in.SignOut.as_view(), name="sign_out"),
    path("language", set_language, name="language"),
    path("settlements", settlements.show, name="settlements"),
    path("settlements.csv", settlements.download_csv, name="settlements_csv"),
    path("settlements.xlsx", settlements.download_xlsx, name="settlements_xlsx"),
    path("settlements/<int:settlement_id>", settlement.show, name="settlement"),
    path("reconciliation", reconciliation.show, name="reconciliation"),
    path("reconciliation.csv", reconciliation.download_csv, name="reconciliation_csv"),
    path("reconciliation.xlsx", reconciliation.download_xlsx, name="reconciliation_xlsx"),
    path("reconciliation/compare", reconciliation.compare, name="reconciliation_compare"),
    path("reconciliation/<int:run_id>", reconciliation_run.show, name="reconciliation_run"),
    path("reconciliation/<int:run_id>.csv", reconciliation_run.download_csv, name="reconciliation_run_csv"),
    path("reconciliation/<int:run_id>.xlsx", reconciliation_run.download_xlsx, name="reconciliation_run_xlsx"),
    path("clearing", clearing.show, name="clearing"),
    path("clearing/<int:application_id>/decision", clearing.decide, name="clearing_decision"),
    path("reimbursements", reimbursements.show, name="reimbursements"),
    path("reimbursements.csv", reimbursements.download_csv, name="reimbursements_csv"),
    path("reimbursements/new", reimbursements.new, name="reimbursement_new"),
    path("reimbursements/<int:application_id>", reimbursements.show_case, name="reimbursement"),
    path("reimbursements/<int:application_id>/<slug:step>", reimbursements.act, name="reimbursement_step"),
    path("maternity", maternity_claims.show, name="maternity"),
    path("maternity.csv", maternity_claims.download_csv, name="maternity_csv"),
    path("maternity/new", maternity_claims.new, name="maternity_new"),
    path("maternity/<int:application_id>", maternity_claims.show_claim, name="maternity_claim"),
    path("maternity/<int:application_id>/<slug:step>", maternity_claims.act, name="maternity_step"),
    path("poverty", poverty.show, name="poverty"),
    path("poverty.csv", poverty.download_csv, name="poverty_csv"),
    path("poverty.xlsx", poverty.download_xlsx, name="poverty_xlsx"),
    path("poverty/<int:listing_id>", poverty_case.show, name="poverty_case"),
    path("poverty/<int:listing_id>/decision", poverty_case.decide, name="poverty_decision"),
    path("contributions", contributions.show, name="contributions"),
    path("contributions.csv", contributions.download_csv, name="contributions_csv"),
    path("contributions.xlsx", contributions.download_xlsx, name="contributions_xlsx"),
    path("sharing/<slug:person_number>", sharing.show, name="sharing"),
    path("sharing/<slug:person_number>/new", sharing.authorise, name="sharing_new"),
    path("sharing/<slug:person_number>/<int:sharing_id>/end", sharing.end, name="sharing_end"),
    path("access/<slug:person_number>", insured_access.show, name="insured_access"),
    path("access/<slug:person_number>/code", insured_access.hand_out, name="insured_access_code"),
    path("access/<slug:person_number>/close", insured_access.close, name="insured_access_close"),
    path("access/<slug:person_number>/let", insured_access.let, name="insured_access_let"),
    path("access/<slug:person_number>/<int:proxy_id>/end", insured_access.end, name="insured_access_end"),
    path("doubles", doubles.show, name="doubles"),
    path("doubles.csv", doubles.download_csv, name="doubles_csv"),
    path("doubles.xlsx", doubles.download_xlsx, name="doubles_xlsx"),
    path("doubles/<slug:person_number>", doubles.show_case, name="double_case"),
    path("doubles/<slug:person_number>/decision", doubles.decide, name="double_decision"),
    path("simulations", simulations.show, name="simulations"),
    path("simulations/<slug:name>", simulations.show_one, name="simulation"),
    path("recalculations", recalculations.show, name="recalculations"),
    path("recalculations/<int:run_id>", recalculations.show_one, name="recalculation"),
    path("recalculations/<int:run_id>/decision", recalculations.decide, name="recalculation_decision"),
    path("lists", lists.show, name="lists"),
    path("lists/<slug:code>", lists.show_one, name="list"),
    path("lists/<slug:code>/publish", lists.publish, name="list_publish"),
    path("lists/<slug:code>/register", lists.publish_register, name="list_register"),
    path("lists/<slug:code>/list.<slug:kind>", lists.download, name="list_file"),
    path("regions", regions.show, name="regions"),
    path("regions/draw", regions.draw, name="regions_draw"),
    path("regions/statements.<kind:kind>", regions.download, name="regions_file"),
    path("regions/statements/<int:statement_id>", region_statement.show, name="region_statement"),
    path("regions/statements/<int:statement_id>.<kind:kind>", region_statement.download, name="region_statement_file"),
    path("regions/statements/<int:statement_id>/<slug:step>", region_statement.act, name="region_statement_step"),
    path("regions/inquiries", region_inquiries.show, name="region_inquiries"),
    path("regions/inquiries.<kind:kind>", region_inquiries.download, name="region_inquiries_file"),
    path("regions/inquiries/<int:inquiry_id>", region_inquiries.show_one, name="region_inquiry"),
    path("regions/inquiries/<int:inquiry_id>/<slug:step>", region_inquiries.act, name="region_inquiry_step"),
    path("regions/prepaid", region_prepaid.show, name="region_prepaid"),
    path("regions/prepaid.<kind:kind>", region_prepaid.download, name="region_prepaid_file"),
    path("regions/prepaid/<slug:step>", region_prepaid.decide, name="region_prepaid_step"),
    path("emergencies", emergencies.show, name="emergencies"),
    path("emergencies/<int:decision_id>", emergencies.show_one, name="emergency"),
    path("emergencies/<int:decision_id>/prepayments.csv", emergencies.download_csv, name="emergency_csv"),
    path("emergencies/<int:decision_id>/<slug:step>", emergencies.act, name="emergency_step"),
    path("orders", mobile_orders.show, name="mobile_orders"),
    path("orders.<kind:kind>", mobile_orders.download, name="mobile_orders_file"),
    path("orders/channels", channel_days.show, name="channel_days"),
    path("orders/channels.<kind:kind>", channel_days.download, name="channel_days_file"),
    path("orders/<int:order_id>", mobile_order.show, name="mobile_order"),
    path("orders/<int:order_id>/ask", mobile_order.ask, name="mobile_order_ask"),
    path(
        "orders/<int:order_id>/bills/<int:bill_id>.<bill_kind:kind>", mobile_order.bill, name="mobile_order_bill"
    ),
    path("stock", stock.show, name="stock"),
    path("stock.<kind:kind>", stock.download, name="stock_file"),
    path("stock/traces", stock.show_traces, name="traces"),
    path("stock/traces.<kind:kind>", stock.download_traces, name="traces_file"),
    path("settlement-lists", settlement_lists.show, name="settlement_lists"),
    path("settlement-lists.<kind:kind>", settlement_lists.download, name="settlement_lists_file"),
    path("settlement-lists/<int:list_id>", settlement_lists.show_one, name="settlement_list"),
    path("clinical", clinical.show, name="clinical"),
    path("clinical.<kind:kind>", clinical.download, name="clinical_file"),
    path("clinical/<int:record_id>", clinical.show_record, name="clinical_record"),
    path("visits/<int:visit_id>/records", clinical.show_visit, name="visit_records"),
    path("filings", filings.show, name="filings"),
    path("filings.csv", filings.download_csv, name="filings_csv"),
    path("filings.xlsx", filings.download_xlsx, name="filings_xlsx"),
    path("filings/new", filings.enter, name="filing_new"),
    path("filings/<int:filing_id>", filings.show_one, name="filing"),
    path("filings/<int:filing_id>/<slug:step>", filings.act, name="filing_step"),
    path("supplement", held_plans.show, name="held_plans"),
    path("supplement.csv", held_plans.download_csv, name="held_plans_csv"),
    path("supplement.xlsx", held_plans.download_xlsx, name="held_plans_xlsx"),
    path("supplement/list", held_plans.take_in, name="held_plans_list"),
    path("supplement/<int:held_id>/end", held_plans.end, name="held_plan_end"),
]
