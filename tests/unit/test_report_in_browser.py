"""The page as the workflow's script writes it, opened in a headless Chromium: complete by itself, and fit for any screen."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from report_samples import MANIFEST, claims, freezing, reliability, settings, sources

SCRIPT = Path(__file__).parents[2] / "workflow/scripts/write_report.py"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PHONE, DESK = 390, 1280  # CSS pixels


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, written from files; one of its pictures is there as PNG alone."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "figures").mkdir()
    for name, picture in sources().pictures.items():
        if picture.svg:
            (folder / "figures" / f"{name}.svg").write_bytes(picture.svg)
        if picture.table is not None:
            picture.table.to_csv(folder / "figures" / f"{name}.csv", index=False)
    (folder / "figures" / "agreement.svg").unlink()
    (folder / "figures" / "agreement.png").write_bytes(png())
    (folder / "claims.json").write_text(json.dumps(claims()))
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    freezing().to_csv(folder / "freezing.csv", index=False)
    reliability().to_csv(folder / "reliability.csv", index=False)
    options = {
        "claims": "claims.json",
        "figures": "figures",
        "scores": "nothing.csv",
        "reliability": "reliability.csv",
        "freezing": "freezing.csv",
        "benchmarks": "nothing",
        "manifests": "manifest.json",
        "settings": json.dumps(settings()),
        "page": "report.html",
    }
    command = [sys.executable, str(SCRIPT), *(word for name, value in options.items() for word in (f"--{name}", value))]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "report.html"


def png() -> bytes:
    """A picture 900 dots wide."""
    from io import BytesIO

    from matplotlib.figure import Figure

    written = BytesIO()
    Figure(figsize=(6, 2), dpi=150).savefig(written, format="png")
    return written.getvalue()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        pytest.skip(f"no Chromium is installed: none of {', '.join(CHROMIUMS)} is on the PATH")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Visit:
    """A page that was opened, and what it complained of and asked for meanwhile."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(address, wait_until="load")
        self.requests = [url for url in self.requests if url != address and not url.startswith("data:")]

    def ask(self, question: str) -> Any:
        return self.page.evaluate(question)


def opened(browser: Browser, address: str, width: int, scheme: Any = "light") -> Visit:
    return Visit(browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme), address)


@pytest.fixture(params=[(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")], ids=lambda of: f"{of[0]}-{of[1]}")
def visit(request: pytest.FixtureRequest, browser: Browser, report: Path) -> Iterator[Visit]:
    found = opened(browser, report.as_uri(), *request.param)
    yield found
    found.page.close()


def test_the_page_complains_of_nothing_and_asks_for_nothing(visit):
    assert visit.complaints == []
    assert visit.requests == []


def test_a_page_that_asks_would_be_found_out(browser, report, tmp_path):
    other = tmp_path / "other.html"
    other.write_text(
        report.read_text(encoding="utf-8").replace("<h1>", '<img src="absent.png" alt="" /><h1>'), encoding="utf-8"
    )
    found = opened(browser, other.as_uri(), PHONE)
    assert len(found.requests) == 1 and found.complaints
    found.page.close()


def test_every_picture_is_there(visit):
    sizes = visit.ask("[...document.images].map(image => [image.complete, image.naturalWidth, image.width])")
    assert len(sizes) == 10
    assert all(complete and natural > 0 and shown > 0 for complete, natural, shown in sizes)


def test_nothing_makes_the_page_itself_scroll_sideways(visit):
    width = visit.ask("innerWidth")
    assert visit.ask("document.documentElement.scrollWidth") <= width
    outside = """[...document.querySelectorAll('main *')].filter(element => !element.closest('.scroll, pre, thead, .hidden')
        && element.getBoundingClientRect().right > innerWidth).map(element => element.outerHTML.slice(0, 80))"""
    assert visit.ask(outside) == []


def test_what_is_wider_than_a_phone_scrolls_in_a_place_of_its_own_that_keys_can_reach(browser, report):
    visit = opened(browser, report.as_uri(), PHONE)
    wide = visit.ask(
        "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).map(e => e.tabIndex)"
    )
    assert len(wide) > 8 and set(wide) == {0}
    visit.page.close()


@pytest.mark.parametrize(("width", "least", "most"), [(PHONE, 0.88, 1.0), (DESK, 0.45, 0.6)])
def test_text_fills_a_phone_and_keeps_its_measure_on_a_desk(browser, report, width, least, most):
    visit = opened(browser, report.as_uri(), width)
    shown = visit.ask("document.querySelector('.lead').getBoundingClientRect().width")
    assert least <= shown / width <= most
    visit.page.close()


def test_dark_mode_is_dark_and_its_figures_stand_on_light_ground(browser, report):
    grounds = []
    for scheme in ("light", "dark"):
        visit = opened(browser, report.as_uri(), PHONE, scheme)
        shade = "element => getComputedStyle(document.querySelector(element)).backgroundColor.match(/[0-9]+/)[0]"
        grounds.append([int(visit.page.evaluate(shade, element)) for element in ("body", "figure .scroll")])
        visit.page.close()
    (light, light_card), (dark, dark_card) = grounds
    assert light > 200 and dark < 60 and min(light_card, dark_card) > 200


def test_on_paper_nothing_is_folded_or_cut(browser, report):
    visit = opened(browser, report.as_uri(), 640)
    visit.page.emulate_media(media="print")
    assert visit.ask("[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1).length") == 0
    folded = "[...document.querySelectorAll('details:not(.files) > :not(summary)')].filter(e => !e.checkVisibility()).length"
    assert visit.ask(folded) == 0
    visit.page.emulate_media(media="screen")
    assert visit.ask(folded) > 0
    visit.page.close()
