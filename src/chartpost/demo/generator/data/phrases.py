"""Sentences of ordinary notes, in English and Spanish."""

from datetime import date

MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "es": [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
}
BORN = {"en": "born", "es": "fecha de nacimiento:"}
SIGNED = {"en": "Signed electronically by", "es": "Firmado electrónicamente por"}


def long_date(day: date, language: str) -> str:
    """A date in full words, whatever the locale of the machine."""
    month = MONTHS[language][day.month - 1]
    return f"{day.day} de {month} de {day.year}" if language == "es" else f"{month} {day.day}, {day.year}"


RESULT_NAMES_ES = {
    "Hemoglobin A1c": "Hemoglobina A1c",
    "Glucose": "Glucosa",
    "Urea nitrogen": "Nitrógeno ureico",
    "Creatinine": "Creatinina",
    "Glomerular filtration rate": "Filtración glomerular",
    "Sodium": "Sodio",
    "Potassium": "Potasio",
    "Hemoglobin": "Hemoglobina",
    "Hematocrit": "Hematocrito",
    "Leukocytes": "Leucocitos",
    "Platelets": "Plaquetas",
    "Albumin": "Albúmina en orina",
}

REASONS = {
    "en": ("Follow-up of long-term conditions", "Regular check and blood tests", "Review of medicines"),
    "es": ("Control de enfermedades crónicas", "Chequeo y análisis de sangre", "Revisión de medicinas"),
}

ROUTINE_REASON = {"en": ("Yearly check", "Preventive visit"), "es": ("Chequeo anual", "Visita preventiva")}

GREETING = {
    "en": (
        "Here for a planned visit. Feels well overall and has no new worries today.",
        "Comes in on time with a list of questions, all of them answered during the visit.",
        "Last seen some months ago. Nothing new at home or at work apart from a cold that passed by itself.",
        "Doing well. Appetite and sleep are good. Brought all pill bottles to the visit.",
    ),
    "es": (
        "Viene a su cita de control. Se siente bien en general y hoy no tiene molestias nuevas.",
        "Llega a tiempo con una lista de preguntas; todas se contestaron en español durante la consulta.",
        "Desde la última cita no ha habido novedades en casa, salvo un resfriado que se le quitó solo.",
    ),
}

EXAM = {
    "en": (
        "Alert and comfortable. Heart regular without murmur, lungs clear on both sides. Abdomen soft, "
        "not tender. No swelling of the legs. Skin warm and dry.",
        "Well appearing. Eyes, ears and throat normal. Neck without lumps. Heart and lungs normal. Walks "
        "with an even step; strength and feeling are the same on both sides.",
        "In good spirits. Pulse even, lungs clear, belly soft. Joints move freely and skin shows nothing new.",
    ),
    "es": (
        "Alerta y tranquila. Corazón rítmico sin soplos, pulmones limpios en ambos lados. Abdomen blando, "
        "no doloroso. Sin hinchazón en las piernas.",
        "Buen aspecto. Ojos, oídos y garganta normales. Cuello sin bultos. Corazón y pulmones normales. "
        "Camina sin dificultad; fuerza y sensibilidad iguales en ambos lados.",
    ),
}

CLOSING = {
    "en": (
        "Return in {months} months, or sooner if anything changes. The plan was repeated back in own words.",
        "Next visit in {months} months. Knows to call the office or 911 for chest pain or trouble breathing.",
    ),
    "es": (
        "Regresa en {months} meses, o antes si algo cambia. Repitió el plan con sus propias palabras.",
        "Próxima cita en {months} meses. Sabe llamar a la clínica o al 911 si le falta el aire.",
    ),
}

HEADINGS = {
    "en": ("Reason for visit", "History", "Examination", "Results", "Assessment and plan"),
    "es": ("Motivo de la consulta", "Historia", "Examen físico", "Resultados", "Evaluación y plan"),
}

TITLES = {
    "en": ("Office visit note", "History and physical"),
    "es": ("Nota de consulta", "Historia clínica y examen físico"),
}

RESULTS_LINE = {
    "en": "Blood pressure {bp}. {labs}",
    "es": "Presión arterial {bp}. {labs}",
}

CHILD_GREETING = (
    "Here with a parent for the yearly check. Growing along the same curve. Eats a mix of foods, sleeps well "
    "and enjoys school. No worries about hearing, speech or behavior.",
    "Comes with a parent. Has been well apart from two colds. Active, learning new things, sleeping through "
    "the night. Screen time is about an hour a day.",
)
CHILD_EXAM = (
    "Cheerful and active. Eyes, ears and mouth normal. Heart and lungs normal. Belly soft. Joints and spine "
    "straight. Growth plotted and steady."
)
CHILD_PLAN = (
    "Healthy child. Vaccines brought up to date. Talked about safety in the car, water and home, and about "
    "reading together. Next check in a year."
)
