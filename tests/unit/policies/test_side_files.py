"""The files beside the schemes' folders: each is read by `yibao policy check`, and what is wrong is told with file, line and reason."""

import shutil

import pytest
from typer.testing import CliRunner

from yibao.interfaces.commands import policy
from yibao.interfaces.commands.refusals import REASONS
from yibao.policies.internet_care import INTERNET_FILE
from yibao.policies.library import ROOT
from yibao.policies.side_files import READERS, problems_of_side_file, side_files

SHIPPED = list(side_files())


def line_of(path, text):
    """The line on which a text stands."""
    return 1 + next(n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines()) if text in line)


@pytest.fixture
def region(tmp_path):
    """A copy of a region's side files, and of one scheme so that the command has a folder to check."""

    def copied(code, *, keeps_references=True):
        folder = tmp_path / "law" / code
        folder.mkdir(parents=True)
        for path in side_files(ROOT / code):
            if path.name != INTERNET_FILE or keeps_references:
                shutil.copy(path, folder)
        return folder

    return copied


@pytest.mark.parametrize("path", SHIPPED, ids=[f"{path.parent.name}/{path.name}" for path in SHIPPED])
def test_every_file_shipped_is_read_and_sound(path):
    assert problems_of_side_file(path) == ()


def test_every_kind_that_is_known_is_shipped():
    assert {path.name for path in SHIPPED} == set(READERS)


@pytest.mark.parametrize(
    ("code", "name", "old", "new", "kind"),
    [
        ("110000", "maternity.yaml", "key: birth_days", "key: birthdays", "unknown_key"),
        ("100000", "procedure.yaml", "key: notice_days", "key: notice_day", "unknown_key"),
        ("100000", "interregional.yaml", "value: true", "value: perhaps", "no_value"),
        ("100000", "account_sharing.yaml", 'region: "100000"', 'region: "100001"', "wrong_folder"),
        ("110000", "poverty_watch.yaml", "region:", "regions:", "unknown_key"),
        ("100000", "double_enrolment.yaml", "prefer:", "prefers:", "unknown_key"),
        ("110000", "contributions.yaml", 'region: "110000"', 'region: "110001"', "wrong_folder"),
        ("100000", "agreement_texts.yaml", "templates:", "template:", "unknown_key"),
        ("110000", "internet_care.yaml", 'region: "110000"', 'region: "110001"', "wrong_folder"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_reason(region, code, name, old, new, kind):  # noqa: PLR0917  # one row of the table
    path = region(code) / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    line = line_of(path, old)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    (problem,) = [each for each in problems_of_side_file(path) if each.kind == kind][:1]
    assert (problem.file, problem.line) == (f"{code}/{name}", line)
    assert REASONS[kind]


def test_a_file_of_an_unknown_name_is_wrong(region):
    path = region("110000") / "matternity.yaml"
    path.write_text("topic: maternity\n", encoding="utf-8")
    (problem,) = problems_of_side_file(path)
    assert (problem.file, problem.line, problem.kind) == ("110000/matternity.yaml", 1, "unknown_file")


def test_the_command_checks_the_side_files_of_a_schemes_region(region):
    folder = region("110000", keeps_references=False)  # its rules on internet care refer to another region's
    shutil.copytree(ROOT / "110000" / "390", folder / "390")
    sound = CliRunner().invoke(policy.app, ["check", str(folder / "390")])
    assert (sound.exit_code, "110000/maternity.yaml: sound" in sound.output) == (0, True), sound.output
    path = folder / "maternity.yaml"
    line = line_of(path, "key: fund")
    path.write_text(path.read_text(encoding="utf-8").replace("unit: fund", "unit: yuan", 1), encoding="utf-8")
    wrong = CliRunner().invoke(policy.app, ["check", str(folder / "390")])
    assert wrong.exit_code == 1
    assert f"110000/maternity.yaml:{line}: {REASONS['unknown_key']}: fund in yuan" in wrong.output
