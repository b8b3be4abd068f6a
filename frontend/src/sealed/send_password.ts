// Passwords: five words drawn at random, and how strong one of a person's own is against somebody who guesses offline.
import { WORDS } from "./wordlist";

const COUNT = 5;
export const SHORTEST = 12;
/** Bits below which a password of one's own is refused: between a clever human one (40) and four random words (52). */
const ENOUGH = 48;

// What people choose first, and what stands beside each other on keyboards. A guesser tries these before anything else.
const COMMON = new Set(
  (
    "password passwort passwords contrasena welcome bienvenido letmein login admin administrator master secret secreto " +
    "hello hola dragon monkey sunshine princess football baseball soccer iloveyou teamo shadow superman batman trustno " +
    "qwerty azerty qwertz asdf zxcv user guest test temp change changeme default hospital clinic doctor patient nurse " +
    "medical medico records record health salud chartpost office january february march april may june july august " +
    "september october november december enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre " +
    "diciembre monday tuesday wednesday thursday friday saturday sunday lunes martes miercoles jueves viernes sabado " +
    "domingo spring summer autumn fall winter primavera verano otono invierno michael jennifer jessica ashley matthew " +
    "joshua daniel david james robert john mary maria jose juan carlos luis ana rosa anna thomas george charlie jordan " +
    "hunter michelle andrew nicole love amor baby angel money family familia mother father daughter america mexico " +
    "california london the and for with this that you your my is are in on of to"
  ).split(" "),
);
const ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertzuiop", "azertyuiop"];
const TURNED: Record<string, string> = { "0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", $: "s", "!": "i" };
const COMMON_BITS = 8;
const WORD_BITS = Math.log2(7776);
const known = new Set(WORDS);

/** Five words joined by "-": 64 bits. */
export function fiveWords(): string {
  return Array.from({ length: COUNT }, () => WORDS[below(WORDS.length)] ?? "").join("-");
}

/** A whole number from 0 up to (without) `most`, each as likely. */
function below(most: number): number {
  const limit = Math.floor(2 ** 32 / most) * most;
  const drawn = new Uint32Array(1);
  do crypto.getRandomValues(drawn);
  while ((drawn[0] ?? limit) >= limit);
  return (drawn[0] ?? 0) % most;
}

/** What is wrong with a password of one's own, or "". `near` are words the guesser knows: title, names. */
export function weakness(password: string, near: readonly string[] = []): "" | "weak-short" | "weak" {
  const text = password.normalize("NFC");
  if (Array.from(text).length < SHORTEST) return "weak-short";
  return bits(text, near) < ENOUGH ? "weak" : "";
}

/** About how many bits it takes to guess: the cheapest way to put the password together out of words and patterns. */
export function bits(password: string, near: readonly string[] = []): number {
  const letters = Array.from(password);
  const plain = letters.map((letter) => plainOf(letter));
  const close = new Set(near.flatMap((words) => words.toLowerCase().split(/\P{L}+/u)).filter((word) => word.length > 2));
  const each = Math.log2(pool(password));
  const best: number[] = [0];
  const seen = new Set<string>();
  for (let end = 1; end <= letters.length; end += 1) {
    let least = (best[end - 1] ?? 0) + each;
    for (let start = Math.max(0, end - 24); start < end - 1; start += 1) {
      const piece = letters.slice(start, end).join("");
      const cost = costOf(piece, plain.slice(start, end).join(""), close);
      if (cost !== null) least = Math.min(least, (best[start] ?? 0) + (seen.has(piece) ? 1 : cost));
    }
    best.push(least);
    for (let start = Math.max(0, end - 12); start < end - 2; start += 1) seen.add(letters.slice(start, end).join(""));
  }
  return best[letters.length] ?? 0;
}

function costOf(piece: string, plain: string, close: ReadonlySet<string>): number | null {
  const turned = piece.toLowerCase() === piece && plain === piece ? 0 : 1;
  if (close.has(plain)) return 2 + turned;
  if (COMMON.has(plain)) return COMMON_BITS + turned;
  if (plain.length > 2 && known.has(plain)) return WORD_BITS + turned;
  if (/^(.)\1+$/u.test(piece)) return 4 + Math.log2(piece.length);
  if (/^(?:19|20)\d\d$/.test(piece)) return 7;
  if (/^\d{1,2}[-./]?\d{1,2}[-./]?(?:19|20)?\d\d$/.test(piece)) return 15;
  return piece.length > 2 && inRow(piece.toLowerCase()) ? 5 + Math.log2(piece.length) : null;
}

function inRow(piece: string): boolean {
  const turned = Array.from(piece).reverse().join("");
  return ROWS.some((row) => row.includes(piece) || row.includes(turned));
}

function plainOf(letter: string): string {
  const low = letter.toLowerCase().normalize("NFD").replaceAll(/\p{M}/gu, "");
  return TURNED[low] ?? low;
}

/** How many letters of the kinds that occur a guesser has to try. */
function pool(password: string): number {
  const kinds: [RegExp, number][] = [
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/[0-9]/, 10],
    [/[^a-zA-Z0-9\u0080-\u{10ffff}]/u, 33],
    [/[\u0080-\u{10ffff}]/u, 64],
  ];
  return kinds.reduce((sum, [kind, size]) => sum + (kind.test(password) ? size : 0), 0) || 10;
}
