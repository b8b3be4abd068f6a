// Why a password may not fit although it was nearly typed right.

export type Hint = "fix-ends" | "fix-case" | "fix-joins";

const DASHES = /[\s\u00ad\u2010-\u2015\u2212_]+/gu;
const FIVE_WORDS = /^[a-z]+(?:-[a-z]+){3,7}$/;

/** A hint and the password with that mended, or null when nothing looks odd. */
export function hintFor(password: string): { hint: Hint; mended: string } | null {
  const trimmed = password.trim();
  const joined = trimmed.replaceAll(DASHES, "-");
  const words = joined.toLowerCase();
  if (FIVE_WORDS.test(words) && words !== password) {
    if (joined !== trimmed) return { hint: "fix-joins", mended: words };
    if (words !== trimmed) return { hint: "fix-case", mended: words };
  }
  return trimmed === password ? null : { hint: "fix-ends", mended: trimmed };
}
