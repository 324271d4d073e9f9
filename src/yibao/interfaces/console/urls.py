from django.urls import path

from yibao.interfaces.console import (
    acceptance,
    channel_faults,
    faults,
    home,
    message,
    messages,
    persons,
    specifications,
    voucher,
)
from yibao.interfaces.console.rest import rest

app_name = "console"
urlpatterns = [
    path("", home.show, name="home"),
    path("messages", messages.show, name="messages"),
    path("messages/newer", messages.show_newer, name="newer"),
    path("points/<int:point_id>", messages.show, name="point"),
    path("points/<int:point_id>/newer", messages.show_newer, name="point_newer"),
    path("messages/<int:number>", message.show, name="message"),
    path("messages/<int:number>/again", message.send_again, name="again"),
    path("persons", persons.show, name="persons"),
    path("persons.csv", persons.download_csv, name="persons_csv"),
    path("persons.json", persons.download_json, name="persons_json"),
    path("persons/<slug:kind>/voucher", voucher.show, name="voucher"),
    path("faults", faults.show, name="faults"),
    path("faults/<int:fault_id>/end", faults.end, name="fault_end"),
    path("channel-faults", channel_faults.show, name="channel_faults"),
    path("channel-faults/<int:fault_id>/end", channel_faults.end, name="channel_fault_end"),
    path("acceptance", acceptance.show, name="acceptance"),
    path("acceptance.json", acceptance.download_json, name="acceptance_json"),
    path("acceptance.pdf", acceptance.download_pdf, name="acceptance_pdf"),
    path("acceptance/issue", acceptance.issue, name="acceptance_issue"),
    path("acceptance/specification", specifications.show, name="specification"),
    path("acceptance/<int:report_id>", acceptance.show_issued, name="issued"),
    path("acceptance/<int:report_id>.pdf", acceptance.download_issued, name="issued_pdf"),
    path("api/v1/", rest.urls),
]
