"""Find every string to be translated in the code and the pages, and keep the Chinese catalogue beside them.

Run as a program it adds what is new to the catalogue (left empty), drops what is gone, and compiles it:
`python tests/unit/interfaces/office/translations.py`.
"""

import io
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[4]
SOURCE = ROOT / "src" / "yibao"
CATALOGUE = SOURCE / "interfaces" / "server" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
COMPILED = CATALOGUE.with_suffix(".mo")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
TAG = re.compile(r"""\{%\s*translate\s+(?:"([^"]+)"|'([^']+)')(?:\s+as\s+\w+)?\s*%\}""")
ANY_TAG = re.compile(r"\{%\s*(?:translate|trans)\s")
BLOCK = re.compile(r"\{%\s*blocktranslate\b([^%]*)%\}(.*?)\{%\s*endblocktranslate\s*%\}", re.DOTALL)
PLURAL = re.compile(r"\{%\s*plural\s*%\}")
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def of_python(source=SOURCE):
    """Messages of the Python files below a folder."""
    found = set()
    for path in sorted(source.rglob("*.py")):
        if "migrations" not in path.parts:
            found |= {message for _line, message, *_rest in extract_from_file("python", path, keywords=KEYWORDS)}
    return found


def of_page(text):
    """Messages of one template, in the form in which Django asks for them; a tag that is not understood is refused."""
    tags = TAG.findall(text)
    assert len(tags) == len(ANY_TAG.findall(text)), "a translate tag is written in a form that is not read here"
    found = {double or single for double, single in tags}
    for arguments, body in BLOCK.findall(text):
        assert "context" not in arguments.split()
        singular, *plural = (_of_block(part) for part in PLURAL.split(body))
        found.add((singular, *plural) if plural else singular)
    return found


def of_pages(source=SOURCE):
    """Messages of the templates below a folder."""
    found = set()
    for path in sorted(source.rglob("*.html")):
        found |= of_page(path.read_text(encoding="utf-8"))
    return found


def read_catalogue():
    """The Chinese catalogue as it is committed."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans", domain="django")


def compiled(catalogue):
    """The bytes that the catalogue compiles to."""
    content = io.BytesIO()
    write_mo(content, catalogue)
    return content.getvalue()


def key_of(message):
    """How a catalogue is asked for a message: the singular of a message that has a plural."""
    return message if isinstance(message, str) else message[0]


def _of_block(text):
    return VARIABLE.sub(r"%(\1)s", text.strip().replace("%", "%%"))


def update():
    """Bring the catalogue to the code: new messages come empty, those that are gone go, translations stay."""
    old = read_catalogue() if CATALOGUE.exists() else Catalog(locale="zh_Hans")
    new = Catalog(
        locale="zh_Hans", domain="django", project="yibao", version="1", charset="utf-8", fuzzy=False,
        msgid_bugs_address="yibao", last_translator="yibao", language_team="yibao",
        header_comment="# Simplified Chinese texts of yibao.",
    )  # fmt: skip
    for message in sorted(of_python() | of_pages(), key=lambda m: (key_of(m).lower(), key_of(m))):
        known = old.get(key_of(message))
        flags = {"python-format"} if "%(" in key_of(message) else ()
        new.add(message, known.string if known else "", flags=flags)
    new.creation_date = new.revision_date = old.creation_date
    with CATALOGUE.open("wb") as file:
        write_po(file, new, width=0, omit_header=False)
    COMPILED.write_bytes(compiled(read_catalogue()))
    return [message.id for message in new if message.id and not message.string]


if __name__ == "__main__":
    for missing in update():
        print(missing)  # noqa: T201  # a program's output
