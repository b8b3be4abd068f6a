// From a password to 32 bytes: PBKDF2-HMAC-SHA-256 (RFC 8018) or Argon2id (RFC 9106), within floor and ceiling.
import { type Bytes, utf8 } from "./bytes";

export const PBKDF2_DEFAULT = "1.1000000";
export const ARGON2_DEFAULT = "2.65536.3.1";
export const SALT = 16;

const SHAPE = /^(?:1\.([1-9][0-9]{0,9})|2\.([1-9][0-9]{0,9})\.([1-9][0-9]{0,9})\.([1-9][0-9]{0,9}))$/;
const LIMITS = { iterations: [600_000, 10_000_000], memory: [19_456, 1_048_576], passes: [2, 16], lanes: [1, 8] } as const;

/** Parameters this program does not accept: unknown, weaker than the floor, dearer than the ceiling. */
export class ParamsError extends Error {}

export type Params =
  | { suite: 1; iterations: number }
  | { suite: 2; memory: number; passes: number; lanes: number };

/** Reads `1.<iterations>` or `2.<KiB>.<passes>.<lanes>`; throws ParamsError. */
export function parseParams(text: string): Params {
  const found = SHAPE.exec(text);
  if (found?.[1]) return { suite: 1, iterations: within(found[1], LIMITS.iterations) };
  if (!found?.[2] || !found[3] || !found[4]) throw new ParamsError("unknown parameters");
  return {
    suite: 2,
    memory: within(found[2], LIMITS.memory),
    passes: within(found[3], LIMITS.passes),
    lanes: within(found[4], LIMITS.lanes),
  };
}

/** The key of a password in Unicode's NFC form; `salt` has 16 bytes. Throws ParamsError. */
export async function derive(password: string, salt: Bytes, params: string): Promise<Bytes> {
  const how = parseParams(params);
  if (salt.length !== SALT) throw new ParamsError("a salt of another length");
  const secret = utf8(password.normalize("NFC"));
  if (how.suite === 1) {
    const held = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveBits"]);
    const spec = { name: "PBKDF2", hash: "SHA-256", salt, iterations: how.iterations };
    return new Uint8Array(await crypto.subtle.deriveBits(spec, held, 256));
  }
  const { argon2id } = await import("./argon2");
  return await argon2id(secret, salt, how.memory, how.passes, how.lanes);
}

function within(text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (value < least || value > most) throw new ParamsError("parameters below the floor or above the ceiling");
  return value;
}
