// Passwords: five words drawn at random, and how strong one of a person's own is against somebody who guesses offline.
// chartpost.formats.sealedbox.strength is the same rule; docs/sealed-format-vectors.json holds both to it.
import COMMON from "../../../src/chartpost/formats/sealedbox/common.txt";
import { DRAWN, WORDS } from "./wordlist";

const COUNT = 5;
export const SHORTEST = 12;
/** Bits below which a password of one's own is refused: between a clever human one (40) and four random words (52). */
const ENOUGH = 48;

const [LONGEST_SEEN, LONGEST_PIECE] = [128, 24];
const [COMMON_BITS, NEAR_BITS, REPEAT_BITS, JOIN_BITS] = [8, 2, 4, 1];
const WORD_BITS = Math.log2(7776);
const JOINS = " -_.";
const ROWS = [
  ...["qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertzuiop", "azertyuiop"],
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
];
const TURNED = new Map(Array.from("0134578@$!", (mark, at) => [mark, "oleastbasi".charAt(at)]));
const KINDS: [RegExp, number][] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[^a-zA-Z0-9\u0080-\u{10ffff}]/u, 33],
  [/[\u0080-\u{10ffff}]/u, 64],
];
const common = new Set(COMMON.split(/\s+/).filter(Boolean));
const known = new Set(WORDS);

/** Five words joined by "-": 64 bits. */
export function fiveWords(): string {
  return Array.from({ length: COUNT }, () => DRAWN[below(DRAWN.length)] ?? "").join("-");
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
  const letters = Array.from(password.normalize("NFC")).slice(0, LONGEST_SEEN);
  const plain = letters.map((letter) => plainOf(letter));
  const close = new Set(near.flatMap((text) => wordsOf(text)).filter((word) => Array.from(word).length > 2));
  const whole = letters.join("");
  const each = Math.log2(KINDS.reduce((sum, [kind, size]) => sum + (kind.test(whole) ? size : 0), 0) || 10);
  const best: number[] = [0];
  const seen = new Set<string>();
  for (let end = 1; end <= letters.length; end += 1) {
    let least = (best[end - 1] ?? 0) + (JOINS.includes(letters[end - 1] ?? "") ? JOIN_BITS : each);
    for (let start = Math.max(0, end - LONGEST_PIECE); start < end - 1; start += 1) {
      const piece = letters.slice(start, end);
      const cost = costOf(piece, plain.slice(start, end).join(""), close, seen.has(piece.join("")));
      if (cost !== null) least = Math.min(least, (best[start] ?? 0) + cost);
    }
    best.push(least);
    for (let start = Math.max(0, end - SHORTEST); start < end - 2; start += 1) seen.add(letters.slice(start, end).join(""));
  }
  return best[letters.length] ?? 0;
}

/** Bits of a piece that is a pattern, the cheapest one; null for one that is none. */
function costOf(letters: string[], plain: string, close: ReadonlySet<string>, repeated: boolean): number | null {
  const piece = letters.join("");
  const size = letters.length;
  const turned = piece === plain ? 0 : 1;
  const found: [boolean, number][] = [
    [close.has(plain), NEAR_BITS + turned],
    [repeated, REPEAT_BITS],
    [common.has(plain), COMMON_BITS + turned],
    [plain.length > 2 && known.has(plain), WORD_BITS + turned],
    [new Set(letters).size === 1, 4 + Math.log2(size)],
    [/^(?:19|20)\d\d$/.test(piece), 7],
    [/^\d{1,2}[-./]?\d{1,2}[-./]?(?:19|20)?\d\d$/.test(piece), 15],
    [size > 2 && inRow(piece.toLowerCase()), 5 + Math.log2(size)],
  ];
  const costs = found.filter(([holds]) => holds).map(([, cost]) => cost);
  return costs.length ? Math.min(...costs) : null;
}

function inRow(piece: string): boolean {
  const turned = Array.from(piece).reverse().join("");
  return ROWS.some((row) => row.includes(piece) || row.includes(turned));
}

/** A letter as a guesser sees it: small, without accents, `0` for what it stands for. */
function plainOf(letter: string): string {
  const low = letter.toLowerCase().normalize("NFD").replaceAll(/\p{M}/gu, "");
  return TURNED.get(low) ?? low;
}

function wordsOf(text: string): string[] {
  const words = text.normalize("NFC").split(/\P{L}/u);
  return words.map((word) => Array.from(word, plainOf).join(""));
}
