"""Pin the explanations of golden cases: `python -m tests.golden.pin tests/golden/<city>/<file>.yaml [--again]`.

The amounts are never written by this program: they are worked out by hand (or printed by the source), and a case that comes
out differently is refused. What is written is the wording, which then has to be read.
"""

import sys
from pathlib import Path

import yaml

from tests.golden.reading import expected, read_cases, settled


def pin(path, *, again):
    """Write the explanations into one file; gives the ids of the cases that came out differently."""
    head = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    cases, wrong = read_cases(path), []
    for golden in cases:
        found, explanation = settled(golden, path)
        if found != expected(golden):
            wrong.append(f"{path}: {golden['id']}: {found} instead of {expected(golden)}")
        elif again or "explanation" not in golden:
            golden["explanation"] = explanation
    if not wrong:
        body = yaml.safe_dump(cases, allow_unicode=True, sort_keys=False, width=100_000)
        path.write_text("\n".join([*head, body]), encoding="utf-8")
    return wrong


if __name__ == "__main__":
    problems = [
        problem
        for name in sys.argv[1:]
        if not name.startswith("--")
        for problem in pin(Path(name), again="--again" in sys.argv)
    ]
    sys.exit("\n".join(problems) or 0)
