"""Debian's Chromium, driven by Playwright, and what the browser tests do with it alike."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from .office_records import PASSWORD

SHELL, BROWSER = "/usr/bin/chromium-headless-shell", "/usr/bin/chromium"
CHROMIUM = shutil.which(SHELL) or BROWSER
"""The browser without a window of its own takes a fifth less of the processor."""
ARGUMENTS = [
    "--headless" if CHROMIUM == SHELL else "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
CHECKS = Path(__file__).with_name("office_checks.js").read_text(encoding="utf-8")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""The rules of axe-core that stand for WCAG 2.0 to 2.2, levels A and AA."""

in_a_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(
        shutil.which(CHROMIUM) is None, reason="needs Debian's package chromium-headless-shell, or chromium"
    ),
]


@contextmanager
def chromium(monkeypatch):
    """Chromium, for a fixture that starts it when all records are made and ends it before they are undone."""
    from playwright.sync_api import sync_playwright

    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)  # the server is on this machine
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the driver runs a loop in this thread, the pages do not
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


def open_page(browser, *, locale="zh-CN", viewport=DESK, **options):
    return browser.new_context(locale=locale, viewport=viewport, **options).new_page()


def sign_in(page, pages, name="auditor"):
    page.goto(pages["sign-in"])
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(pages["home"])


def follow(page, selector):
    """Click what leads to another page, and wait until that page is there."""
    with page.expect_navigation():
        page.click(selector)


def focused(page):
    return page.evaluate("() => document.activeElement.innerText || document.activeElement.name")


def wrong_by_axe(page):
    """What axe-core finds wrong on the page by WCAG 2.2 AA: the rule and where."""
    from axe_playwright_python.base import AXE_SCRIPT

    page.evaluate(AXE_SCRIPT)
    rules = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    found = page.evaluate("(rules) => axe.run(document, rules)", rules)["violations"]
    return [f"{rule['id']}: {node['html'][:90]}" for rule in found for node in rule["nodes"]]
