// The keys of a drop: made here, the private one kept at the server under a passphrase and under a printed code.
import { b64u, type Bytes, newId, random, unb64u } from "./bytes";
import { suiteNumber, suiteOf } from "./drop_link";
import { type DropKeys, newDropKeys, P256, unwrapPrivateKey, wrapPrivateKey } from "./hpke";
import { derive, PBKDF2_DEFAULT } from "./kdf";
import { fiveWords } from "./send_password";
import { readSheet, sheetLines } from "./sheet";

/** Parameters under which the private key is bound to the printed code (docs/sealed-format.md). */
const PRINTED = "0";

/** A drop as it was just made: what the server keeps, and what only its owner does. */
export interface MadeDrop {
  drop: string;
  publicKey: Bytes;
  words: string;
  code: string[];
  asked: Record<string, unknown>;
}

/** Makes a drop. The server keeps both wrapped copies of the private key, one after the other, of the same length. */
export async function makeDrop(expires: Date): Promise<MadeDrop> {
  const [keys, drop, salt, words, printed] = [await newDropKeys(P256), newId(), random(16), fiveWords(), random(32)];
  const root = await derive(words, salt, PBKDF2_DEFAULT);
  const one = await wrapPrivateKey(keys.privateKey, root, salt, PBKDF2_DEFAULT, drop);
  const other = await wrapPrivateKey(keys.privateKey, printed, salt, PRINTED, drop);
  const asked = {
    drop,
    suite: suiteNumber(keys.suite),
    public_key: b64u(keys.publicKey),
    params: PBKDF2_DEFAULT,
    salt: b64u(salt),
    wrapped: b64u(new Uint8Array([...one, ...other])),
    expires_at: expires.toISOString(),
  };
  return { drop, publicKey: keys.publicKey, words, code: await sheetLines(printed), asked };
}

/** A drop as the server keeps it; binary values are base64url. */
export interface KeptDrop {
  drop: string;
  suite: number;
  publicKey: string;
  params: string;
  salt: string;
  wrapped: string;
}

/** The key pair again, from the passphrase or the printed code; throws for a wrong one, SheetError for a slip in it. */
export async function openDrop(kept: KeptDrop, typed: string): Promise<DropKeys> {
  const wrapped = unb64u(kept.wrapped);
  const half = wrapped.length / 2;
  const salt = unb64u(kept.salt, 16);
  const code = typed.trim().split("\n").length > 1;
  const root = code ? await readSheet(typed) : await derive(plain(typed), salt, kept.params);
  const [from, params] = code ? [half, PRINTED] : [0, kept.params];
  const privateKey = await unwrapPrivateKey(wrapped.slice(from, from + half), root, salt, params, kept.drop);
  return { suite: suiteOf(kept.suite), publicKey: unb64u(kept.publicKey), privateKey };
}

/** The words as they were made, however they were typed. */
function plain(typed: string): string {
  return typed.trim().toLowerCase().split(/[\s\-\u2010-\u2015]+/u).join("-");
}
