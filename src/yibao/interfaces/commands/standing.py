"""A running platform for demo and sandbox: the database, the schema, a city, the server as a process of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import psutil
import psycopg
import typer
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from yibao.core.errors import YibaoError
from yibao.interfaces.commands.city import BEIJING, console, found, warehouse_folder
from yibao.interfaces.commands.prepared import migrate, prepare
from yibao.interfaces.server import database

if TYPE_CHECKING:
    from yibao.city.make import City

NEIGHBOURS: Final = ("shanghai", "beijing")
"""The region beside a city, unless another one is named: the first that is not its own."""
START_SECONDS_MAX: Final = 60.0
STOP_SECONDS_MAX: Final = 20.0
SCHEME_TITLES: Final = {
    "none": "不验签", "csb": "云服务总线 CSB（HMAC-SHA1）", "tif": "政务外网网关 x-tif（SHA-256）", "x-ca": "x-ca（HMAC-SM3）",
    "oauth": "OAuth 令牌加 SM2、SM4", "envelope": "电子处方中心、移动支付信封（SM2、SM4）", "sm2": "SM2 验签（报文成员排序）", "apikey": "apikey",
}  # fmt: skip


class OtherRegionError(YibaoError):
    """The database holds the city of another region."""

    code: ClassVar[str] = "city.other_region"


class ServerEndedError(YibaoError):
    """The server ended before it answered."""

    code: ClassVar[str] = "city.server_ended"


@contextmanager
def running_database(*, stop: bool) -> Iterator[None]:
    """The database running; a quick demo stops the embedded server that it started."""
    ours = database.named_url() is None and not database.is_running()
    try:
        if database.named_url() is None:
            with console.status("启动数据库 starting PostgreSQL"):
                database.start()
        console.print("[green]✓[/green] 数据库 PostgreSQL")
        yield
    finally:
        if ours and stop:
            _forget_connections()
            database.stop()


def _forget_connections() -> None:
    """Close this process's own connection."""
    from django.db import connection

    with contextlib.suppress(Exception):  # Django may not have been loaded yet
        connection.close()


def lay_the_ground(*, fresh: bool) -> None:
    """An up-to-date schema, reference data, law that compiles."""
    if fresh:
        _drop()
    prepare()
    with console.status("迁移 migrating"):
        migrate()
    console.print("[green]✓[/green] 数据结构 schema")
    from yibao import policies
    from yibao.workflows.load_reference import load_reference

    with console.status("基础数据与政策 reference data and policies"):
        load_reference(at=datetime.now(BEIJING))
        shown = [
            f"{region}/{scheme}" for region, scheme in policies.schemes() if policies.load(region, scheme, _today())
        ]
    console.print(f"[green]✓[/green] 政策 policies: {', '.join(shown)}")


def _today() -> date:
    """Today in Beijing."""
    return datetime.now(BEIJING).date()


def _drop() -> None:
    """Drop the database and create it anew, and forget the facts written from it."""
    parts = conninfo_to_dict(database.url())
    name = str(parts["dbname"])
    if database.named_url() is not None:  # a server of one's own may hold more than a demo
        typer.confirm(f"删除 YIBAO_DATABASE_URL 指定的数据库 {name}？ Drop the database that it names?", abort=True)
    maintenance = make_conninfo(database.url(), dbname="postgres")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    shutil.rmtree(warehouse_folder(), ignore_errors=True)
    console.print("[green]✓[/green] 重新开始 a fresh start")


def stand_the_city(*, seed: int, people: int, region: str | None, neighbour: str | None = None) -> "City":
    """The city that stands, or a new one with a neighbouring region's hospitals, and accounts for the staff of both regions.

    :raises OtherRegionError: the city that stands is of another region than the one asked for.
    """
    from yibao.city.agreement_cases import found_agreement_cases
    from yibao.city.founding import standing_city
    from yibao.city.region import DEFAULT, region_named
    from yibao.city.signers import found_seats
    from yibao.domains.personal_access.founding import found_demo_access
    from yibao.domains.staff.operations import found_demo_staff

    city = standing_city()
    if city is None:
        chosen = region_named(region or DEFAULT)
        beside = region_named(neighbour or next(name for name in NEIGHBOURS if name != chosen.key))
        city = found(seed=seed, people=people, region=chosen.code, neighbour=beside.code)
    elif region is not None and region_named(region) != city.region:
        raise OtherRegionError(stands=city.region.name, asked=region_named(region).name)
    else:
        console.print(
            f"[green]✓[/green] 继续 going on with the city of {city.region.name} {city.region.key}, seed {city.seed}, {city.population.size:,} 人 people"
        )
    beside_code = city.neighbour.code if city.neighbour else None
    staff = found_demo_staff(at=datetime.now(BEIJING), region=city.region.code, neighbour=beside_code)
    seats = found_seats(city, at=datetime.now(BEIJING))
    for name, password, role in [*staff, *seats]:
        console.print(f"  账号 account [bold]{name}[/bold] / [bold]{password}[/bold]  ({role})")
    now = datetime.now(BEIJING)
    if cases := found_agreement_cases(region=city.region.code, at=now):
        console.print(f"[green]✓[/green] 协议申请 applications for agreements: {cases}")
    for demo in found_demo_access(region=city.region.code, at=now, on=now.date()):
        number, password = demo.person.document_number, demo.password
        console.print(
            f"  参保人 insured person {demo.person.name} [bold]{number}[/bold] / [bold]{password}[/bold]  /portal/sign-in"
        )
    return city


def stand_the_sandbox(city: "City") -> None:
    """Mark the city's database as a sandbox's, with test persons and an access point for every scheme of signing."""
    from yibao.city.sandbox_access import SandboxScheme, found_access
    from yibao.city.sandbox_persons import found_test_persons
    from yibao.domains.sandbox.operations import mark_sandbox
    from yibao.interfaces.gateway.schemes import SCHEMES

    mark_sandbox(is_synthetic=True, actor="sandbox")
    schemes = [
        SandboxScheme(name, SCHEME_TITLES.get(name, f"验签方案 {name}"), scheme.parts)
        for name, scheme in SCHEMES.items()
    ]
    opened = found_access(city=city, schemes=schemes)
    made = found_test_persons(region=city.region, as_of=_today(), at=datetime.now(BEIJING))
    console.print(
        f"[green]✓[/green] 联调沙箱 sandbox: {len(schemes)} 种验签方案 schemes of signing"
        + (f", {len(opened)} 个接入点 access points opened" if opened else "")
        + (f", {len(made)} 名测试人员 test persons" if made else "")
    )


def pay_some_orders(city: "City", url: str) -> None:
    """Have a few people of the city pay from afar, where nobody has; the test channel takes their cash."""
    from yibao.city.sandbox_orders import pay_from_afar
    from yibao.domains.mobile_orders.models import Order

    if not Order.objects.exists():
        placed = pay_from_afar(city, url=url, at=datetime.now(BEIJING))
        console.print(f"[green]✓[/green] 移动支付 mobile payment: {placed} 笔订单 orders")


def see_some_online(city: "City", url: str) -> None:
    """Let the largest hospital come to its agreement on care over the internet, where none has, and a few people use it."""
    from yibao.city.acceptance_run import pass_the_test
    from yibao.city.internet_hospitals import found_internet_hospital, see_online
    from yibao.interfaces.console.programme import programme_for
    from yibao.interfaces.console.specifications import spoken_digest

    at = datetime.now(BEIJING)
    with console.status("申请、审核、医师附加协议 application, review, annexes of physicians") as status:
        applied = found_internet_hospital(city, at=at)
        if applied is None:
            return
        status.update("测试验收 acceptance test")
        programme = programme_for("internet")
        report = pass_the_test(city, applied, programme, spoken=spoken_digest(), url=url, at=at)
    console.print(
        f"[green]✓[/green] 互联网补充协议 supplementary agreement: {applied.hospital},"
        f" {'验收合格，双方已签 accepted and signed by both' if report.is_passed else '验收不合格 not accepted'}"
    )
    if report.is_passed:
        seen = see_online(city, applied.hospital, url=url, at=at)
        console.print(
            f"[green]✓[/green] 互联网医院 care over the internet: {seen.settled} 次复诊 follow-ups, {seen.refused} 次被拒 refused"
        )


def circulate_some_prescriptions(city: "City", url: str) -> None:
    """Let prescriptions go every way from the physician's signature to the patient's hands, where none was written yet."""
    from yibao.city.circulation import circulate
    from yibao.city.signers import prescriber
    from yibao.domains.agreements.queries import internet_agreement_on
    from yibao.domains.institutions.models import Institution
    from yibao.domains.prescriptions.models import Prescription
    from yibao.domains.sandbox.queries import is_marked

    hospital = Institution.objects.get(code=prescriber(city).code)
    if Prescription.objects.filter(number_at_institution__startswith="RX").exists():
        return
    at = datetime.now(BEIJING)
    with console.status("电子处方 electronic prescriptions"):
        is_online = internet_agreement_on(hospital.pk, at.date()) is not None
        gone = circulate(city, url=url, at=at, is_online=is_online, pays_from_afar=is_marked())
    console.print(f"[green]✓[/green] 电子处方 electronic prescriptions: {gone.total()}")


@contextmanager
def served(port: int, *, is_sandbox: bool = False) -> Iterator["subprocess.Popen[bytes]"]:
    """The server as a process of its own, answering, stopped at the end.

    :raises ServerEndedError: it ended before it answered, or did not answer in time.
    """
    log, pid_file = database.home() / "server.log", _pid_file()
    with log.open("wb") as output:
        server = subprocess.Popen(  # noqa: S603  # our own command
            [sys.executable, "-m", "yibao", "serve", "--port", str(port), "--address", "127.0.0.1"],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **({"YIBAO_SANDBOX": "1"} if is_sandbox else {})},
        )
    pid_file.write_text(str(server.pid))
    try:
        with console.status("启动服务 starting the server"):
            _wait_until_it_answers(server, port, log)
        console.print(f"[green]✓[/green] 服务 server: http://127.0.0.1:{port}/  ({log})")
        yield server
    finally:
        _stop(server)
        pid_file.unlink(missing_ok=True)


def _pid_file() -> Path:
    """Where the number of the demo's server stands while it runs."""
    return database.home() / "demo-server.pid"


def end_forgotten_server() -> None:
    """End the server of a demo in this home that was killed before it could do so itself."""
    try:
        pid = int(_pid_file().read_text())
        words = psutil.Process(pid).cmdline()
    except (OSError, ValueError, psutil.Error):
        return
    if "yibao" in words and "serve" in words:
        with contextlib.suppress(psutil.Error):
            forgotten = psutil.Process(pid)
            forgotten.terminate()
            forgotten.wait(STOP_SECONDS_MAX)


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Wait for the first answer, whatever it says."""
    import http.client

    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and server.poll() is None:
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            asked.request("POST", "/fsi/api/rsfComIfsService/callService", body=b"{}")
            asked.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        else:
            return
        finally:
            asked.close()
    raise ServerEndedError(reason=" ".join(log.read_text(errors="replace").split()[-40:]))


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """Ask the server to end, and insist after a while."""
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()
