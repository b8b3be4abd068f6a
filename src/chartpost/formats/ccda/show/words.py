"""The few words a shown document has of its own, in the languages of the program."""

from chartpost.formats.ccda.show.types import Language

_WORDS: dict[str, tuple[str, str]] = {
    "picture": ("Picture", "Imagen"),
    "file": ("Attached file", "Archivo adjunto"),
    "untitled": ("Untitled part", "Parte sin título"),
    "not sent": ("It was not sent with this document.", "No se envió con este documento."),
    "not base64": ("It is damaged and cannot be shown.", "Está dañada y no se puede mostrar."),
    "too large": ("It is too large to be shown here.", "Es demasiado grande para mostrarla aquí."),
    "packed": ("It is packed in a way that we do not open.", "Está comprimida de una forma que no abrimos."),
    "no picture": ("The file is not a picture we can show.", "El archivo no es una imagen que podamos mostrar."),
    "patient": ("Patient", "Paciente"),
    "born": ("Date of birth", "Fecha de nacimiento"),
    "made": ("Made on", "Fecha del documento"),
    "covers": ("Covers", "Abarca"),
    "from": ("From", "De"),
    "authors": ("Written by", "Escrito por"),
    "sent_to": ("Sent to", "Enviado a"),
    "unnamed": (
        "The coded data of this part also names these. The text above does not:",
        "Los datos codificados de esta parte también nombran lo siguiente. El texto de arriba no lo nombra:",
    ),
    "empty": ("This part has no text.", "Esta parte no tiene texto."),
    "body": ("This document is a file:", "Este documento es un archivo:"),
    "to": ("to", "a"),
}


def say(word: str, lang: Language = "en") -> str:
    """One of our words in a language."""
    return _WORDS[word][lang == "es"]
