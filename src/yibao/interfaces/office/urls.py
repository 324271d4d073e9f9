from django.urls import path
from django.views.i18n import set_language

from yibao.interfaces.office import (
    home,
    maternity_claims,
    poverty,
    poverty_case,
    reimbursements,
    settlement,
    settlements,
    sign_in,
    simulations,
)

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
    path("simulations", simulations.show, name="simulations"),
    path("simulations/<slug:name>", simulations.show_one, name="simulation"),
]
