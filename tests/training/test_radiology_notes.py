"""The grammar must not read into a note what it does not say, nor lose what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.datasets.radiology_notes import (
    LEVELS,
    Degree,
    NoteReading,
    Side,
    Structure,
    levels_in,
    mend_spelling,
    read_note,
)
from training.datasets.sudirman import worded_grades

SAC, FORAMEN, ROOT, RECESS = Structure.THECAL_SAC, Structure.FORAMEN, Structure.NERVE_ROOT, Structure.LATERAL_RECESS


def sac(reading: NoteReading) -> dict[str, Degree | None]:
    return {level: reading.degree(level, SAC) for level in LEVELS if reading.degree(level, SAC)}


@pytest.mark.parametrize(
    ("words", "levels"),
    [
        ("bulges at l4/l5 &l5/s1 levels", ["L4/L5", "L5/S1"]),
        ("l3-4 & l4-5: bulges", ["L3/L4", "L4/L5"]),
        ("l4_l5 level", ["L4/L5"]),
        ("bulges (l4-s1)", ["L4/L5", "L5/S1"]),
        ("l2/l3,l3/l4&l5/s1", ["L2/L3", "L3/L4", "L5/S1"]),
        ("d12/l1 level", ["D12/L1"]),
        ("c5/c6 level", ["C5/C6"]),
        ("t12 - l1", ["T12/L1"]),
        ("s2 level cyst, l1 haemangioma", []),
        ("since 04/01/2016", []),
    ],
)
def test_levels_are_found_in_every_way_of_writing_them(words: str, levels: list[str]) -> None:
    assert levels_in(words) == levels


def test_the_adverb_of_the_bulge_is_not_the_adverb_of_the_compression() -> None:
    assert sac(read_note("Mild disc bulge at L4-L5 level, compressing the thecal sac")) == {"L4/L5": Degree.PRESSED}
    assert sac(read_note("Disc bulge at L4-L5 level, mild compressing the thecal sac")) == {"L4/L5": Degree.MILD}


@pytest.mark.parametrize(
    ("verb", "degree"),
    [
        ("abutting", Degree.TOUCHED),
        ("indenting", Degree.TOUCHED),
        ("mildly compressing", Degree.MILD),
        ("compressing", Degree.PRESSED),
        ("largely compressing", Degree.MARKED),
        ("significantly compressing", Degree.MARKED),
    ],
)
def test_severity_words_are_kept(verb: str, degree: Degree) -> None:
    reading = read_note(f"L4-L5: Disc protrusion {verb} the thecal sac.")
    assert sac(reading) == {"L4/L5": degree}
    assert reading.mentions[0].word == verb


def test_misspelt_words_are_read() -> None:
    reading = read_note(
        "Diffuse disc bulge at L4/L5 level, compresing the thercal sac and encraoching exit nerrve roots"
    )
    assert sac(reading) == {"L4/L5": Degree.PRESSED}
    assert reading.degree("L4/L5", ROOT) is Degree.PRESSED


def test_words_that_are_right_are_not_mended_into_others() -> None:
    assert mend_spelling("left lateral large lower mild") == "left lateral large lower mild"


def test_a_denied_compression_is_none() -> None:
    reading = read_note(
        "Mild disc bulge noted at L4-L5 level. No significant thecal sac or nerve root compression noted."
    )
    assert sac(reading) == {}
    assert reading.bulges == {"L4/L5"}


def test_a_denial_after_but_leaves_what_stands_before_it() -> None:
    reading = read_note("L5-S1: bulge indenting thecal sac but not causing significant nerve root compression")
    assert sac(reading) == {"L5/S1": Degree.TOUCHED}
    assert reading.degree("L5/S1", ROOT) is Degree.DENIED
    assert reading.bulges == {"L5/S1"}


def test_double_strokes_end_a_statement() -> None:
    reading = read_note("L4-5: bulge compressing thecal sac/// L3-4: bulge indenting thecal sac")
    assert sac(reading) == {"L4/L5": Degree.PRESSED, "L3/L4": Degree.TOUCHED}


def test_a_title_line_carries_its_level_to_the_next_line() -> None:
    assert sac(read_note("L3-L4\nDiffuse disc bulge compressing the thecal sac\nL5-S1\nNormal disc")) == {
        "L3/L4": Degree.PRESSED
    }


def test_two_levels_in_one_statement_keep_their_own_findings() -> None:
    reading = read_note("L4-5: bulge compressing thecal sac. L5-S1: bulge compressing right nerve root")
    assert sac(reading) == {"L4/L5": Degree.PRESSED}
    assert reading.degree("L5/S1", ROOT, Side.RIGHT) is Degree.PRESSED
    assert reading.degree("L5/S1", ROOT, Side.LEFT) is Degree.DENIED


def test_each_structure_keeps_its_side() -> None:
    reading = read_note(
        "L4-L5: Lt paracentral protrusion, compressing the thecal sac and narrowing right neural foramen"
    )
    assert reading.degree("L4/L5", FORAMEN, Side.RIGHT) is Degree.PRESSED
    assert reading.degree("L4/L5", FORAMEN, Side.LEFT) is Degree.DENIED


def test_more_to_one_side_is_still_both() -> None:
    reading = read_note("Bulge at L4/L5 level, compressing the thecal sac and both nerve roots, more to the left side")
    assert reading.degree("L4/L5", ROOT, Side.RIGHT) is Degree.PRESSED


def test_the_lateral_recess_needs_no_verb() -> None:
    reading = read_note("Bulge at L5/S1 level, extending to Lt lateral recess, compressing the thecal sac")
    assert reading.degree("L5/S1", RECESS, Side.LEFT) is Degree.PRESSED
    assert reading.degree("L5/S1", RECESS, Side.RIGHT) is Degree.DENIED


def test_a_narrowed_disc_space_presses_on_nothing() -> None:
    reading = read_note("Protrusion at L5/S1, mildly compressing the thecal sac, with narrowed disc space")
    assert [mention.word for mention in reading.mentions] == ["mildly compressing"]


def test_levels_not_named_are_unknown_when_only_the_worst_is_named() -> None:
    reading = read_note("Multilevel diffuse disc bulges, noticeably at L4-L5 level, compressing the thecal sac")
    assert reading.degree("L4/L5", SAC) is Degree.PRESSED
    assert reading.degree("L3/L4", SAC) is None
    assert worded_grades(reading, "L3/L4") == (None,) * 5


def test_thoracic_and_cervical_findings_are_not_lumbar_ones() -> None:
    assert (
        read_note("Protrusion at C5/C6 level compressing the thecal sac. Bulge at D12/L1 abutting the cord").mentions
        == ()
    )


def test_the_grades_of_the_five_heads() -> None:
    reading = read_note("L4-L5: protrusion compressing the thecal sac and Lt exit neural canal. L3-L4: mild disc bulge")
    assert worded_grades(reading, "L4/L5") == (2, 2, 0, 0, 0)
    assert worded_grades(reading, "L3/L4") == (1, 0, 0, 0, 0)
    assert worded_grades(reading, "L5/S1") == (0, 0, 0, 0, 0)


@given(st.text(alphabet="lLdDsS0123456789/-& .,:\n()ctnoabrmpesigu", max_size=120))
def test_no_text_breaks_the_grammar(note: str) -> None:
    reading = read_note(note)
    assert all(mention.level in LEVELS for mention in reading.mentions)
