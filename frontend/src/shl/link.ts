// A SMART Health Link as text: `shlink:/` and a small JSON payload, behind the address of a viewer or alone.
// HL7 SMART Health Cards and Links 1.0.0, links-specification.
import { type Bytes, unb64u } from "./base64";

export interface HealthLink {
  url: string;
  key: Bytes;
  /** Seconds since 1970, or null when it does not say when it ends. */
  exp: number | null;
  passcode: boolean;
  direct: boolean;
  longTerm: boolean;
  label: string;
}

/** Why a text is no link this page can use: there is none, it is not whole, it is of a newer kind, it is not https. */
export type Fault = "missing" | "broken" | "newer" | "unsafe";

const START = /shlink(?::|%3A)(?:\/|%2F)/gi;
const LONGEST = 16_384;
const LABEL_LONGEST = 80;
const LAST_SECOND = 253_402_300_799;

/** The link in a text, however it was wrapped; or why there is none. */
export function readLink(text: string): HealthLink | Fault {
  const straight = text.slice(0, LONGEST + 1).replaceAll(/\s+/g, "").replaceAll(/%(?:25)*23/g, "#");
  const start = [...straight.matchAll(START)].at(-1);
  if (!start || text.length > LONGEST) return "missing";
  const values = payload(straight.slice(start.index + start[0].length));
  return values ? checked(values) : "broken";
}

function payload(encoded: string): Record<string, unknown> | null {
  try {
    const bytes = unb64u(encoded);
    const value: unknown = bytes && JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return value && typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function checked(values: Record<string, unknown>): HealthLink | Fault {
  const { url, key, exp, flag, label, v } = values;
  if (v !== undefined && v !== 1) return "newer";
  const bytes = typeof key === "string" ? unb64u(key) : null;
  if (typeof url !== "string" || bytes?.length !== 32) return "broken";
  if (!safe(url)) return "unsafe";
  const letters = typeof flag === "string" ? flag : "";
  if (letters.includes("P") && letters.includes("U")) return "broken";
  const ends = typeof exp === "number" && exp >= 0 && exp <= LAST_SECOND ? Math.trunc(exp) : null;
  return {
    url,
    key: bytes,
    exp: ends,
    passcode: letters.includes("P"),
    direct: letters.includes("U"),
    longTerm: letters.includes("L"),
    label: typeof label === "string" ? tidy(label) : "",
  };
}

/** Whether an address may be asked: https, plain letters, without a name or password in it. */
export function safe(address: string): boolean {
  if (!/^[!-~]{1,2048}$/.test(address) || !URL.canParse(address)) return false;
  const { protocol, username, password } = new URL(address);
  return protocol === "https:" && !username && !password;
}

function tidy(text: string): string {
  return text.replaceAll(/\p{C}/gu, " ").trim().slice(0, LABEL_LONGEST);
}
