"""The page: complete, in order, self-contained, fit for readers who cannot see, and true to the tables behind it."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from report_samples import MANIFEST, SVG, VERDICTS, claims, part, settings, sources

from headcount.claims import Verdicts
from headcount.claims.papers import CLAIMED
from headcount.report import cost, differences, images, tables, typography, verdicts
from headcount.report import sources as on_disk
from headcount.report.page import render, template_files
from headcount.report.sources import Picture, Sources
from headcount.study.rules import RULES

ROOT = Path(__file__).parents[2]


def tree(html: str) -> ElementTree.Element:
    """The page as a tree; it is well-formed XML, so that a tag left open is found."""
    return ElementTree.fromstring(html.removeprefix("<!doctype html>"))


def text(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def table(page: ElementTree.Element, caption: str) -> list[list[str]]:
    """The cells of the table whose caption contains some words."""
    found = [one for one in page.iter("table") if caption in text(one.find("caption"))]
    assert len(found) == 1
    return [[text(cell) for cell in row] for row in found[0].iter("tr")]


@pytest.fixture(scope="module")
def html() -> str:
    return render(sources())


@pytest.fixture(scope="module")
def page(html: str) -> ElementTree.Element:
    return tree(html)


# ------------------------------------------------------------------------------------------------------------ structure


@pytest.mark.parametrize("given", [sources(), Sources(settings())], ids=["everything", "nothing but settings"])
def test_headings_form_an_outline_without_gaps_under_one_title(given):
    levels = [int(element.tag[1]) for element in tree(render(given)).iter() if re.fullmatch("h[1-6]", element.tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_sections_stand_in_the_order_of_the_reading(page):
    wanted = ["summary", "verdicts", "heads", "figures", *(f"figure{number}" for number in range(1, 7)), "table1"]
    wanted += [
        "beyond",
        "agreement",
        "importance_maps",
        "divergence_maps",
        "before_after",
        "layers_and_heads",
        "reliability",
        "freezing",
        "details",
        "claim-c1",
        "settings",
    ]
    wanted += ["versions", "cost", "deviations"]
    ids = [element.get("id") for element in page.iter() if element.get("id") in wanted]
    assert ids == wanted


def test_the_page_answers_which_heads_can_go_in_short_and_layer_by_layer(page):
    summary = next(section for section in page.iter("section") if section.get("aria-labelledby") == "summary")
    assert "m can lose, of its 4 heads, 43.1% on SST-2." in text(summary)
    assert table(page, "How many of the heads of m")[2][:4] == ["SST-2, 95%", "90.0%", "43.1% (0.0% to 100.0%)", "1 to 2"]
    assert table(page, "Heads of m that stay on SST-2")[1:] == [
        ["1", "2 (1/2: 1)", "(1/2: 2)", "none"],
        ["2", "all", "all", "2 (1/2: 1)"],
    ]


def test_the_page_says_its_language_its_title_and_what_it_is_about(page):
    assert page.get("lang") == "en"
    assert "miniature" in text(page.find("head/title"))
    about = page.find("head/meta[@name='description']").get("content")
    assert "supports one (C1)" in about and "How many attention heads" in about


def test_nothing_is_asked_of_a_network_and_no_script_runs(page):
    links = [element.get(name) for element in page.iter() for name in ("src", "href") if element.get(name)]
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for link in links:
        assert link.startswith("data:") or (link.startswith("#") and link[1:] in ids), link[:60]
    assert not list(page.iter("script"))
    assert not [name for element in page.iter() for name in element.attrib if name.startswith("on")]
    assert not re.search(r"@import|url\(", "".join(text(style) for style in page.iter("style")))


def test_pictures_have_alternative_texts_and_tables_captions_and_scopes(page):
    pictures = list(page.iter("img"))
    assert len(pictures) == 10
    for picture in pictures:
        assert len(picture.get("alt")) > 80 and int(picture.get("width")) > 0 and int(picture.get("height")) > 0
    assert len(list(page.iter("figcaption"))) == len(pictures)
    for one in page.iter("table"):
        assert one[0].tag == "caption" and text(one[0])
        assert all(cell.get("scope") in ("col", "row") for cell in one.iter("th"))


def test_every_row_of_a_table_has_as_many_cells_as_its_head(page):
    for one in page.iter("table"):
        assert len({len(row) for row in one.iter("tr")}) == 1, text(one[0])


def test_the_same_sources_give_the_same_page(html):
    assert render(sources()) == html


def test_only_tables_are_read_no_deep_learning_library_is_loaded():
    command = "import headcount.report.page, sys; print(*sorted({'torch', 'transformers', 'datasets'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_the_files_that_the_page_is_made_with_are_named():
    names = {path.name for path in template_files()}
    assert names == {"page.html.j2", "macros.html.j2", "style.css", "readings.yaml"}


# ------------------------------------------------------------------------------------------------------------- verdicts


def test_each_verdict_stands_as_word_and_symbol_beside_its_claim_and_links_to_its_details(page):
    rows = table(page, "and the verdict")[1:]
    assert [row[0].split(",")[0] for row in rows] == ["C1", "C2", "C3", "C4"]
    assert [row[4] for row in rows] == [f"{verdicts.SYMBOLS[verdict]} {verdict}" for verdict in VERDICTS]
    links = [link.get("href") for link in page.iter("a") if link.get("href", "").startswith("#claim-")]
    assert links == [f"#claim-c{number}" for number in range(1, 5)]


def test_words_from_claims_are_text_never_markup(page, html):
    assert table(page, "and the verdict")[1][3] == "measured <b>1</b> & more"
    assert "<b>" not in html


def test_the_samples_of_claims_are_what_the_project_writes():
    Verdicts.model_validate_json(json.dumps(claims()))


def test_the_headline_counts_the_verdicts():
    found = verdicts.claims(claims())
    assert verdicts.headline(found) == (
        "Of the paper's four claims this study supports one (C1), contradicts one (C2), leaves one undecided (C3) and does not"
        " test one (C4)."
    )
    assert verdicts.headline(found[:1] * 2) == "Of the paper's two claims this study supports two (C1 and C1)."
    assert "not been computed" in verdicts.headline([])


def test_a_part_is_shown_with_interval_bar_and_seeds(page):
    content = claims()
    content["claims"][0]["parts"] = [part("supported", value=-0.02, low=None, high=None, bar=0.1, relation="within")]
    found = verdicts.claims(content)[0].parts[0]
    assert (found.value, found.interval, found.bar) == ("−0.020", "–", "within ±0.1")
    row = table(page, "What C1 was measured by")[1]
    assert row == ["CoLA", "relative score", "0.930", "0.910 … 0.950", "> 0.9", "3", "✓ supported"]
    assert "90% interval" in table(page, "What C1 was measured by")[0]


# ---------------------------------------------------------------------------------------------------- what is not there


def test_what_a_study_lacks_is_said_with_the_reason():
    given = settings()
    given["before_after"]["models"] = given["freezing"]["models"] = []
    page = tree(render(Sources(given)))
    absent = [text(element) for element in page.iter("p") if element.get("class") == "absent"]
    assert absent.count("Not run. This study has no third model.") == 1
    assert absent.count("Not run. This study prunes no model before fine-tuning.") == 1
    assert absent.count("Not run. This study freezes the layers of no model.") == 1
    assert absent.count("Not run. Its files are not among the study’s results.") == 12
    assert not list(page.iter("img"))


def test_a_third_model_whose_figure_is_missing_is_another_reason():
    given = settings("config")
    page = tree(render(Sources(given)))
    assert "third model." not in " ".join(text(element) for element in page.iter("p") if element.get("class") == "absent")


def test_sources_that_are_not_on_disk_are_missing_not_wrong(tmp_path):
    nowhere = tmp_path / "nowhere"
    places = {"claims": nowhere, "scores": nowhere, "reliability": nowhere, "freezing": nowhere}
    found = on_disk.read(settings(), **places, figures=[nowhere], benchmarks=[nowhere])
    assert found == Sources(settings())


def test_pictures_are_read_from_files_or_a_directory(tmp_path):
    (tmp_path / "figure1.svg").write_bytes(SVG % (1, 1, 1))
    (tmp_path / "figure1.csv").write_text("model,mean\na,0.5\n")
    (tmp_path / "other.svg").write_text("not ours")
    for given in ([tmp_path], sorted(tmp_path.iterdir())):
        found = on_disk.pictures(given)
        assert list(found) == ["figure1"] and found["figure1"].svg == SVG % (1, 1, 1) and found["figure1"].png is None
        assert found["figure1"].table.to_dict("list") == {"model": ["a"], "mean": [0.5]}


def test_what_is_seen_stands_in_the_alternative_text(page):
    picture = next(picture for picture in page.iter("img") if "dotted: single seeds" in picture.get("alt"))
    assert "roberta keeps 80.0% on CoLA" in picture.get("alt")


# ------------------------------------------------------------------------------------------------------- tables, cost


def test_table_1_says_what_it_is_a_mean_of_and_who_collapsed(page):
    rows = table(page, "Collapsed in fine-tuning: roberta on MNLI, seed 2.")
    assert rows[1] == ["CoLA", "3,000", "300", "Matthews correlation", "0.000", "roberta", "0.826 ± 0.099", "2"]
    assert rows[2][5:] == ["roberta", "0.855", "1 of 2"]
    assert rows[3] == ["QQP", "6,000", "300", "", "–", "not run", "–", "–"]


RUNS = ("CoLA, seed 1", "CoLA, seed 2", "QQP, seed 1")


def test_frozen_scores_stand_beside_the_ordinary_runs_and_say_who_does_not_count(page):
    rows = table(page, "lowest layers held fixed")[1:]
    assert rows == [
        ["roberta on CoLA, seed 1", "layers", "1", "0.720", "0.800", "0.900"],
        ["roberta on CoLA, seed 2", "layers", "1", "0.640", "0.800", "0.800"],
        ["roberta on QQP, seed 1", "layers", "1", "0.200", "0.800", "collapsed in fine-tuning"],
        *([f"roberta on {run}", "layers and embeddings", "1", "0.400", "0.800", "0.500"] for run in RUNS),
    ]


def test_an_importance_is_shown_with_how_far_it_can_be_trusted(page):
    assert table(page, "How far an importance can be trusted") == [
        ["Importance of", "Seeds", "Examples", "Halves agree", "Least", "Largest 1% carry", "Most"],
        ["roberta, CoLA", "2", "500", "0.940", "0.900", "20.0%", "30.0%"],
        ["roberta, QQP", "1", "400", "0.620", "0.620", "87.5%", "87.5%"],
        ["roberta, Masked LM", "1", "16", "–", "–", "–", "–"],
    ]


def test_recipes_are_the_default_with_the_tasks_own_part_over_it(page):
    rows = {row[0]: row for row in table(page, "Fine-tuning recipes")}
    assert rows["albert, QQP"][1:4] == ["0.0005", "32", "3"]
    assert rows["albert, CoLA"][1:4] == ["0.0003", "16", "4"]


def test_benchmarks_are_summed_by_rule(tmp_path):
    folder = tmp_path / "benchmarks"
    (folder / "finetune").mkdir(parents=True)
    for name, seconds in (("a", 1.5), ("b", 2.0)):
        (folder / "finetune" / f"{name}.tsv").write_text(f"s\th:m:s\n{seconds}\t0:00:01\n")
    (folder / "sample.tsv").write_text("s\th:m:s\n4.0\t0:00:04\n")
    assert on_disk.jobs(folder.rglob("*.tsv")).to_numpy().tolist() == [["finetune", 2, 3.5], ["sample", 1, 4.0]]


def test_only_jobs_that_run_a_network_cost_processor_time():
    jobs = pd.DataFrame(
        {
            "rule": ["finetune", "prune_curve", "prepare_task", "draw_figure", "new"],
            "jobs": [2, 4, 1, 1, 1],
            "seconds": [9, 8, 5, 2, 1],
        }
    )
    found = {one.kind: one for one in cost.costs(jobs, 3)}
    assert [one.processor_seconds for one in found.values()] == [27.0, 24.0, None, None]
    assert (found[cost.TABLES].jobs, found[cost.TABLES].seconds, found["pruning curves"].each) == (2, 3.0, 2.0)
    assert sum(one.seconds for one in found.values()) == jobs["seconds"].sum()


@pytest.mark.parametrize(("device", "unit", "seconds"), [("cuda", "GPU-seconds", "100"), ("cpu", "CPU-seconds", "300")])
def test_a_card_is_one_and_threads_are_many(device, unit, seconds):
    rows = table(tree(render(sources(settings={**settings(), "device": device, "threads": 3}))), "Wall time summed")
    assert rows[0][4] == f"{unit}, networks"
    assert rows[-1] == ["all", "5", "102", "", seconds]


def test_every_rule_that_asks_for_a_card_is_known_to_run_a_network():
    rules = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    parts = re.split(r"^ *rule (\w+):", rules, flags=re.MULTILINE)[1:]
    ask = {name for name, body in zip(parts[::2], parts[1::2], strict=True) if "**CARD," in body}
    assert "finetune" in ask
    assert ask == {name for name, rule in RULES.items() if rule.network}
    assert set(RULES) == set(parts[::2]) - {"all", "readings"}


def test_versions_that_differ_are_all_named():
    other = {"device": "cuda", "versions": {"python": "3.11.7", "torch": "2.12.0"}}
    found = tables.versions([MANIFEST, MANIFEST, other])
    assert found.rows == [["python", "3.11.7"], ["torch", "2.13.0 (2) and 2.12.0 (1)"]]
    assert tables.device([MANIFEST, MANIFEST, other]) == "Networks were trained on cpu (2) and cuda (1)."
    assert tables.device([MANIFEST]) == "Networks were trained on cpu."


def test_two_kinds_of_cpu_are_said_and_those_that_trained_nothing_are_not():
    new = {**MANIFEST, "cpu": "New", "instructions": "AVX512"}
    old, fetched = {**new, "cpu": "Old", "instructions": "AVX2"}, {"cpu": "Another", "versions": {}}
    assert tables.device([new, new, fetched]) == "Networks were trained on cpu. CPU: New, AVX512."
    assert tables.device([old, new, new]).endswith(" kind of CPU, and there were several: New, AVX512 (2); Old, AVX2 (1).")
    assert "CPU" not in tables.device([{**new, "device": "cuda"}, {**old, "device": "cuda"}])


# ------------------------------------------------------------------------------------------------- what deviates, images


def test_the_papers_own_study_without_limits_deviates_in_its_corpus_alone():
    given = settings("config")
    for limit in differences.LIMITS:
        part, key = limit.split(".")
        given[part][key] = None
    models = differences.standins(given, {})
    assert all(one.itself for one in models)
    assert [one.what for one in differences.differences(given, models)] == ["Pre-train corpus"]


def test_a_study_that_takes_another_reading_says_so(page):
    given = next(element for element in page.iter("li") if element.get("id") == "reading-block-sample")
    assert "mlm.max_blocks, which this study sets to nothing." in text(given)
    assert "This study takes another one on: How many blocks of text are asked about." in text(page)


def test_stand_ins_and_limits_of_a_small_study_are_named():
    given = settings()
    models = differences.standins(given, {"roberta": 32})
    assert [(one.model, one.itself) for one in models] == [("roberta", False), ("albert", False), (None, False)]
    assert models[0].about == "a RoBERTa with 32 heads, pre-trained on the embedded world's encyclopedia"
    found = {one.what: one.here for one in differences.differences(given, models)}
    assert found["Third model"] == "not in this study"
    assert (found["Seeds"], found["Frozen layers"], found["Examples for importance"]) == ("3", "1", "at most 500")
    assert "neither confirms nor refutes" in verdicts.models_in_words(models)


@pytest.mark.parametrize(
    ("body", "said"), [("pretrained", "fine-tuning starts from that body too"), ("original", "as it was published, so that")]
)
def test_a_model_that_went_on_here_says_which_body_its_tasks_start_from(body, said):
    given = settings()
    given["encoders"]["roberta"] |= {"source": None, "pretrain": {"from": "a/model", "steps": 1200, "finetune_from": body}}
    models = differences.standins(given, {"roberta": 32})
    assert models[0].about == "a RoBERTa with 32 heads, a/model gone on with here" and not models[0].itself
    (found,) = [one.here for one in differences.differences(given, models) if one.what == "Body of roberta"]
    assert found.startswith("a/model, gone on with masked LM for 1,200 steps here: ") and said in found


def test_random_weights_are_not_the_papers_model():
    given = settings("config")
    given["encoders"]["roberta-large"]["random_weights"] = True
    main = differences.standins(given, {})[0]
    assert not main.itself and "random weights" in main.about


def test_a_model_with_a_spike_is_not_the_papers_model():
    given = settings("config")
    given["encoders"]["roberta-large"]["spike"] = {"feature": 0, "bias": 8.0}
    main = differences.standins(given, {})[0]
    assert not main.itself and main.about.endswith(", with a known outlier put into it")


def test_a_picture_keeps_its_drawn_size():
    found = images.image(Picture(svg=SVG % (300, 300, 300), png=b"not read"))
    assert (found.width, found.height) == (400, 120) and found.uri.startswith("data:image/svg+xml;base64,")
    png = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 300, 150)
    found = images.image(Picture(png=png))
    assert (found.width, found.height) == (192, 96) and found.uri.startswith("data:image/png;base64,")
    assert images.image(Picture()) is None


@pytest.mark.parametrize("picture", [Picture(svg=b"<svg xmlns='x'/>"), Picture(png=b"GIF89a")], ids=["svg", "png"])
def test_a_picture_of_no_size_is_refused(picture):
    with pytest.raises(ValueError, match="of a figure"):
        images.image(picture)


def test_a_name_at_the_beginning_keeps_its_letters():
    assert [typography.capital(text) for text in ("fewer heads", "l1 keeps", "|r| ≤ 0.1", "")] == [
        "Fewer heads",
        "l1 keeps",
        "|r| ≤ 0.1",
        "",
    ]


def test_every_claim_begins_with_a_capital_letter_on_the_page_and_none_with_a_models_name():
    """A model's name keeps its letters, so that it cannot begin a heading."""
    said = [typography.capital(claimed.claim) for claimed in CLAIMED.values()]
    assert [claim for claim in said if claim[0].islower() or claim[0] == "{"] == []


def test_code_is_marked_and_escaped():
    assert typography.code("a `b<c` d's") == "a <code>b&lt;c</code> d’s"
    assert typography.unbroken("a pre-trained <b>") == 'a <span class="keep">pre-trained</span> &lt;b&gt;'
