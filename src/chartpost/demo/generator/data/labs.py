"""Laboratory tests: LOINC term, UCUM unit and adult reference range."""

from dataclasses import dataclass

from chartpost.demo.generator.coding import Code, loinc


@dataclass(frozen=True, slots=True)
class Lab:
    """One test; ``usual`` is where a healthy adult lies, ``spread`` the scatter around it."""

    key: str
    code: Code
    unit: str
    low: float | None
    high: float | None
    usual: float
    spread: float
    decimals: int = 0

    @property
    def printed_unit(self) -> str:
        """The unit as people write it: UCUM annotations without their braces."""
        return self.unit.replace("{1.73_m2}", "1.73 m2").replace("{", "").replace("}", "")


@dataclass(frozen=True, slots=True)
class Panel:
    """Tests reported together in one DiagnosticReport."""

    key: str
    code: Code
    labs: tuple[str, ...]


_SERUM = "in Serum or Plasma"

LABS = {
    lab.key: lab
    for lab in (
        Lab("hba1c", loinc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), "%", 4.0, 5.6, 5.3, 0.12, 1),
        Lab("glucose", loinc("2345-7", f"Glucose [Mass/volume] {_SERUM}"), "mg/dL", 70, 99, 89, 5),
        Lab("creatinine", loinc("2160-0", f"Creatinine [Mass/volume] {_SERUM}"), "mg/dL", 0.6, 1.2, 0.86, 0.05, 2),
        Lab(
            "egfr",
            loinc(
                "98979-8",
                "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum, "
                "Plasma or Blood by Creatinine-based formula (CKD-EPI 2021)",
            ),
            "mL/min/{1.73_m2}",
            60,
            None,
            93,
            3,
        ),
        Lab("bun", loinc("3094-0", f"Urea nitrogen [Mass/volume] {_SERUM}"), "mg/dL", 7, 20, 14, 2),
        Lab("sodium", loinc("2951-2", f"Sodium [Moles/volume] {_SERUM}"), "mmol/L", 135, 145, 140, 1.5),
        Lab("potassium", loinc("2823-3", f"Potassium [Moles/volume] {_SERUM}"), "mmol/L", 3.5, 5.1, 4.2, 0.2, 1),
        Lab("total-cholesterol", loinc("2093-3", f"Cholesterol [Mass/volume] {_SERUM}"), "mg/dL", None, 200, 178, 8),
        Lab("hdl", loinc("2085-9", f"Cholesterol in HDL [Mass/volume] {_SERUM}"), "mg/dL", 40, None, 54, 3),
        Lab(
            "ldl",
            loinc("13457-7", f"Cholesterol in LDL [Mass/volume] {_SERUM} by calculation"),
            "mg/dL",
            None,
            100,
            92,
            6,
        ),
        Lab("triglycerides", loinc("2571-8", f"Triglyceride [Mass/volume] {_SERUM}"), "mg/dL", None, 150, 118, 12),
        Lab("hemoglobin", loinc("718-7", "Hemoglobin [Mass/volume] in Blood"), "g/dL", 12.0, 17.0, 13.8, 0.4, 1),
        Lab(
            "hematocrit",
            loinc("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count"),
            "%",
            36.0,
            50.0,
            41.5,
            1.2,
            1,
        ),
        Lab(
            "leukocytes",
            loinc("6690-2", "Leukocytes [#/volume] in Blood by Automated count"),
            "10*3/uL",
            4.0,
            11.0,
            6.8,
            0.7,
            1,
        ),
        Lab(
            "platelets",
            loinc("777-3", "Platelets [#/volume] in Blood by Automated count"),
            "10*3/uL",
            150,
            400,
            250,
            22,
        ),
        Lab("tsh", loinc("3016-3", f"Thyrotropin [Units/volume] {_SERUM}"), "m[IU]/L", 0.4, 4.5, 2.1, 0.3, 2),
        Lab(
            "alt",
            loinc("1742-6", f"Alanine aminotransferase [Enzymatic activity/volume] {_SERUM}"),
            "U/L",
            7,
            45,
            24,
            4,
        ),
        Lab("urine-albumin", loinc("9318-7", "Albumin/Creatinine [Mass Ratio] in Urine"), "mg/g", None, 30, 11, 3),
        Lab("urate", loinc("3084-1", f"Urate [Mass/volume] {_SERUM}"), "mg/dL", 3.5, 7.2, 5.4, 0.3, 1),
        Lab("cd4", loinc("24467-3", "CD3+CD4+ (T4 helper) cells [#/volume] in Blood"), "/uL", 500, 1500, 780, 30),
        Lab(
            "viral-load",
            loinc("20447-9", f"HIV 1 RNA [#/volume] (viral load) {_SERUM} by NAA with probe detection"),
            "{copies}/mL",
            None,
            20,
            20,
            0,
        ),
        Lab(
            "nt-probnp",
            loinc("33762-6", f"Natriuretic peptide.B prohormone N-Terminal [Mass/volume] {_SERUM}"),
            "pg/mL",
            None,
            125,
            70,
            12,
        ),
        Lab("ca-15-3", loinc("6875-9", f"Cancer Ag 15-3 [Units/volume] {_SERUM}"), "U/mL", None, 30, 16, 2),
        Lab("bilirubin", loinc("1975-2", f"Bilirubin.total [Mass/volume] {_SERUM}"), "mg/dL", 0.2, 1.2, 0.6, 0.1, 1),
        Lab("fev1", loinc("20150-9", "FEV1"), "L", 2.5, None, 3.2, 0.1, 2),
    )
}

PANELS = {
    panel.key: panel
    for panel in (
        Panel("hba1c", loinc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), ("hba1c",)),
        Panel(
            "basic",
            loinc("24321-2", "Basic metabolic 2000 panel - Serum or Plasma"),
            ("glucose", "bun", "creatinine", "egfr", "sodium", "potassium"),
        ),
        Panel(
            "lipids",
            loinc("24331-1", "Lipid 1996 panel - Serum or Plasma"),
            ("total-cholesterol", "hdl", "ldl", "triglycerides"),
        ),
        Panel(
            "blood-count",
            loinc("58410-2", "CBC panel - Blood by Automated count"),
            ("hemoglobin", "hematocrit", "leukocytes", "platelets"),
        ),
        Panel("thyroid", loinc("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"), ("tsh",)),
        Panel("urine-albumin", loinc("9318-7", "Albumin/Creatinine [Mass Ratio] in Urine"), ("urine-albumin",)),
        Panel("urate", loinc("3084-1", "Urate [Mass/volume] in Serum or Plasma"), ("urate",)),
        Panel(
            "hiv-monitoring",
            loinc("20447-9", "HIV 1 RNA [#/volume] (viral load) in Serum or Plasma by NAA with probe detection"),
            ("viral-load", "cd4"),
        ),
        Panel(
            "nt-probnp",
            loinc("33762-6", "Natriuretic peptide.B prohormone N-Terminal [Mass/volume] in Serum or Plasma"),
            ("nt-probnp",),
        ),
        Panel("ca-15-3", loinc("6875-9", "Cancer Ag 15-3 [Units/volume] in Serum or Plasma"), ("ca-15-3",)),
        Panel(
            "liver",
            loinc("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma"),
            ("alt",),
        ),
        Panel("spirometry", loinc("20150-9", "FEV1"), ("fev1",)),
    )
}

GLUCOSE_FROM_HBA1C = (28.7, -46.7)
"""Estimated average glucose in mg/dL = 28.7 x HbA1c - 46.7 (Nathan and others, 2008)."""
