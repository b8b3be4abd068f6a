// The words of OPEN-ME.html, which has no server to bring them: each in English and in Spanish.

type Pair = readonly [english: string, spanish: string];
export type Language = "en" | "es";

/** Words that stand on the page, by the name of their place. */
export const STANDING: Record<string, Pair> = {
  brand: ["Locked files", "Archivos cerrados con clave"],
  skip: ["Skip to main content", "Ir al contenido principal"],
  other: ["Español", "English"],
  heading: ["Open your files", "Abra sus archivos"],
  lead: ["The files are locked. Two steps open them.", "Los archivos están cerrados con clave. Se abren en dos pasos."],
  "step-file": ["Step 1: choose the file records.cps", "Paso 1: elija el archivo records.cps"],
  "step-file-hint": [
    "It lies next to this page, on the same stick or disc. You can also drag it here.",
    "Está junto a esta página, en la misma memoria o disco. También puede arrastrarlo hasta aquí.",
  ],
  "step-password": ["Type the password", "Escriba la contraseña"],
  "password-hint": [
    "It is on a sheet of its own: five words with dashes between them.",
    "Está en una hoja aparte: cinco palabras con guiones entre ellas.",
  ],
  show: ["Show the password", "Mostrar la contraseña"],
  caps: ["Caps Lock is on.", "Las mayúsculas están activadas."],
  "fix-now": ["Fix this for me", "Corregir por mí"],
  open: ["Open the files", "Abrir los archivos"],
  local: [
    "Nothing leaves this device. This page works without the internet and sends nothing.",
    "Nada sale de este equipo. Esta página funciona sin internet y no envía nada.",
  ],
  "sent-by": ["Sent by", "Enviado por"],
  "sent-on": ["Made on", "Hecho el"],
  until: ["You can open them until", "Puede abrirlos hasta"],
  who: ["Who can read them", "Quién puede leerlos"],
  pause: ["Pause", "Pausar"],
  resume: ["Go on", "Seguir"],
  cancel: ["Cancel", "Cancelar"],
  folder: ["Save to a folder", "Guardar en una carpeta"],
  more: ["Show more files", "Mostrar más archivos"],
  care: [
    "Saved files are no longer locked. Keep them in a safe place.",
    "Los archivos guardados ya no están cerrados con clave. Guárdelos en un lugar seguro.",
  ],
  close: ["Close", "Cerrar"],
  look: ["Look at it", "Ver"],
  save: ["Save", "Guardar"],
  "old-heading": ["This browser cannot open the files", "Este navegador no puede abrir los archivos"],
  "old-next": [
    "Open this page in a newer Chrome, Edge, Firefox or Safari on a computer.",
    "Abra esta página en una versión más nueva de Chrome, Edge, Firefox o Safari en una computadora.",
  ],
};

/** Words said when something happens. */
export const SAID: Record<string, Pair> = {
  working: ["Checking the password. This takes a moment.", "Revisando la contraseña. Tarda un momento."],
  chosen: ["{name} is chosen ({size}).", "Se eligió {name} ({size})."],
  "no-file": ["Choose the file records.cps first.", "Primero elija el archivo records.cps."],
  empty: ["Type the password first.", "Primero escriba la contraseña."],
  wrong: [
    "This password does not fit. Look at the sheet and type it once more.",
    "Esta contraseña no es correcta. Mire la hoja y escríbala otra vez.",
  ],
  "no-box": [
    "This file is not records.cps. Choose the file of that name on the same stick or disc.",
    "Este archivo no es records.cps. Elija el archivo de ese nombre en la misma memoria o disco.",
  ],
  cut: [
    "The file is not whole: its end is missing. Copy it from the stick or disc again. If that does not help, ask for a new one.",
    "El archivo no está completo: le falta el final. Cópielo otra vez de la memoria o del disco. Si no sirve, pida uno nuevo.",
  ],
  changed: [
    "The file was changed or is damaged. Nothing was opened. Ask for a new one, and tell the office that sent it.",
    "El archivo fue cambiado o está dañado. No se abrió nada. Pida uno nuevo y avise a la oficina que lo envió.",
  ],
  failed: ["Something went wrong. Try again.", "Algo salió mal. Inténtelo otra vez."],
  "fix-ends": ["What you typed has a space at its start or end.", "Lo que escribió tiene un espacio al inicio o al final."],
  "fix-case": [
    "What you typed has capital letters. The password has none.",
    "Lo que escribió tiene mayúsculas. La contraseña no tiene ninguna.",
  ],
  "fix-joins": [
    "What you typed has spaces or long dashes. The password has short dashes between its words.",
    "Lo que escribió tiene espacios o guiones largos. La contraseña tiene guiones cortos entre las palabras.",
  ],
  "failed-title": ["Something went wrong", "Algo salió mal"],
  "failed-text": ["Nothing was saved. Try again.", "No se guardó nada. Inténtelo otra vez."],
  "no-title": ["Files for you", "Archivos para usted"],
  "who-office": ["The office that made this, and you.", "La oficina que lo hizo y usted."],
  "one-file": ["1 file", "1 archivo"],
  "some-files": ["{n} files", "{n} archivos"],
  "no-files": ["There are no files, only this message.", "No hay archivos, solo este mensaje."],
  "save-one": ["Save the file ({size})", "Guardar el archivo ({size})"],
  "save-all": ["Save all {n} files ({size})", "Guardar los {n} archivos ({size})"],
  "saving-one": ["Saving and checking {name}", "Guardando y revisando {name}"],
  "saving-all": ["Saving and checking {n} files", "Guardando y revisando {n} archivos"],
  reading: ["Unlocking {name}", "Abriendo {name}"],
  figures: ["{done} of {total}, {speed} a second", "{done} de {total}, {speed} por segundo"],
  paused: ["Paused at {done} of {total}", "En pausa: {done} de {total}"],
  "saved-title": ["Saved", "Guardado"],
  "saved-text": [
    "Every byte was checked: the files are just as they were locked.",
    "Se revisó cada byte: los archivos están tal como se cerraron.",
  ],
  "fetch-ready": [
    "The file is ready. If the save did not start by itself, press here:",
    "El archivo está listo. Si no empezó a guardarse solo, pulse aquí:",
  ],
  "damaged-title": ["This file was changed or is damaged", "Este archivo fue cambiado o está dañado"],
  "damaged-text": [
    "It is not what was locked. Nothing of it was kept. Ask for a new stick or disc.",
    "No es lo que se cerró. No se guardó nada de él. Pida una memoria o un disco nuevo.",
  ],
  "damaged-some": ["The other files in the folder are fine: {n}.", "Los otros archivos de la carpeta están bien: {n}."],
  "cancelled-title": ["You stopped it", "Usted lo detuvo"],
  "cancelled-text": ["Nothing was saved.", "No se guardó nada."],
  "lost-title": ["The stick or disc cannot be read", "No se puede leer la memoria o el disco"],
  "lost-text": [
    "Is it still in place? Put it back, load this page again and type the password once more.",
    "¿Sigue en su lugar? Vuelva a ponerlo, cargue esta página otra vez y escriba la contraseña de nuevo.",
  ],
  "full-title": ["There is not enough room", "No hay espacio suficiente"],
  "full-text": ["This device has no room for the files. Make room first.", "Este equipo no tiene espacio para los archivos. Haga espacio primero."],
  "big-title": ["Too big for this browser", "Demasiado grande para este navegador"],
  "big-text": [
    "This browser can save up to {size} at once. Save the files one by one, or open this page in Chrome or Edge on a computer.",
    "Este navegador puede guardar hasta {size} a la vez. Guarde los archivos uno por uno, o abra esta página en Chrome o Edge en una computadora.",
  ],
  "unsaved-title": ["The files could not be saved", "No se pudieron guardar los archivos"],
  "unsaved-text": [
    "The browser did not let this page write the file. Try again.",
    "El navegador no dejó que esta página escribiera el archivo. Inténtelo otra vez.",
  ],
  "no-look-title": ["This file cannot be shown here", "Este archivo no se puede mostrar aquí"],
  "no-look-text": [
    "Save it and open it with a program on your device.",
    "Guárdelo y ábralo con un programa de su equipo.",
  ],
  "look-cut": ["Only the first part is shown. Save the file to see all of it.", "Solo se muestra la primera parte. Guarde el archivo para verlo todo."],
  "look-tab": ["The document opens in a new tab.", "El documento se abre en otra pestaña."],
  "look-tab-link": ["Open the document", "Abrir el documento"],
  "look-record": [
    "This is the text of a medical record file. Pictures and links in it are left out.",
    "Este es el texto de un archivo médico. No se muestran sus imágenes ni enlaces.",
  ],
  "folder-name": ["Files for me", "Mis archivos"],
};

/** The words of a language, by name. */
export function wordsIn(from: Record<string, Pair>, language: Language): [name: string, words: string][] {
  return Object.entries(from).map(([name, [english, spanish]]) => [name, language === "es" ? spanish : english]);
}
