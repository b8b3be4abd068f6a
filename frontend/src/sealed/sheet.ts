// The recovery sheet: 32 bytes as eight printed lines, each with a check of its own, so that a slip is found at once.
// Letters are Crockford's base 32; I and L are read as 1, O as 0, small letters as capitals.
import { type Bytes, cat, sha256, utf8 } from "./bytes";

const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LINES = 8;

/** A line that does not fit its check letters; `line` counts from 1, 0 when there are not eight. */
export class SheetError extends Error {
  constructor(readonly line: number) {
    super("a mistyped sheet");
  }
}

/** Eight lines like `1 ABCD-EFGH` of a 32-byte secret. */
export async function sheetLines(secret: Bytes): Promise<string[]> {
  if (secret.length !== 4 * LINES) throw new SheetError(0);
  return await Promise.all(
    Array.from({ length: LINES }, async (_, at) => {
      const data = secret.slice(4 * at, 4 * at + 4);
      const bytes = cat(data, await check(at, data));
      let value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
      let letters = "";
      for (let n = 0; n < 8; n += 1, value /= 32n) letters = (LETTERS[Number(value % 32n)] ?? "") + letters;
      return `${String(at + 1)} ${letters.slice(0, 4)}-${letters.slice(4)}`;
    }),
  );
}

/** The secret of eight typed lines, with or without their numbers; throws SheetError. */
export async function readSheet(text: string): Promise<Bytes> {
  const lines = text.toUpperCase().split(/\r?\n/).filter((line) => line.trim());
  if (lines.length !== LINES) throw new SheetError(0);
  return cat(...(await Promise.all(lines.map(readLine))));
}

async function readLine(line: string, at: number): Promise<Bytes> {
  const plain = line.replace(new RegExp(`^\\s*${String(at + 1)}[\\s.:)]+`), "").replaceAll(/[\s-]/g, "");
  const letters = plain.replaceAll(/[IL]/g, "1").replaceAll("O", "0");
  if (letters.length !== 8 || !/^[0-9A-HJKMNP-TV-Z]+$/.test(letters)) throw new SheetError(at + 1);
  let value = Array.from(letters).reduce((sum, letter) => sum * 32n + BigInt(LETTERS.indexOf(letter)), 0n);
  const bytes = new Uint8Array(5);
  for (let n = 4; n >= 0; n -= 1, value /= 256n) bytes[n] = Number(value % 256n);
  const data = bytes.slice(0, 4);
  if ((await check(at, data))[0] !== bytes[4]) throw new SheetError(at + 1);
  return data;
}

async function check(at: number, data: Bytes): Promise<Bytes> {
  return (await sha256(cat(utf8("chartpost/sheet/v1/"), Uint8Array.of(at), data))).slice(0, 1);
}
