// The sender's side of the API under /s/api/: asks that are repeated until they arrive, and stop when told to.

const WAITS = [500, 1000, 2000, 4000, 8000, 15_000];
const STALLED = 45_000;
/** What the server had of a part was not its beginning, and is gone now. */
const OTHER_BEGINNING = new Set(["bad_bytes", "wrong_offset"]);
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
  /** How many bytes of a part the server has, where it was asked. */
  offset: number;
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

/** A sealed part on its way. */
export interface Part {
  object: string;
  number: number;
  bytes: ArrayBuffer;
  digest: Uint8Array;
}

interface Ask {
  method: string;
  path: string;
  body?: BodyInit;
  headers?: Record<string, string>;
  sent?: (bytes: number) => void;
}

/** The request that sends a part from byte `at` on (RFC 9530; draft-ietf-httpbis-resumable-upload). */
function howToSend(digest: Uint8Array, at: number): { method: string; headers: Record<string, string> } {
  const text = `sha-256=:${btoa(String.fromCharCode(...digest))}:`;
  if (!at) return { method: "PUT", headers: { "Content-Type": "application/octet-stream", "Content-Digest": text } };
  const headers = { "Content-Type": "application/partial-upload", "Upload-Offset": String(at), "Repr-Digest": text };
  return { method: "PATCH", headers };
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
      else done({ status: request.status, offset: Number(request.getResponseHeader("Upload-Offset")), body: told(request) });
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
    return (await this.until(() => Promise.resolve(ask), signal)).body;
  }

  /** Sends one part until it is there; after a break, and of one `begun` before, only what did not arrive. */
  async part(part: Part, begun: boolean, signal: AbortSignal, sent: (bytes: number) => void): Promise<void> {
    const path = this.at(`/objects/${part.object}/parts/${String(part.number)}`);
    let at = 0;
    const rest = async (again: boolean): Promise<Ask> => {
      at = begun || again ? Math.min(await this.came(path, signal), part.bytes.byteLength) : 0;
      const { method, headers } = howToSend(part.digest, at);
      const body = new Uint8Array(part.bytes, at);
      return { method, path, body, headers: this.headers(headers), sent: (count) => { sent(at + count); } };
    };
    try {
      await this.until(rest, signal);
    } catch (error) {
      if (!at || !(error instanceof Refusal) || !OTHER_BEGINNING.has(error.code)) throw error;
      await this.until(rest, signal);
    }
  }

  /** How much of a part the server has; 0 also where nobody can tell. */
  private async came(path: string, signal: AbortSignal): Promise<number> {
    const { offset } = await once({ method: "HEAD", path, headers: this.headers({}) }, signal);
    return Number.isSafeInteger(offset) ? Math.max(0, offset) : 0;
  }

  private at(path: string): string {
    return `/s/api/shares/${this.share}${path}`;
  }

  private headers(more: Record<string, string>): Record<string, string> {
    return { Authorization: `Bearer ${this.token}`, ...more };
  }

  private async until(next: (again: boolean) => Promise<Ask>, signal: AbortSignal): Promise<Answer> {
    let waiting = false;
    try {
      for (let round = 0; ; round += 1) {
        const ask = await next(round > 0);
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
