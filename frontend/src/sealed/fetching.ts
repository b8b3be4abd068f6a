// Brings the ciphertext of an object, part after part, over a connection that may break: each part goes on from the
// byte it stopped at, several are under way at once, and they come out in order.
import { release } from "./bytes";
import { Stopped } from "./messages";
import type { Bytes } from "./platform";

/** Bytes of a part: 512 sealed chunks of 16,400, as the server stores them. */
export const PART = 8_396_800;
const AHEAD = 3;
const STALLED_MS = 30_000;
const GIVE_UP_MS = 10 * 60_000;
const LONGEST_WAIT_MS = 15_000;

/** Lets somebody pause, go on and cancel; tells whether we wait for a connection. */
export class Control {
  private readonly ending = new AbortController();
  private gate: Promise<void> = Promise.resolve();
  private open: () => void = () => undefined;
  waiting = false;

  get signal(): AbortSignal {
    return this.ending.signal;
  }

  pause(): void {
    this.resume();
    this.gate = new Promise((resolve) => (this.open = resolve));
  }

  resume(): void {
    this.open();
  }

  cancel(): void {
    this.ending.abort(new Stopped("cancelled"));
    this.open();
  }

  /** Waits while paused; throws once cancelled. */
  async pass(): Promise<void> {
    await this.gate;
    if (this.signal.aborted) throw new Stopped("cancelled");
  }
}

export interface Source {
  address: string;
  token: string;
  size: number;
}

/** The parts of an object in order; throws Stopped. */
export async function* partsOf(source: Source, control: Control): AsyncGenerator<Bytes> {
  const under: Promise<Bytes>[] = [];
  const count = Math.ceil(source.size / PART);
  try {
    for (let next = 0, n = 0; n < count; n += 1) {
      for (; next < Math.min(count, n + AHEAD); next += 1) {
        const part = fetchPart(source, next * PART, control);
        part.catch(() => undefined);
        under.push(part);
      }
      await control.pass();
      const first = under.shift();
      if (first) yield await first;
    }
  } finally {
    if (under.length) control.cancel();
  }
}

async function fetchPart(source: Source, from: number, control: Control): Promise<Bytes> {
  const into = new Uint8Array(Math.min(PART, source.size - from));
  let have = 0;
  let moved = performance.now();
  for (let failed = 0; have < into.length; ) {
    const stood = performance.now();
    await control.pass();
    moved += performance.now() - stood;
    const before = have;
    try {
      have = await readInto(into, have, source, from, control, (now) => (have = now));
    } catch (error) {
      if (control.signal.aborted) throw new Stopped("cancelled");
      if (error instanceof Stopped) throw error;
    }
    if (have > before) [failed, moved, control.waiting] = [0, performance.now(), false];
    if (have === into.length) break;
    if (performance.now() - moved > GIVE_UP_MS) throw new Stopped("lost");
    failed += 1;
    control.waiting = failed > 1;
    await rest(Math.min(LONGEST_WAIT_MS, 250 * 2 ** failed), control);
  }
  return into;
}

/** Fills `into` from its byte `have` on; returns how far it came. */
async function readInto(
  into: Bytes,
  have: number,
  source: Source,
  from: number,
  control: Control,
  note: (have: number) => void,
): Promise<number> {
  const ending = new AbortController();
  const end = (): void => {
    ending.abort();
  };
  let timer = setTimeout(end, STALLED_MS);
  control.signal.addEventListener("abort", end);
  try {
    const answer = await fetch(source.address, {
      headers: {
        Authorization: `Bearer ${source.token}`,
        Range: `bytes=${String(from + have)}-${String(from + into.length - 1)}`,
      },
      signal: ending.signal,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    await check(answer, from + have);
    const reader = answer.body?.getReader();
    for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
      clearTimeout(timer);
      timer = setTimeout(end, STALLED_MS);
      const fits = read.value.subarray(0, into.length - have);
      into.set(fits, have);
      have += fits.length;
      note(have);
      release(read.value);
    }
    return have;
  } catch (error) {
    end();
    throw error;
  } finally {
    clearTimeout(timer);
    control.signal.removeEventListener("abort", end);
  }
}

async function check(answer: Response, from: number): Promise<void> {
  if (answer.status === 206 || (answer.status === 200 && from === 0)) return;
  if (answer.status === 401 || answer.status === 403) throw new Stopped("ended");
  if (answer.status === 410) throw new Stopped((await codeOf(answer)) === "revoked" ? "revoked" : "expired");
  if (answer.status === 429 || answer.status >= 500) throw new Error("Try again.");
  throw new Stopped(answer.status === 404 || answer.status === 416 ? "damaged" : "failed");
}

/** The code of an error of the API, "" when it has none. */
export async function codeOf(answer: Response): Promise<string> {
  const body: unknown = await answer.json().catch(() => null);
  const code = (body as { error?: unknown } | null)?.error;
  return typeof code === "string" ? code : "";
}

/** Waits, but not longer than until the device is online again or somebody cancels. */
async function rest(ms: number, control: Control): Promise<void> {
  await new Promise<void>((resolve) => {
    const go = (): void => {
      clearTimeout(timer);
      removeEventListener("online", go);
      control.signal.removeEventListener("abort", go);
      resolve();
    };
    const timer = setTimeout(go, ms);
    addEventListener("online", go);
    control.signal.addEventListener("abort", go);
  });
}
