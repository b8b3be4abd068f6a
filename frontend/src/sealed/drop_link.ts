// The link of a drop: where, which drop, and the SHA-256 of its public key, so that a swapped key is noticed.
import { b64u, type Bytes, isId, unb64u } from "./bytes";
import { fingerprintOf, P256, type Suite, X25519 } from "./hpke";

/** What a drop link says. */
export interface DropLink {
  drop: string;
  fingerprint: Bytes;
}

/** The link of a drop. */
export async function dropLinkOf(origin: string, drop: string, publicKey: Bytes): Promise<string> {
  return `${origin}/s/d/${drop}#1.${b64u(await fingerprintOf(publicKey))}`;
}

/** Reads the address of a page, also one a mail gateway bent (`%23`, `%2523` for `#`); null when it is not whole. */
export function readDropLink(address: string): DropLink | null {
  const straight = address.replace(/%(?:25)*23/, "#");
  const found = /\/s\/d\/([\w-]{22})\/?(?:\?[^#]*)?#1\.([\w-]{43})$/.exec(straight);
  if (!found?.[1] || !found[2] || !isId(found[1])) return null;
  try {
    return { drop: found[1], fingerprint: unb64u(found[2], 32) };
  } catch {
    return null;
  }
}

/** The number of a suite in the API; the format numbers them as RFC 9180 7.1 does. */
export function suiteNumber(suite: Suite): number {
  return suite === P256 ? 1 : 2;
}

/** The suite of a number of the API; throws for another. */
export function suiteOf(number: unknown): Suite {
  if (number === 1 || number === P256) return P256;
  if (number === 2 || number === X25519) return X25519;
  throw new Error("an unknown suite");
}
