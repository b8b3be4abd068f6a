// The sender's side of the API under /s/api/: asks that are repeated until they arrive, and stop when told to.

const WAITS = [500, 1000, 2000, 4000, 8000, 15_000];
const STALLED = 45_000;
const AGAIN = new Set([0, 408, 425, 429, 500, 502, 503, 504]);

/** An answer that trying again does not change. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly body: Record<string, unknown> = {},
  ) {
    super(`${String(status)} ${code}`);
  }
}

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** What the server holds of an object. */
export interface Held {
  object: string;
  index: number;
  size: number;
  parts: [number, string, number][];
  complete: boolean;
}

interface Ask {
  method: string;
  path: string;
  body?: BodyInit;
  headers?: Record<string, string>;
  sent?: (bytes: number) => void;
}

function told(request: XMLHttpRequest): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(request.responseText);
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** One try. Status 0: no answer came. XMLHttpRequest, because fetch does not tell how much of a body has gone out. */
function once(ask: Ask, signal: AbortSignal): Promise<Answer> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    let watch = 0;
    const alive = (): void => {
      clearTimeout(watch);
      watch = setTimeout(end, STALLED);
    };
    const end = (): void => {
      request.abort();
    };
    const over = (): void => {
      clearTimeout(watch);
      signal.removeEventListener("abort", end);
      if (signal.aborted) failed(signal.reason as Error);
      else done({ status: request.status, body: told(request) });
    };
    request.open(ask.method, ask.path);
    for (const [name, value] of Object.entries(ask.headers ?? {})) request.setRequestHeader(name, value);
    request.upload.onprogress = (event): void => {
      alive();
      ask.sent?.(event.loaded);
    };
    request.onloadend = over;
    signal.addEventListener("abort", end);
    alive();
    request.send((ask.body ?? null) as XMLHttpRequestBodyInit | null);
  });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, failed) => {
    const over = (): void => {
      clearTimeout(timer);
      removeEventListener("online", over);
      signal.removeEventListener("abort", over);
      if (signal.aborted) failed(signal.reason as Error);
      else done();
    };
    const timer = setTimeout(over, milliseconds);
    addEventListener("online", over);
    signal.addEventListener("abort", over);
    if (signal.aborted) over();
  });
}

/** A sender's connection: one share, one token. `waiting` hears whether an ask is waiting for the network. */
export class Line {
  private stuck = 0;

  constructor(
    private readonly share: string,
    private readonly token: string,
    private readonly waiting: (now: boolean) => void,
  ) {}

  /** What the server holds. */
  async held(signal: AbortSignal): Promise<{ state: string; objects: Held[]; recipients: { recipient: string }[] }> {
    const answer = await this.json("GET", "", null, signal);
    return answer as unknown as { state: string; objects: Held[]; recipients: { recipient: string }[] };
  }

  /** Sends JSON; throws Refusal. */
  async json(
    method: string,
    path: string,
    value: Record<string, unknown> | null,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const ask: Ask = { method, path: this.at(path), headers: this.headers({ "Content-Type": "application/json" }) };
    if (value) ask.body = JSON.stringify(value);
    return (await this.until(ask, signal)).body;
  }

  /** Sends one part: the same bytes again until they are there. */
  async part(
    object: string,
    number: number,
    bytes: ArrayBuffer,
    digest: Uint8Array,
    signal: AbortSignal,
    sent: (bytes: number) => void,
  ): Promise<void> {
    const headers = this.headers({
      "Content-Type": "application/octet-stream",
      "Content-Digest": `sha-256=:${btoa(String.fromCharCode(...digest))}:`,
    });
    const path = this.at(`/objects/${object}/parts/${String(number)}`);
    await this.until({ method: "PUT", path, body: bytes, headers, sent }, signal);
  }

  private at(path: string): string {
    return `/s/api/shares/${this.share}${path}`;
  }

  private headers(more: Record<string, string>): Record<string, string> {
    return { Authorization: `Bearer ${this.token}`, ...more };
  }

  private async until(ask: Ask, signal: AbortSignal): Promise<Answer> {
    let waiting = false;
    try {
      for (let round = 0; ; round += 1) {
        const answer = await once(ask, signal);
        if (answer.status >= 200 && answer.status < 300) return answer;
        if (!AGAIN.has(answer.status)) {
          const code = answer.body["error"];
          throw new Refusal(answer.status, typeof code === "string" ? code : "failed", answer.body);
        }
        const lost = answer.status === 0; // else the server asks us to come again, and nobody needs to know
        if (lost !== waiting) this.wait(lost ? 1 : -1);
        waiting = lost;
        ask.sent?.(0);
        await pause(WAITS[Math.min(round, WAITS.length - 1)] ?? 15_000, signal);
      }
    } finally {
      if (waiting) this.wait(-1);
    }
  }

  private wait(by: number): void {
    this.stuck = Math.max(0, this.stuck + by);
    this.waiting(this.stuck > 0);
  }
}
