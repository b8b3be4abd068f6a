"""Long illnesses: their codes, the tests and medicines they bring, and what clinicians write."""

from dataclasses import dataclass, field

from chartpost.demo.generator.coding import Code, icd10, snomed
from chartpost.demo.generator.data.labels import HIV, MENTAL_HEALTH


@dataclass(frozen=True, slots=True)
class Trend:
    """A measurement that moves from one value to another over the course of an illness.

    It moves gradually, or all at once when ``sudden_at`` (0 to 1) of the course has passed.
    """

    start: float
    end: float
    noise: float = 0.0
    sudden_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Illness:
    """What one long illness does to a record.

    ``medicines`` maps a medicine to the part of the course (0 to 1) at which it starts and stops; a
    stop of None means it is still taken. ``panels`` are drawn at every visit, ``yearly_panels`` once a year.
    """

    name: str
    name_es: str = ""
    code: Code
    icd: Code
    panels: tuple[str, ...] = ()
    yearly_panels: tuple[str, ...] = ()
    trends: dict[str, Trend] = field(default_factory=dict)
    medicines: tuple[tuple[str, float, float | None], ...] = ()
    history: tuple[str, ...]
    plan: tuple[str, ...]
    history_es: tuple[str, ...] = ()
    plan_es: tuple[str, ...] = ()
    goal: str | None = None
    labels: tuple[Code, ...] = ()


ILLNESSES = {
    "diabetes": Illness(
        name="type 2 diabetes",
        name_es="diabetes tipo 2",
        code=snomed("44054006", "Diabetes mellitus type 2 (disorder)"),
        icd=icd10("E11.9", "Type 2 diabetes mellitus without complications"),
        panels=("hba1c",),
        yearly_panels=("basic", "urine-albumin"),
        trends={"hba1c": Trend(9.2, 6.9, 0.15), "weight": Trend(1.08, 0.99, 0.006)},
        medicines=(("metformin", 0.0, None),),
        history=(
            "Checks sugar at home most mornings. Reports values that are lower than at the last visit.",
            "No episodes of low sugar. Feet feel normal; no numbness or sores.",
            "Walking thirty minutes on most days and eating smaller portions of rice and bread.",
        ),
        plan=(
            "Type 2 diabetes: continue the present treatment, repeat HbA1c in three to six months.",
            "Type 2 diabetes: eye examination due this year; foot check done today and normal.",
        ),
        history_es=(
            "Se mide el azúcar en casa casi todas las mañanas. Los valores son más bajos que en la última visita.",
            "No ha tenido bajones de azúcar. Siente bien los pies; sin llagas ni adormecimiento.",
            "Camina media hora casi todos los días y come porciones más pequeñas de arroz y tortilla.",
        ),
        plan_es=(
            "Diabetes tipo 2: seguir igual el tratamiento y repetir la hemoglobina A1c en tres a seis meses.",
            "Diabetes tipo 2: le toca examen de los ojos este año; hoy se revisaron los pies y están bien.",
        ),
        goal="HbA1c below 7.0 percent",
    ),
    "diabetes-worsening": Illness(
        name="type 2 diabetes",
        name_es="diabetes tipo 2",
        code=snomed("44054006", "Diabetes mellitus type 2 (disorder)"),
        icd=icd10("E11.22", "Type 2 diabetes mellitus with diabetic chronic kidney disease"),
        panels=("hba1c",),
        trends={"hba1c": Trend(6.6, 8.4, 0.15)},
        medicines=(("metformin", 0.0, 0.7), ("insulin-glargine", 0.7, None)),
        history=("Finds it harder to keep to the diet since retiring.", "Home sugars have been creeping up."),
        plan=(
            "Type 2 diabetes: HbA1c above goal. Went over meals and how to treat low sugar.",
            "Type 2 diabetes: referred to the diabetes educator; repeat HbA1c in three months.",
        ),
        goal="HbA1c below 7.5 percent",
    ),
    "hypertension": Illness(
        name="high blood pressure",
        name_es="presión alta",
        code=snomed("59621000", "Essential hypertension (disorder)"),
        icd=icd10("I10", "Essential (primary) hypertension"),
        yearly_panels=("basic",),
        trends={"systolic": Trend(158, 127, 4), "diastolic": Trend(96, 78, 3)},
        medicines=(("lisinopril-10", 0.0, 0.35), ("lisinopril-20", 0.35, None), ("amlodipine", 0.5, None)),
        history=(
            "Takes the blood pressure tablets every day. No dizziness, cough or swelling.",
            "Brings a list of home readings, most of them in the 120s and 130s.",
            "No chest pain or headache. Has cut down on salt.",
        ),
        plan=(
            "High blood pressure: closer to goal. Continue medicine, keep a home log, recheck in six months.",
            "High blood pressure: blood test for kidney function and potassium today.",
        ),
        history_es=(
            "Toma las pastillas de la presión todos los días. Sin mareo, tos ni hinchazón.",
            "Trae una lista de lecturas de casa, la mayoría entre 120 y 135.",
        ),
        plan_es=("Presión alta: más cerca de la meta. Seguir la medicina y anotar las lecturas en casa.",),
        goal="Blood pressure below 130 over 80",
    ),
    "high-cholesterol": Illness(
        name="high cholesterol",
        code=snomed("55822004", "Hyperlipidemia (disorder)"),
        icd=icd10("E78.5", "Hyperlipidemia, unspecified"),
        yearly_panels=("lipids",),
        trends={"ldl": Trend(168, 88, 6)},
        medicines=(("simvastatin", 0.1, None),),
        history=("No muscle aches with the statin.", "Eats fish twice a week and has stopped fried food."),
        plan=("High cholesterol: LDL much improved on the statin. Repeat lipids once a year.",),
    ),
    "asthma": Illness(
        name="asthma",
        code=snomed("195967001", "Asthma (disorder)"),
        icd=icd10("J45.909", "Unspecified asthma, uncomplicated"),
        yearly_panels=("spirometry",),
        trends={"fev1": Trend(2.5, 3.1, 0.08)},
        medicines=(("albuterol", 0.0, None), ("fluticasone", 0.2, None)),
        history=(
            "Uses the rescue inhaler about once a week, mostly in spring.",
            "Sleeps through the night without cough. No urgent visits since the last check.",
        ),
        plan=("Asthma: well controlled. Keep the daily inhaler, written action plan reviewed.",),
        goal="No night-time cough, rescue inhaler at most twice a week",
    ),
    "kidney-disease": Illness(
        name="chronic kidney disease",
        code=snomed("433144002", "Chronic kidney disease stage 3 (disorder)"),
        icd=icd10("N18.30", "Chronic kidney disease, stage 3 unspecified"),
        panels=("basic",),
        yearly_panels=("urine-albumin", "blood-count"),
        trends={
            "creatinine": Trend(1.18, 2.05, 0.05),
            "bun": Trend(20, 38, 2),
            "urine-albumin": Trend(45, 290, 15),
            "potassium": Trend(4.4, 5.0, 0.1),
            "hemoglobin": Trend(13.4, 11.4, 0.2),
        },
        history=("No swelling, passing water as usual.", "Avoids ibuprofen and drinks enough during the day."),
        plan=(
            "Chronic kidney disease: slow decline in kidney function. Keep blood pressure down, avoid NSAIDs.",
            "Chronic kidney disease: letter sent to the kidney clinic with the last three results.",
        ),
        goal="Slow the loss of kidney function",
    ),
    "hypothyroidism": Illness(
        name="an underactive thyroid",
        code=snomed("40930008", "Hypothyroidism (disorder)"),
        icd=icd10("E03.9", "Hypothyroidism, unspecified"),
        panels=("thyroid",),
        trends={"tsh": Trend(8.4, 2.3, 0.25)},
        medicines=(("levothyroxine", 0.0, None),),
        history=("More energy than last year, no palpitations.", "Takes the tablet on an empty stomach."),
        plan=("Underactive thyroid: TSH in range on the present dose. Repeat in a year.",),
    ),
    "depression": Illness(
        name="depression",
        code=snomed("370143000", "Major depressive disorder (disorder)"),
        icd=icd10("F33.1", "Major depressive disorder, recurrent, moderate"),
        trends={"phq9": Trend(18, 5, 1)},
        medicines=(("sertraline", 0.05, None),),
        history=(
            "Mood is steadier. Sleeping six to seven hours. Back to seeing friends at weekends.",
            "No thoughts of self-harm. Finds the medicine helpful, no side effects worth noting.",
        ),
        plan=("Depression: improving. Continue sertraline and weekly talking therapy.",),
        goal="PHQ-9 score below 5",
        labels=MENTAL_HEALTH,
    ),
    "hiv": Illness(
        name="HIV",
        code=snomed("86406008", "Human immunodeficiency virus infection (disorder)"),
        icd=icd10("Z21", "Asymptomatic human immunodeficiency virus [HIV] infection status"),
        panels=("hiv-monitoring",),
        yearly_panels=("blood-count", "liver"),
        trends={"cd4": Trend(310, 720, 25), "viral-load": Trend(48000, 20, sudden_at=0.12)},
        medicines=(("bictegravir", 0.0, None),),
        history=("Takes the daily tablet without missed doses.", "Feels well, works full time, no fevers."),
        plan=("HIV: virus not detectable, CD4 count rising. Continue treatment, bloods in six months.",),
        goal="Virus not detectable",
        labels=HIV,
    ),
    "heart-failure": Illness(
        name="heart failure",
        code=snomed("88805009", "Chronic congestive heart failure (disorder)"),
        icd=icd10("I50.22", "Chronic systolic (congestive) heart failure"),
        panels=("nt-probnp",),
        yearly_panels=("basic",),
        trends={"nt-probnp": Trend(640, 4200, 150), "weight": Trend(1.0, 0.9, 0.01)},
        medicines=(("furosemide", 0.0, None), ("lisinopril-10", 0.0, None)),
        history=("Short of breath on one flight of stairs.", "Sleeps on two pillows. Ankles swell by evening."),
        plan=("Heart failure: adjust the water tablet by daily weight; call if up by three pounds in two days.",),
        goal="Stay out of hospital and comfortable at home",
    ),
    "lung-disease": Illness(
        name="COPD",
        code=snomed("13645005", "Chronic obstructive lung disease (disorder)"),
        icd=icd10("J44.9", "Chronic obstructive pulmonary disease, unspecified"),
        yearly_panels=("spirometry",),
        trends={"fev1": Trend(1.9, 1.2, 0.05)},
        medicines=(("albuterol", 0.0, None),),
        history=("Morning cough with clear phlegm.", "Stopped smoking nine years ago."),
        plan=("COPD: inhaler technique checked. Flu and pneumonia vaccines up to date.",),
    ),
    "osteoarthritis": Illness(
        name="a worn knee",
        code=snomed("239873007", "Osteoarthritis of knee (disorder)"),
        icd=icd10("M17.11", "Unilateral primary osteoarthritis, right knee"),
        trends={"pain": Trend(5, 8, 0.5)},
        medicines=(("naproxen", 0.0, 0.8), ("acetaminophen", 0.3, None)),
        history=("Right knee aches after walking two blocks.", "Stiff in the morning for about ten minutes."),
        plan=("Osteoarthritis of the right knee: exercises, weight loss, pain relief as needed.",),
    ),
    "osteoporosis": Illness(
        name="thin bones",
        code=snomed("64859006", "Osteoporosis (disorder)"),
        icd=icd10("M81.0", "Age-related osteoporosis without current pathological fracture"),
        medicines=(("alendronate", 0.0, None),),
        history=("No falls and no new back pain.", "Takes calcium and walks daily."),
        plan=("Osteoporosis: continue the weekly tablet, bone density scan every two years.",),
    ),
    "back-pain": Illness(
        name="back pain",
        code=snomed("279039007", "Low back pain (finding)"),
        icd=icd10("M54.50", "Low back pain, unspecified"),
        medicines=(("ibuprofen", 0.0, None),),
        history=("Back pain flares after long drives.", "No numbness or weakness of the legs."),
        plan=("Low back pain: keep moving, physical therapy, no imaging needed now.",),
    ),
    "gout": Illness(
        name="gout",
        code=snomed("90560007", "Gout (disorder)"),
        icd=icd10("M10.9", "Gout, unspecified"),
        panels=("urate",),
        trends={"urate": Trend(9.1, 5.6, 0.25)},
        medicines=(("allopurinol", 0.1, None),),
        history=("One attack in the big toe this year.", "Has cut down on beer and shellfish."),
        plan=("Gout: urate at goal on allopurinol.",),
    ),
    "down-syndrome": Illness(
        name="Down syndrome",
        code=snomed("41040004", "Complete trisomy 21 syndrome (disorder)"),
        icd=icd10("Q90.9", "Down syndrome, unspecified"),
        panels=("blood-count",),
        history=("Lives at home with family and works three mornings a week at a bakery.", "Enjoys swimming."),
        plan=("Down syndrome: yearly hearing, thyroid and blood count checks.",),
    ),
}
