"""The words of the trade in plain words, English and Spanish. Authors mark a term with `{% term "key" %}`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A term with its plain meaning in two languages."""

    key: str
    en: str
    en_plain: str
    es: str
    es_plain: str

    def name(self, lang: str) -> str:
        """The term itself."""
        return self.es if lang == "es" else self.en

    def plain(self, lang: str) -> str:
        """What it means, in words a reader of twelve knows."""
        return self.es_plain if lang == "es" else self.en_plain


def _read(rows: tuple[tuple[str, str, str, str, str], ...]) -> dict[str, Entry]:
    return {row[0]: Entry(*row) for row in rows}


ENTRIES = _read(
    (
        (
            "access-request",
            "access request",
            "Asking an office for a copy of your own health records. The law gives you this right.",
            "solicitud de acceso",
            "Pedir a una oficina una copia de su propio expediente médico. La ley le da este derecho.",
        ),
        (
            "accounting",
            "accounting of disclosures",
            "A list of the times your records were shared with others for reasons outside your care, "
            "payment and daily work.",
            "informe de divulgaciones",
            "Una lista de las veces que su expediente se compartió con otros por motivos ajenos a su "
            "atención, al pago y al trabajo diario.",
        ),
        (
            "amendment",
            "amendment",
            "A change or note added to your record because you said something in it is wrong or missing.",
            "enmienda",
            "Un cambio o una nota que se añade a su expediente porque usted dijo que algo está mal o falta.",
        ),
        (
            "authorization",
            "authorization",
            "A form you sign that lets an office share your records with someone else.",
            "autorización",
            "Un formulario que usted firma para que una oficina pueda compartir su expediente con otra persona.",
        ),
        (
            "c-cda",
            "C-CDA",
            "A file format for health summaries. Most hospital and clinic computers in the United States can read it.",
            "C-CDA",
            "Un formato de archivo para resúmenes médicos. La mayoría de los hospitales y clínicas de "
            "Estados Unidos puede leerlo.",
        ),
        (
            "confidential-communication",
            "confidential communication",
            "Asking the office to reach you in another way or at another place, such as a different address or phone.",
            "comunicación confidencial",
            "Pedir a la oficina que se comunique con usted de otra forma o en otro lugar, como otra "
            "dirección o teléfono.",
        ),
        (
            "custodian",
            "custodian",
            "An office, clinic or hospital that keeps health records and must answer when you ask for them.",
            "custodio",
            "Una oficina, clínica u hospital que guarda expedientes médicos y debe responder cuando usted los pide.",
        ),
        (
            "denial",
            "denial",
            "The office says no to all or part of your request. It must tell you why in writing, and what "
            "you can do next.",
            "denegación",
            "La oficina dice que no a toda su solicitud o a una parte. Debe explicarle por escrito el "
            "motivo y qué puede hacer.",
        ),
        (
            "designated-record-set",
            "designated record set",
            "The records used to make choices about you: medical and billing records, and health plan "
            "records. You may see them.",
            "conjunto designado de registros",
            "Los registros que se usan para tomar decisiones sobre usted: médicos, de cobros y del plan de "
            "salud. Usted puede verlos.",
        ),
        (
            "dicom",
            "DICOM",
            "The file format of X-rays, scans and other medical images.",
            "DICOM",
            "El formato de archivo de radiografías, tomografías y otras imágenes médicas.",
        ),
        (
            "direct",
            "Direct message",
            "A kind of secure e-mail that doctors and hospitals use to send health records.",
            "mensaje Direct",
            "Un tipo de correo electrónico seguro que médicos y hospitales usan para enviar expedientes.",
        ),
        (
            "extension",
            "extension",
            "Up to 30 more days to answer your request. The office may take it once, and must tell you why in writing.",
            "prórroga",
            "Hasta 30 días más para responder a su solicitud. La oficina puede usarla una vez y debe "
            "decirle por escrito por qué.",
        ),
        (
            "fhir",
            "FHIR",
            "A standard file format (say “fire”) that lets health apps and computer systems read your records.",
            "FHIR",
            "Un formato de archivo estándar que permite a las aplicaciones y sistemas de salud leer su expediente.",
        ),
        (
            "hipaa",
            "HIPAA",
            "The United States law that protects your health information and gives you the right to get it.",
            "HIPAA",
            "La ley de Estados Unidos que protege su información de salud y le da el derecho a obtenerla.",
        ),
        (
            "ledger",
            "ledger",
            "The list of everyone who looked at, changed or sent your records. It cannot be changed without a trace.",
            "libro de registro",
            "La lista de quienes vieron, cambiaron o enviaron su expediente. No se puede cambiar sin dejar huella.",
        ),
        (
            "part-2",
            "substance use treatment records",
            "Records from a drug or alcohol treatment program. A special law (42 CFR Part 2) guards them more tightly.",
            "registros de tratamiento por consumo de sustancias",
            "Registros de un programa de tratamiento por drogas o alcohol. Una ley especial (42 CFR Parte "
            "2) los protege más.",
        ),
        (
            "passkey",
            "passkey",
            "A way to sign in with your fingerprint, face or PIN on your own phone or computer, with no "
            "password to remember.",
            "llave de acceso",
            "Una forma de entrar con su huella, rostro o PIN en su propio teléfono o computadora, sin "
            "recordar una contraseña.",
        ),
        (
            "psychotherapy-notes",
            "psychotherapy notes",
            "A therapist's private notes about a session, kept apart from your record. The right to a copy "
            "does not cover them.",
            "notas de psicoterapia",
            "Notas privadas de un terapeuta sobre una sesión, guardadas aparte de su expediente. El derecho "
            "a una copia no las incluye.",
        ),
        (
            "recovery-codes",
            "recovery codes",
            "Spare codes that let you sign in if you lose your phone. Each works once. Keep them somewhere safe.",
            "códigos de recuperación",
            "Códigos de reserva para entrar si pierde su teléfono. Cada uno sirve una vez. Guárdelos en un "
            "lugar seguro.",
        ),
        (
            "representative",
            "representative",
            "Someone who may act for you, such as a parent, a guardian, or a person you chose to make "
            "health choices for you.",
            "representante",
            "Alguien que puede actuar por usted, como un padre, una madre, un tutor o una persona que usted "
            "eligió para decidir sobre su salud.",
        ),
        (
            "restriction",
            "restriction",
            "A limit you ask for on how your records are used or shared.",
            "restricción",
            "Un límite que usted pide sobre cómo se usa o comparte su expediente.",
        ),
        (
            "sealed-share",
            "sealed share",
            "A link to your files that only the person with the link can open. Not even this office can "
            "read what is inside.",
            "envío sellado",
            "Un enlace a sus archivos que solo puede abrir quien lo tenga. Ni siquiera esta oficina puede "
            "leer lo que contiene.",
        ),
        (
            "statement-of-disagreement",
            "statement of disagreement",
            "Your own words, kept with your record, when the office will not make a change you asked for.",
            "declaración de desacuerdo",
            "Sus propias palabras, que se guardan con su expediente cuando la oficina no hace el cambio que "
            "usted pidió.",
        ),
        (
            "third-party-directive",
            "sending to someone you choose",
            "You sign a request that tells the office to send a copy of your electronic records to a person you name.",
            "envío a quien usted elija",
            "Usted firma una solicitud para que la oficina envíe una copia de su expediente electrónico a "
            "la persona que indique.",
        ),
        (
            "two-step",
            "two-step sign-in",
            "Signing in with your password and a second proof, such as a code from your phone.",
            "verificación en dos pasos",
            "Entrar con su contraseña y una segunda prueba, como un código de su teléfono.",
        ),
    )
)


def entry(key: str) -> Entry:
    """The glossary entry of a key; an unknown key is an author's mistake and fails loudly."""
    try:
        return ENTRIES[key]
    except KeyError:
        known = ", ".join(ENTRIES)
        raise KeyError(f"no glossary entry {key!r}; expected one of: {known}. Add it to portal/glossary.py") from None


def listed(lang: str) -> list[Entry]:
    """Every entry in the order of the reader's alphabet."""
    return sorted(ENTRIES.values(), key=lambda item: item.name(lang).casefold())
