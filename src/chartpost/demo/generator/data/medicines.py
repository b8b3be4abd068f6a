"""Medicines as prescribed: RxNorm concept, dose line, tablets or puffs a time, times a day."""

from dataclasses import dataclass

from chartpost.demo.generator.coding import RXNORM, Code


@dataclass(frozen=True, slots=True)
class Medicine:
    """One medicine and the words on its label."""

    key: str
    code: Code
    directions: str
    directions_es: str = ""
    as_needed: bool = False


def _rxnorm(code: str, name: str) -> Code:
    return Code(RXNORM, code, name)


_ONCE = "Take 1 tablet by mouth once a day."
_ONCE_ES = "Tome 1 tableta por la boca una vez al día."

MEDICINES = {
    one.key: one
    for one in (
        Medicine(
            "metformin",
            _rxnorm("860975", "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet"),
            "Take 1 tablet by mouth twice a day with meals.",
            "Tome 1 tableta por la boca dos veces al día con las comidas.",
        ),
        Medicine(
            "insulin-glargine",
            _rxnorm("274783", "insulin glargine"),
            "Inject 14 units under the skin at bedtime.",
            "Inyecte 14 unidades bajo la piel al acostarse.",
        ),
        Medicine("lisinopril-10", _rxnorm("314076", "lisinopril 10 MG Oral Tablet"), _ONCE, _ONCE_ES),
        Medicine("lisinopril-20", _rxnorm("314077", "lisinopril 20 MG Oral Tablet"), _ONCE, _ONCE_ES),
        Medicine("amlodipine", _rxnorm("197361", "amlodipine 5 MG Oral Tablet"), _ONCE, _ONCE_ES),
        Medicine(
            "simvastatin",
            _rxnorm("312961", "simvastatin 20 MG Oral Tablet"),
            "Take 1 tablet by mouth in the evening.",
            "Tome 1 tableta por la boca en la noche.",
        ),
        Medicine(
            "albuterol",
            _rxnorm("745679", "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler"),
            "Inhale 2 puffs every 4 to 6 hours when short of breath.",
            as_needed=True,
        ),
        Medicine(
            "fluticasone",
            _rxnorm("895994", "120 ACTUAT fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler"),
            "Inhale 2 puffs twice a day. Rinse your mouth after use.",
        ),
        Medicine("levothyroxine", _rxnorm("10582", "levothyroxine"), "Take 50 micrograms by mouth each morning."),
        Medicine("sertraline", _rxnorm("36437", "sertraline"), "Take 50 mg by mouth once a day."),
        Medicine(
            "buprenorphine-naloxone",
            _rxnorm("351267", "buprenorphine 8 MG / naloxone 2 MG Sublingual Tablet"),
            "Place 1 tablet under the tongue once a day until dissolved.",
        ),
        Medicine(
            "bictegravir",
            _rxnorm("1999667", "bictegravir 50 MG / emtricitabine 200 MG / tenofovir alafenamide 25 MG Oral Tablet"),
            _ONCE,
        ),
        Medicine(
            "doxycycline",
            _rxnorm("1649988", "doxycycline hyclate 100 MG Oral Capsule"),
            "Take 1 capsule by mouth twice a day for 7 days.",
        ),
        Medicine(
            "furosemide", _rxnorm("313988", "furosemide 40 MG Oral Tablet"), "Take 1 tablet by mouth each morning."
        ),
        Medicine("anastrozole", _rxnorm("199224", "anastrozole 1 MG Oral Tablet"), _ONCE),
        Medicine(
            "alendronate", _rxnorm("46041", "alendronate"), "Take 70 mg by mouth once a week with water, upright."
        ),
        Medicine("allopurinol", _rxnorm("519", "allopurinol"), "Take 100 mg by mouth once a day."),
        Medicine(
            "ibuprofen",
            _rxnorm("310965", "ibuprofen 200 MG Oral Tablet"),
            "Take 2 tablets by mouth every 6 hours with food when needed.",
            as_needed=True,
        ),
        Medicine(
            "acetaminophen",
            _rxnorm("313782", "acetaminophen 325 MG Oral Tablet"),
            "Take 2 tablets by mouth every 6 hours when needed.",
            as_needed=True,
        ),
        Medicine(
            "naproxen",
            _rxnorm("198014", "naproxen 500 MG Oral Tablet"),
            "Take 1 tablet by mouth twice a day with food when needed.",
            as_needed=True,
        ),
        Medicine("iron", _rxnorm("310325", "ferrous sulfate 325 MG Oral Tablet"), _ONCE),
        Medicine("aspirin", _rxnorm("243670", "aspirin 81 MG Oral Tablet"), _ONCE),
        Medicine("mifepristone", _rxnorm("6916", "mifepristone"), "Take 200 mg by mouth once, in the clinic."),
        Medicine("misoprostol", _rxnorm("42331", "misoprostol"), "Use 800 micrograms 24 to 48 hours later, as shown."),
    )
}
