"""Links between the documents resolve, and the two READMEs tell the same in two languages."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#+) (.*)$", re.MULTILINE)


def documents() -> list[Path]:
    """List the Markdown files that belong to the repository."""
    found = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = found.stdout.split("\0") if found.returncode == 0 else []
    named = [ROOT / name for name in names if name and (ROOT / name).is_file()]
    return named or [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def anchors(text: str) -> set[str]:
    """Name the anchors that GitHub gives a page's headings."""
    titles = [title.strip().lower().replace("`", "") for _, title in HEADING.findall(FENCED.sub("", text))]
    made = {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}
    return made | set(re.findall(r'<a (?:id|name)="([^"]+)"', text))


def broken_links(page: Path) -> list[str]:
    """List the relative links of a page that lead nowhere: no such file, or no such heading in it."""
    found = []
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists():
            found.append(f"{page.name}: {link}: no such file")
        elif anchor and anchor not in anchors(target.read_text(encoding="utf-8")):
            found.append(f"{page.name}: {link}: no such heading")
    return found


def test_relative_links_resolve() -> None:
    pages = documents()
    assert ROOT / "README.md" in pages
    assert ROOT / "docs" / "operating.md" in pages
    assert [broken for page in pages for broken in broken_links(page)] == []


def test_the_index_names_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    named = {
        (index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text(encoding="utf-8"))
    }
    assert [page for page in sorted((ROOT / "docs").rglob("*.md")) if page != index and page not in named] == []


class TestTheTwoReadmes:
    @pytest.fixture
    def english(self) -> str:
        return (ROOT / "README.md").read_text(encoding="utf-8")

    @pytest.fixture
    def chinese(self) -> str:
        return (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")

    def test_have_headings_of_the_same_structure(self, english: str, chinese: str) -> None:
        levels = [[len(marks) for marks, _ in HEADING.findall(FENCED.sub("", text))] for text in (english, chinese)]
        assert len(levels[0]) > 5
        assert levels[0] == levels[1]

    def test_print_the_same_commands_and_answers(self, english: str, chinese: str) -> None:
        assert len(FENCED.findall(english)) > 3
        assert FENCED.findall(english) == FENCED.findall(chinese)

    def test_link_to_the_same_pages(self, english: str, chinese: str) -> None:
        links = [
            {link.replace(".zh.", ".").replace(".en.", ".") for link in LINK.findall(text)}
            - {"README.md", "README.zh-CN.md"}
            for text in (english, chinese)
        ]
        assert links[0] == links[1]


class TestFindingBrokenLinks:
    @pytest.fixture
    def page(self, tmp_path: Path) -> Path:
        (tmp_path / "other.md").write_text("# The *one*, `two`\n\n## 中文 words\n", encoding="utf-8")
        return tmp_path / "page.md"

    @pytest.mark.parametrize(
        "link", ["other.md", "other.md#the-one-two", "other.md#中文-words", "#here", "https://a.example/b"]
    )
    def test_a_good_one_is_left_alone(self, page: Path, link: str) -> None:
        page.write_text(f"# Here\n\nsee [it]({link})\n\n```\n[no link](nowhere.md)\n```\n", encoding="utf-8")
        assert broken_links(page) == []

    @pytest.mark.parametrize("link", ["nowhere.md", "other.md#three", "#there", "pictures/none.png"])
    def test_a_bad_one_is_found(self, page: Path, link: str) -> None:
        page.write_text(f"# Here\n\nsee ![it]({link})\n", encoding="utf-8")
        assert len(broken_links(page)) == 1
