"""An installation of its own to break: home, embedded database, served processes, all below a temporary folder."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import psycopg

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src"
YIBAO = (sys.executable, "-c", "from yibao.interfaces.commands.main import main; main()")
WORKERS = 2
PATIENCE_SECONDS = 300


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Installation:
    """A home folder with its database and, when started, its server."""

    home: Path
    port: int = field(default_factory=free_port)
    server: subprocess.Popen | None = None

    @property
    def environment(self):
        """The variables of every process of this installation; no other database, no test settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("YIBAO_", "DJANGO_"))}
        return {**kept, "YIBAO_HOME": str(self.home), "PYTHONPATH": os.pathsep.join([str(SOURCES), str(ROOT)])}

    def run(self, *arguments, expect=0):
        """Run a `yibao` command to its end and give what it printed."""
        done = self.command(*arguments)
        assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def command(self, *arguments):
        """Run a `yibao` command to its end."""
        return subprocess.run(
            [*YIBAO, *arguments], env=self.environment, capture_output=True, text=True, timeout=600, check=False
        )

    def found(self, *, persons, balance_fen):
        """Make the cluster, the small town and its persons, in a process of its own; gives the persons."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.crash.found_town", str(persons), str(balance_fen)],
            env=self.environment, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [
            SimpleNamespace(number=number, document_number=document) for number, document in json.loads(done.stdout)
        ]

    def serve(self):
        """Start the server in a process group of its own and wait until it answers."""
        with (self.home / "server.log").open("ab") as log:
            self.server = subprocess.Popen(
                [*YIBAO, "serve", "--port", str(self.port), "--workers", str(WORKERS)],
                env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.answers():
            assert self.server.poll() is None, (self.home / "server.log").read_text()
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)

    def answers(self):
        """Whether the gateway answers (a refusal is an answer)."""
        try:
            return self.post("/fsi", b"{}")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def post(self, path, body, headers=None):
        """Post on a connection of its own; gives status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post_for_hospital(self, path, body, *, headers=None):
        """Post as `Hospital.send` wants it."""
        status, answer = self.post(path, body, headers)
        return str(status), answer

    def workers(self):
        """The server's workers that live, spawned with a command line that no other process beside it has."""
        return [child for child in children_of(self.server.pid) if b"spawn_main" in command_of(child)]

    def kill_worker(self):
        """kill -9 of the worker that has lived longest: granian gives up when one dies again within seconds."""
        kill(min(self.workers(), key=lambda process: (Path(f"/proc/{process}/stat").read_text().split()[21], process)))

    def kill_server(self):
        """kill -9 of the server and all its workers."""
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait(20)

    def kill_database(self):
        """kill -9 of the postmaster and every process of it, and wait until all are gone."""
        postmaster = self.postmaster()
        processes = [postmaster, *children_of(postmaster)]
        for process in processes:
            kill(process)
        deadline = time.monotonic() + 20
        while any(is_alive(process) for process in processes):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def postmaster(self):
        """The process number of the database."""
        return int((self.home / "postgresql" / "postmaster.pid").read_text().split("\n", 1)[0])

    def start_database(self):
        """Start the database again; it recovers from its log."""
        self.run("db", "start")

    def connect(self):
        """A superuser's connection to the database, outside of the server."""
        lines = (self.home / "postgresql" / "postmaster.pid").read_text().split("\n")
        return psycopg.connect(f"postgresql://postgres@/yibao?host={lines[4]}&port={lines[3]}", autocommit=True)

    def close(self):
        """End the server and the database."""
        if self.server is not None and self.server.poll() is None:
            self.kill_server()
        self.run("db", "stop")


def children_of(parent):
    """Process numbers of the living children of a process."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                state, ppid = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if int(ppid) == parent and state != "Z":
                    found.append(int(folder.name))
    return sorted(found)


def command_of(process):
    """The command line of a process, empty when it is gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def is_alive(process):
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def kill(process):
    """kill -9 of one process that may be gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
