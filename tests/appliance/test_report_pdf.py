from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from brain_findings import brain_study
from findings_builders import refused_study, write_study
from odd_studies import hostile_name, many_lesions, nothing_found, nothing_known
from PIL import Image
from report_pages import overlapping, record_lines, texts_of
from signed_study import LOAD, signed
from spine_findings import spine_study

from appliance.__main__ import main
from appliance.findings.review import NAME
from appliance.findings.study import Outcome
from appliance.report.code import code_from
from appliance.report.dossier import open_dossier
from appliance.report.languages import words_in
from appliance.report.pdf import make_pdf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from appliance.findings.study import Findings

LANGUAGES = ("en", "fr", "es", "hi", "fa")
DISCLAIMER = "Generated automatically. Not a diagnosis. Follow up with a radiologist."


def _pdf(findings: Findings, folder: Path, language: str = "en", paper: str = "A4") -> bytes:
    return make_pdf(open_dossier(write_study(findings, folder), "District hospital"), language, paper)


STUDIES: dict[str, Callable[[], Findings]] = {
    "brain": brain_study,
    "spine": spine_study,
    "refused": refused_study,
    "300 lesions": many_lesions,
    "nothing known of the patient": nothing_known,
    "a hostile name": hostile_name,
    "nothing found": nothing_found,
}


def test_the_same_input_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    folder = write_study(brain_study(), tmp_path)
    for name in ("one.pdf", "two.pdf"):
        command = [sys.executable, "-m", "appliance", "report", str(folder), "-o", str(tmp_path / name)]
        subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


@pytest.mark.parametrize("study", STUDIES)
def test_every_page_says_that_it_is_no_diagnosis(study: str, tmp_path: Path) -> None:
    pages = texts_of(_pdf(STUDIES[study](), tmp_path))
    assert all(DISCLAIMER in page for page in pages)
    assert f"Page {len(pages)} of {len(pages)}" in pages[-1]


def test_the_first_page_answers_in_reading_order(tmp_path: Path) -> None:
    first = texts_of(_pdf(brain_study(), tmp_path))[0]
    order = ["BIANCHI ANNA", "What was found", "11 lesions were found", "How sure", "What next", "Decision of the"]
    assert [first.index(text) for text in order] == sorted(first.index(text) for text in order)


def test_every_number_of_the_regions_is_on_paper(tmp_path: Path) -> None:
    text = "\n".join(texts_of(_pdf(brain_study(), tmp_path)))
    for part in brain_study().brain[0].totals.by_region:
        assert f"{part.volume_ml:.2f}" in text


def test_three_hundred_lesions_are_all_listed(tmp_path: Path) -> None:
    pages = texts_of(_pdf(many_lesions(), tmp_path))
    rows = [line for page in pages[1:] for line in page.splitlines() if line.split(" ")[0] == "300"]
    assert rows


def test_a_refused_study_gets_one_page_with_the_reason_and_what_to_do(tmp_path: Path) -> None:
    (page,) = texts_of(_pdf(refused_study(), tmp_path))
    flowing = " ".join(page.split())
    assert "Between images 7 and 9" in flowing
    assert "Export the series again" in flowing


def test_afailed_for_many_reasons_study_with_a_hundred_reasons_keeps_to_one_page(tmp_path: Path) -> None:
    study = refused_study()
    problems = tuple(replace(study.problems[0], sentence=f"Reason {n}.") for n in range(100))
    (page,) = texts_of(_pdf(replace(study, outcome=Outcome.FAILED, problems=problems), tmp_path))
    assert "more reasons stand in findings.json" in page


def test_a_partly_read_study_says_what_is_missing(tmp_path: Path) -> None:
    study = replace(brain_study(), outcome=Outcome.PARTLY, problems=refused_study().problems)
    pages = texts_of(_pdf(study, tmp_path))
    assert "Not everything could be read" in " ".join(pages[0].split())
    assert "Between images 7 and 9" in " ".join(pages[-1].split())


def test_the_doctors_value_stands_beside_the_automatic_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = "\n".join(f"Line {number}: compare with the study of March." for number in range(1, 41))
    folder = signed(write_study(brain_study(), tmp_path), LOAD, lesions=1, note=note)
    lines = record_lines(monkeypatch)
    pages = texts_of(make_pdf(open_dossier(folder)))
    row = next(page for page in pages if "What the doctor changed" in page)
    assert "Severity Moderate Severe" in " ".join(row.split())
    assert "Line 40:" in "".join(pages)
    assert "Dr. Rahimi" in pages[0]
    assert not overlapping(lines)


def test_a_review_of_an_older_reading_is_named_and_not_used(tmp_path: Path) -> None:
    folder = signed(write_study(brain_study(), tmp_path), LOAD)
    (folder / "findings.json").write_text((folder / "findings.json").read_text().replace("B-17", "B-18"))
    dossier = open_dossier(folder)
    assert dossier.review is None
    assert "of an earlier reading" in " ".join(texts_of(make_pdf(dossier))[0].split())


def test_a_damaged_review_does_not_stop_the_report(tmp_path: Path) -> None:
    folder = write_study(brain_study(), tmp_path)
    (folder / NAME).write_text("{")
    assert "damaged" in texts_of(make_pdf(open_dossier(folder)))[0]


def test_a_changed_or_missing_picture_is_named_and_not_shown(tmp_path: Path) -> None:
    folder = write_study(brain_study(), tmp_path)
    (folder / "brain-slice-11-marked.png").write_bytes((folder / "brain-slice-09.png").read_bytes())
    (folder / "brain-slice-09.png").unlink()
    dossier = open_dossier(folder)
    text = " ".join(texts_of(make_pdf(dossier))[-1].split())
    assert len(dossier.missing) == 2
    assert "was changed after the study was read" in text
    assert "is missing from the study's folder" in text


@pytest.mark.parametrize("content", [None, b"", b"no picture"])
def test_a_logo_that_cannot_be_read_is_said_and_left_out(content: bytes | None, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    if content is not None:
        logo.write_bytes(content)
    dossier = open_dossier(write_study(brain_study(), tmp_path), "Clinic", str(logo))
    assert dossier.logo is None
    assert "logo could not be read" in texts_of(make_pdf(dossier))[0]


@pytest.mark.parametrize("size", [(900, 40), (40, 900)])
def test_a_logo_of_any_shape_keeps_out_of_the_texts_way(size: tuple[int, int], tmp_path: Path) -> None:
    Image.new("RGBA", size, (10, 90, 110, 128)).save(tmp_path / "logo.png")
    dossier = open_dossier(write_study(brain_study(), tmp_path), "Clinic", str(tmp_path / "logo.png"))
    assert dossier.logo is not None
    assert make_pdf(dossier)


def test_an_unknown_language_is_english_and_says_so(tmp_path: Path) -> None:
    first = texts_of(_pdf(brain_study(), tmp_path, "tlh"))[0]
    assert "There is no report in “tlh”" in first
    assert "What was found" in first


@pytest.mark.parametrize("name", ["رضایی^مریم", "शर्मा^अनिता", "O’Brien^Zoë", "Nguyễn^Thị", "Άννα"])
def test_a_name_in_its_own_script_is_drawn(name: str, tmp_path: Path) -> None:
    study = brain_study()
    dossier = open_dossier(write_study(replace(study, patient=replace(study.patient, name=name)), tmp_path))
    text = "".join(texts_of(make_pdf(dossier)))
    assert "could not be drawn" not in text
    assert "\N{REPLACEMENT CHARACTER}" not in text


def test_a_chinese_name_falls_back_to_its_latin_form_where_no_typeface_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.report.fonts.made_or_system", lambda *_: None)
    study = brain_study()
    named = replace(study, patient=replace(study.patient, name="Wang^XiaoDong=王^小東"))
    pages = texts_of(_pdf(named, tmp_path))
    assert "(Wang XiaoDong)" in " ".join(pages[0].split())
    assert "could not be drawn" in " ".join(pages[-1].split())


@pytest.mark.slow
def test_a_chinese_name_is_drawn_with_the_systems_typeface(tmp_path: Path) -> None:
    study = brain_study()
    named = replace(study, patient=replace(study.patient, name="Wang^XiaoDong=王^小東"))
    pages = texts_of(_pdf(named, tmp_path))
    assert "王 小東 (Wang XiaoDong)" in " ".join(pages[0].split()), "install a Chinese typeface (fonts-noto-cjk)"
    assert "could not be drawn" not in " ".join(pages[-1].split())


def test_a_sign_that_nothing_can_draw_is_marked_and_said(tmp_path: Path) -> None:
    study = brain_study()
    named = replace(study, patient=replace(study.patient, name="Anna \U00012000"))
    assert "could not be drawn" in " ".join(texts_of(_pdf(named, tmp_path))[-1].split())


def test_the_code_of_the_page_leads_back_to_the_study(tmp_path: Path) -> None:
    folder = write_study(brain_study(), tmp_path)
    dossier = open_dossier(folder)
    text = "".join(texts_of(make_pdf(dossier))[-1].split())
    assert str(dossier.code) in text
    assert code_from(str(dossier.code)) == dossier.code
    assert dossier.code.study == folder.name


def test_the_document_names_its_language_and_its_title(tmp_path: Path) -> None:
    pdf = _pdf(brain_study(), tmp_path, "fa")
    assert b"/Lang (fa)" in pdf
    assert b"/Title" in pdf


def test_headings_and_paragraphs_are_tagged_in_the_order_of_reading(tmp_path: Path) -> None:
    pdf = _pdf(brain_study(), tmp_path)
    assert b"/MarkInfo" in pdf
    assert b"/DisplayDocTitle true" in pdf
    kinds = re.findall(rb"/S /(H1|H2|P|Figure)\b", pdf)
    assert kinds.count(b"H1") == 1
    assert kinds[:3].count(b"H1") == 1
    assert kinds.count(b"H2") >= 8
    assert kinds.count(b"Figure") >= 3
    assert len(re.findall(rb"/Alt", pdf)) >= 3


def test_the_list_of_contents_leads_to_every_section(tmp_path: Path) -> None:
    document = pypdfium2.PdfDocument(_pdf(brain_study(), tmp_path))
    titles = [bookmark.get_title() for bookmark in document.get_toc()]
    document.close()
    assert titles[0] == "MRI report"
    assert {"Brain: what was measured", "Where the lesions lie", "Where this report comes from"} <= set(titles)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_comes_out_in_the_order_of_reading_in_every_language(language: str, tmp_path: Path) -> None:
    words = words_in(language)
    pages = texts_of(_pdf(brain_study(), tmp_path, language))
    wanted = ["What was found", "How sure", "What next", "Decision of the reviewing doctor"]
    titles = [words.say(title) for title in wanted]
    if language == "fa":  # the last letters of a word may be one sign, whose letters PDFium gives in the wrong order
        titles = [title.rpartition(" ")[0] for title in titles]
    places = [pages[0].find(title) for title in titles]
    assert -1 not in places
    assert places == sorted(places)


def test_a_report_is_small_enough_to_send(tmp_path: Path) -> None:
    assert len(_pdf(brain_study(), tmp_path)) <= 1_500_000


def test_the_command_writes_beside_the_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_study(spine_study(), tmp_path)
    assert main(["report", str(folder), "--paper", "letter", "--language", "fr"]) == 0
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    assert not list(folder.glob(".*"))
    assert "report.pdf was written" in capsys.readouterr().out


def test_a_folder_without_results_is_a_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 3
    assert "no results" in capsys.readouterr().err
