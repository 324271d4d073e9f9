"""msgspec takes a type apart when it first meets it, and two threads that do so at once end the process (0.22): types of
ours are met at import, by decoders of a module, and never first inside a function.
"""

import ast
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src" / "yibao"
PLAIN = {"str", "int", "bytes", "bool", "list", "dict", "tuple", "Any", "msgspec", "Raw"}
"""What msgspec has no need to take apart."""
ALONE = {
    ("interfaces/gateway/catalogue/__init__.py", "_read"),  # called while the module is imported
    ("policies/language.py", "parse"),  # one thread at a time
    ("interfaces/commands/case_files.py", "_case"),  # a command's only thread
}
FIRST_USE = """
import sys, threading
sys.setswitchinterval(1e-6)
from pathlib import Path
from yibao.policies.library import ROOT
from yibao.policies.documents import read_document
from yibao.policies.language import Scheme, Topic, parse
files = sorted((ROOT / "110000" / "310").glob("*.yaml"))
laws = [(read_document(path, path.name), Scheme if path.name == "scheme.yaml" else Topic) for path in files]
at_once = threading.Barrier(8)
def first_use(number):
    at_once.wait()
    for document, kind in laws[number:] + laws[:number]:
        parse(document, kind)
threads = [threading.Thread(target=first_use, args=(number,)) for number in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(laws))
"""


def typed_reads(tree):
    """Calls inside functions that read into a type: the function's name, the type's names, the line."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and ast.unparse(call.func).startswith("msgspec.")):
                continue
            name = ast.unparse(call.func)
            types = [each.value for each in call.keywords if each.arg == "type"]
            if name.endswith("Decoder") or name == "msgspec.convert":
                types += call.args[name == "msgspec.convert" :][:1]
            for each in types:
                yield function.name, {part.id for part in ast.walk(each) if isinstance(part, ast.Name)}, call.lineno


def test_types_are_met_at_import():
    found, judged = [], 0
    for path in sorted(SOURCES.rglob("*.py")):
        tree, name = ast.parse(path.read_text()), path.relative_to(SOURCES).as_posix()
        for function, types, line in typed_reads(tree):
            judged += 1
            if not types <= PLAIN and (name, function) not in ALONE:
                found.append(f"{name}:{line} reads into {sorted(types)}")
    assert judged > 5
    assert found == []


def test_many_threads_read_laws_for_the_first_time_at_once():
    for _ in range(3):
        ended = subprocess.run(
            [sys.executable, "-c", FIRST_USE], capture_output=True, check=False, text=True, timeout=300
        )
        assert ended.returncode == 0, ended.stderr[-2000:]
        assert int(ended.stdout) > 4
