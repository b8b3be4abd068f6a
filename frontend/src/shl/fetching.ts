// Asking the server of a link for its files. Nothing of the reader goes along but the name they give themselves.
import { type HealthLink, safe } from "./link";
import { MOST } from "./jwe";
import { Trouble } from "./trouble";

const EMBEDDED = 10_000_000;
const TIMEOUT_MS = 60_000;
const TRIES = 10;
const LONGEST_WAIT = 10;
const MOST_FILES = 100;
const MOST_CHARACTERS = MOST * 1.4;

/** The encrypted files behind a link; throws Trouble. */
export async function fetchFiles(link: HealthLink, recipient: string, passcode: string): Promise<string[]> {
  if (link.direct) {
    const address = new URL(link.url);
    address.searchParams.set("recipient", recipient);
    return [await text(await patiently(address.href, {}))];
  }
  const body: Record<string, string | number> = { recipient, embeddedLengthMax: EMBEDDED };
  if (link.passcode) body["passcode"] = passcode;
  const headers = { "content-type": "application/json" };
  const answer = await patiently(link.url, { method: "POST", headers, body: JSON.stringify(body) });
  return await Promise.all(entries(await text(answer)).map((entry) => file(entry, link.url)));
}

interface Entry {
  embedded?: unknown;
  location?: unknown;
}

function entries(manifest: string): Entry[] {
  try {
    const { files } = JSON.parse(manifest) as { files?: unknown };
    if (Array.isArray(files) && files.length <= MOST_FILES) return files.filter((one): one is Entry => one !== null && typeof one === "object");
  } catch {
    // Told below: whatever came is no manifest.
  }
  throw new Trouble("foreign");
}

async function file(entry: Entry, base: string): Promise<string> {
  if (typeof entry.embedded === "string") return entry.embedded;
  if (typeof entry.location !== "string" || !URL.canParse(entry.location, base)) throw new Trouble("foreign");
  const address = new URL(entry.location, base).href;
  if (!safe(address)) throw new Trouble("foreign");
  return await text(await patiently(address, {}));
}

/** One request, asked again while the server says that it is still busy with the files. */
async function patiently(address: string, more: RequestInit): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    const answer = await once(address, more);
    if (answer.status !== 503 || tries === TRIES) return await good(answer);
    await new Promise((resolve) => setTimeout(resolve, 1000 * Math.min(wait(answer, 3), LONGEST_WAIT)));
  }
}

async function once(address: string, more: RequestInit): Promise<Response> {
  const init: RequestInit = { ...more, credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" };
  try {
    return await fetch(address, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new Trouble("unreachable");
  }
}

async function good(answer: Response): Promise<Response> {
  if (answer.ok) return answer;
  if (answer.status === 401) throw new Trouble("passcode", await triesLeft(answer));
  if (answer.status === 404 || answer.status === 410) throw new Trouble("gone");
  if (answer.status === 429) throw new Trouble("busy", wait(answer, 60));
  throw new Trouble(answer.status === 503 ? "waiting" : "failed");
}

async function triesLeft(answer: Response): Promise<number | null> {
  const told: unknown = await answer.json().catch(() => null);
  const left = told && typeof told === "object" ? (told as { remainingAttempts?: unknown }).remainingAttempts : null;
  return typeof left === "number" && Number.isInteger(left) && left >= 0 ? left : null;
}

function wait(answer: Response, otherwise: number): number {
  const told = Number.parseInt(answer.headers.get("retry-after") ?? "", 10);
  return Number.isFinite(told) && told >= 0 ? told : otherwise;
}

async function text(answer: Response): Promise<string> {
  if (Number(answer.headers.get("content-length") ?? 0) > MOST_CHARACTERS) throw new Trouble("big");
  try {
    return await answer.text();
  } catch {
    throw new Trouble("unreachable");
  }
}
