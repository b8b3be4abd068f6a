"""The sections: status, negation, dates, what is never made active, what is kept together."""

from typing import Any

import pytest
from tests.formats.ccda_intake.papers import (
    ALLERGIES,
    LOINC,
    MEDICATIONS,
    PROBLEMS,
    RXNORM,
    code,
    medicine,
    paper,
    problem,
    section,
    template,
)

from chartpost.formats.ccda.intake import Converted, convert

NOTHING = "55607006"


def run(*sections: str) -> Converted:
    return convert(paper(*sections).encode())


def of(found: Converted, kind: str) -> list[dict[str, Any]]:
    return [r for r in found.resources if r["resourceType"] == kind]


def word(made: dict[str, Any], key: str) -> str:
    return str(((made.get(key) or {}).get("coding") or [{}])[0].get("code", ""))


def condition(**how: str) -> dict[str, Any]:
    text = problem(**{k: v for k, v in how.items() if k in ("name", "more", "attributes", "status")})
    text = text.replace('<low value="20200102"/>', how.get("times", '<low value="20200102"/>'))
    (made,) = of(run(section(PROBLEMS, text)), "Condition")
    return made


def status_of(value: str) -> str:
    return (
        f'<entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN">{template("6")}'
        f'{code("33999-4", LOINC)}<statusCode code="completed"/>{code(value, tag="value")}'
        "</observation></entryRelationship>"
    )


ENDED, UNSURE_END = '<low value="20200102"/><high value="20210203"/>', '<low value="20200102"/><high nullFlavor="UNK"/>'


@pytest.mark.parametrize(
    ("how", "clinical"),
    [
        ({"status": "active"}, "active"),
        ({"status": "completed"}, "inactive"),
        ({"status": ""}, ""),
        ({"status": "active", "more": status_of("413322009")}, "resolved"),
        ({"status": "completed", "more": status_of("55561003")}, "active"),
        ({"more": status_of("55561003"), "times": ENDED}, "resolved"),
        ({"more": status_of("73425007"), "times": ENDED}, "inactive"),
        ({"more": status_of("55561003"), "times": UNSURE_END}, "resolved"),
        ({"more": status_of("246455001")}, "recurrence"),
    ],
)
def test_the_status_of_a_problem(how: dict[str, str], clinical: str) -> None:
    made = condition(**how)
    assert word(made, "clinicalStatus") == clinical
    assert made.get("abatementDateTime") == ("2021-02-03" if how.get("times") == ENDED else None)


def test_a_negated_problem_is_refuted_and_not_active() -> None:
    made = condition(attributes=' negationInd="true"')
    assert (word(made, "verificationStatus"), "clinicalStatus" in made) == ("refuted", False)


def test_the_negation_of_any_problem_says_that_there_is_none() -> None:
    made = condition(name=NOTHING, attributes=' negationInd="true"')
    assert (made["code"]["coding"][0]["code"], "verificationStatus" in made) == ("160245001", False)


@pytest.mark.parametrize(("loinc", "category"), [("11450-4", "problem-list-item"), ("11535-2", "encounter-diagnosis")])
def test_the_section_gives_the_category(loinc: str, category: str) -> None:
    (made,) = of(run(section(loinc, problem())), "Condition")
    assert made["category"][0]["coding"][0]["code"] == category
    assert made["meta"]["profile"][0].endswith(
        "problems-health-concerns" if loinc == PROBLEMS else "encounter-diagnosis"
    )


def allergy(
    substance: str = "", attributes: str = "", more: str = "", kind: str = "416098002", act: str = "active"
) -> str:
    taken = (
        '<participant typeCode="CSM"><participantRole><playingEntity>'
        f"{substance}</playingEntity></participantRole></participant>"
        if substance
        else ""
    )
    return (
        f'<act classCode="ACT" moodCode="EVN">{template("30")}<id root="1.9" extension="a"/><code code="CONC"/>'
        f'<statusCode code="{act}"/><entryRelationship typeCode="SUBJ">'
        f'<observation classCode="OBS" moodCode="EVN"{attributes}>{template("7")}<id root="1.9" extension="b"/>'
        f'<code code="ASSERTION"/><statusCode code="completed"/><effectiveTime><low value="2001"/></effectiveTime>'
        f"{code(kind, tag='value')}{taken}{more}</observation></entryRelationship></act>"
    )


PENICILLIN = code("7980", RXNORM, "Penicillin")


def allergies(*args: str, **how: str) -> dict[str, Any]:
    (made,) = of(run(section(ALLERGIES, allergy(*args, **how))), "AllergyIntolerance")
    return made


def test_an_allergy_has_its_substance_kind_and_start() -> None:
    made = allergies(PENICILLIN)
    assert (made["code"]["text"], made["type"], made["category"], made["onsetDateTime"]) == (
        "Penicillin", "allergy", ["medication"], "2001",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "none"), [("416098002", "409137002"), ("414285001", "429625007"), ("419199007", "716186003")]
)
def test_no_known_allergy_is_said_in_a_code(kind: str, none: str) -> None:
    made = allergies("", ' negationInd="true"', kind=kind)
    assert (word(made, "code"), "verificationStatus" in made) == (none, False)


def test_a_negated_substance_is_refuted_and_not_active() -> None:
    made = allergies(PENICILLIN, ' negationInd="true"')
    assert (word(made, "verificationStatus"), word(made, "clinicalStatus")) == ("refuted", "")


def test_an_allergy_nobody_says_anything_of_is_not_active() -> None:
    assert word(allergies(PENICILLIN, act=""), "clinicalStatus") == ""


def test_severity_stands_under_the_reaction_and_criticality_on_the_allergy() -> None:
    severe = (
        f'<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">{template("8")}'
        f"{code('24484000', tag='value', display='Severe')}</observation></entryRelationship>"
    )
    more = (
        f'<entryRelationship typeCode="MFST"><observation classCode="OBS" moodCode="EVN">{template("9")}'
        f"{code('247472004', tag='value', display='Hives')}{severe}</observation></entryRelationship>"
        f'<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">{template("145")}'
        f"{code('82606-5', LOINC)}{code('CRITH', '2.16.840.1.113883.5.1063', tag='value')}"
        "</observation></entryRelationship>"
    )
    made = allergies(PENICILLIN, more=more)
    assert (made["reaction"][0]["severity"], made["criticality"]) == ("severe", "high")
    assert made["reaction"][0]["manifestation"][0]["text"] == "Hives"


def reaction(words: str, value: str = "Hives") -> str:
    return (
        f'<entryRelationship typeCode="MFST"><observation classCode="OBS" moodCode="EVN">{template("9")}{words}'
        f"{code('247472004', tag='value', display=value)}</observation></entryRelationship>"
    )


def test_a_substance_is_never_called_by_its_reaction() -> None:
    wrong = '<originalText><reference value="#r1"/></originalText>'
    taken = code("7980", RXNORM, "Penicillin", inner=wrong)
    text = '<list><item ID="r1">Hives</item></list>'
    entry = allergy(taken, more=reaction('<text><reference value="#r1"/></text>'))
    found = run(section(ALLERGIES, entry, text=text))
    (made,) = of(found, "AllergyIntolerance")
    assert made["code"]["text"] == "Penicillin"
    assert "words-of-another" in {i.code for i in found.issues}


def test_a_severity_beside_the_allergy_is_no_allergy() -> None:
    aside = (
        f'<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">{template("8")}'
        f"{code('24484000', tag='value', display='Severe')}</observation></entryRelationship></act>"
    )
    entry = allergy(PENICILLIN, more=reaction("")).replace("</act>", aside)
    (made,) = of(run(section(ALLERGIES, entry)), "AllergyIntolerance")
    assert made["reaction"][0]["severity"] == "severe"


def request(text: str) -> dict[str, Any]:
    (made,) = of(run(section(MEDICATIONS, text)), "MedicationRequest")
    return made


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("active", "active"),
        ("completed", "completed"),
        ("aborted", "stopped"),
        ("suspended", "on-hold"),
        ("", "unknown"),
    ],
)
def test_a_medicine_is_active_only_when_said(said: str, told: str) -> None:
    assert request(medicine().replace('<statusCode code="active"/>', f'<statusCode code="{said}"/>'))["status"] == told


def test_completed_with_an_end_to_come_is_still_active() -> None:
    text = medicine().replace('code="active"', 'code="completed"')
    assert (
        request(text.replace('<low value="20210601"/>', '<low value="20210601"/><high value="20300101"/>'))["status"]
        == "active"
    )
    assert (
        request(text.replace('<low value="20210601"/>', '<low value="20210601"/><high value="20220101"/>'))["status"]
        == "completed"
    )


def test_active_with_an_end_that_is_past_stays_as_said_and_is_told() -> None:
    text = medicine().replace('<low value="20210601"/>', '<low value="20210601"/><high value="20220101"/>')
    found = run(section(MEDICATIONS, text))
    assert of(found, "MedicationRequest")[0]["status"] == "active"
    assert "status-conflict" in {i.code for i in found.issues}


SUPPLY = (
    '<entryRelationship typeCode="REFR"><supply classCode="SPLY" moodCode="{mood}">{template}'
    '<id root="1.8" extension="s"/>'
    '<statusCode code="completed"/><effectiveTime value="20210702"/><repeatNumber value="{repeat}"/>'
    '<quantity value="30"/></supply></entryRelationship>'
)


def test_an_order_counts_refills_after_the_first_fill() -> None:
    order = SUPPLY.format(mood="INT", template=template("17"), repeat=3)
    made = request(medicine(more=order))
    assert made["dispenseRequest"]["numberOfRepeatsAllowed"] == 2
    assert made["dispenseRequest"]["quantity"]["value"] == 30


def test_a_fill_is_a_dispense_and_makes_nothing_active() -> None:
    fill = SUPPLY.format(mood="EVN", template=template("18"), repeat=1)
    found = run(section(MEDICATIONS, medicine(more=fill).replace('<statusCode code="active"/>', "", 1)))
    (asked,), (filled,) = of(found, "MedicationRequest"), of(found, "MedicationDispense")
    assert (asked["status"], filled["status"], filled["whenHandedOver"]) == ("unknown", "completed", "2021-07-02")
    assert filled["authorizingPrescription"] == [{"reference": f"MedicationRequest/{asked['id']}"}]


def test_how_it_is_taken() -> None:
    more = (
        '<effectiveTime xsi:type="PIVL_TS" operator="A"><period value="8" unit="h"/></effectiveTime>'
        '<doseQuantity value="2" unit="mg"/>'
        '<precondition typeCode="PRCN"><criterion><code code="ASSERTION"/>'
        f"{code('56018004', tag='value', display='Wheezing')}</criterion></precondition>"
    )
    (dose,) = request(medicine(more=more))["dosageInstruction"]
    repeat = dose["timing"]["repeat"]
    assert (repeat["frequency"], repeat["period"], repeat["periodUnit"]) == (1, 8, "h")
    assert repeat["boundsPeriod"] == {"start": "2021-06-01"}
    assert (dose["doseAndRate"][0]["doseQuantity"]["code"], dose["asNeededCodeableConcept"]["text"]) == (
        "mg",
        "Wheezing",
    )


@pytest.mark.parametrize(("mood", "intent"), [("EVN", "plan"), ("INT", "order")])
def test_intent_by_mood(mood: str, intent: str) -> None:
    assert request(medicine(attributes=f' moodCode="{mood}"'))["intent"] == intent


def test_a_medicine_not_to_be_given_says_so() -> None:
    assert request(medicine(attributes=' moodCode="EVN" negationInd="true"'))["doNotPerform"] is True


def test_no_known_medicines_is_not_a_ban_on_all() -> None:
    made = request(medicine("410942007", attributes=' moodCode="EVN" negationInd="true"'))
    assert (made["medicationCodeableConcept"]["coding"][0]["code"], made["status"]) == ("787481004", "unknown")
    assert "doNotPerform" not in made


WORDS_ONLY = '<value xsi:type="CD" nullFlavor="OTH"><originalText>{}</originalText></value>'


@pytest.mark.parametrize(
    ("words", "code_", "verified"),
    [("Diabetes", "", "refuted"), ("No known problems", "160245001", ""), ("None", "160245001", "")],
)
def test_a_negation_in_words_says_no_more_than_the_words(words: str, code_: str, verified: str) -> None:
    coded = code("44054006", display="Name", tag="value")
    text = problem(attributes=' negationInd="true"').replace(coded, WORDS_ONLY.format(words))
    (made,) = of(run(section(PROBLEMS, text)), "Condition")
    assert (word(made, "code"), word(made, "verificationStatus"), made["code"]["text"][:4]) == (
        code_,
        verified,
        words[:4],
    )


@pytest.mark.parametrize(
    ("words", "code_", "verified"), [("Penicillin", "", "refuted"), ("No known drug allergies", "409137002", "")]
)
def test_a_negated_substance_in_words_says_no_more(words: str, code_: str, verified: str) -> None:
    made = allergies(f'<code nullFlavor="OTH"><originalText>{words}</originalText></code>', ' negationInd="true"')
    assert (word(made, "code"), word(made, "verificationStatus")) == (code_, verified)


def test_none_known_in_words_alone_is_none_known() -> None:
    made = allergies('<code nullFlavor="OTH"><originalText>No Known Drug Allergies</originalText></code>')
    assert (word(made, "code"), made["code"]["text"]) == ("409137002", "No Known Drug Allergies")


def test_a_negated_medicine_in_words_is_not_no_medicines_at_all() -> None:
    named = '<code nullFlavor="OTH"><originalText>Aspirin</originalText></code>'
    text = medicine(attributes=' moodCode="EVN" negationInd="true"')
    made = request(text.replace(code("197361", RXNORM, "Amlodipine 5 MG"), named))
    assert (made["medicationCodeableConcept"], made["doNotPerform"]) == ({"text": "Aspirin"}, True)


def test_a_medicine_whose_words_are_of_another_is_called_by_both() -> None:
    inner = "<originalText>azithromycin Oral Tablet 500 mg</originalText>"
    shifted = code("197361", RXNORM, "albuterol sulfate Inhaler", inner=inner)
    found = run(section(MEDICATIONS, medicine().replace(code("197361", RXNORM, "Amlodipine 5 MG"), shifted)))
    (made,) = of(found, "MedicationRequest")
    assert made["medicationCodeableConcept"]["text"] == "albuterol sulfate Inhaler (azithromycin Oral Tablet 500 mg)"
    assert "words-differ" in {i.code for i in found.issues}


def test_words_that_share_a_word_with_the_code_stay_as_they_are() -> None:
    inner = "<originalText>Amlodipine, one a day</originalText>"
    shifted = code("197361", RXNORM, "Amlodipine 5 MG", inner=inner)
    made = request(medicine().replace(code("197361", RXNORM, "Amlodipine 5 MG"), shifted))
    assert made["medicationCodeableConcept"]["text"] == "Amlodipine, one a day"


def test_a_problem_of_no_problem_in_words_is_not_active() -> None:
    coded = code("44054006", display="Name", tag="value")
    text = problem().replace(coded, WORDS_ONLY.format("No impairment"))
    (made,) = of(run(section(PROBLEMS, text)), "Condition")
    assert (made["code"], "clinicalStatus" in made) == ({"text": "No impairment"}, False)


@pytest.mark.parametrize(("words", "count"), [("No procedures on file", 0), ("Negative pressure wound therapy", 1)])
def test_words_for_no_procedure_make_none(words: str, count: int) -> None:
    text = (
        f'<procedure classCode="PROC" moodCode="EVN">{template("14")}<code nullFlavor="UNK"><originalText>{words}'
        '</originalText></code><statusCode code="completed"/><effectiveTime value="20200102"/></procedure>'
    )
    assert len(of(run(section("47519-4", text)), "Procedure")) == count
