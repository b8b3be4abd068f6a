// The page's end of the worker, and what is left of a transfer when it is done.
import { Line } from "./upload";
import type { News, Order, Send } from "./send_types";

/** Starts the worker, passes orders on, and knows whether something is under way. */
export class Sender {
  private worker: Worker | null = null;
  private last: [Send, [string, File][]] | null = null;
  busy = false;

  constructor(
    private readonly script: string,
    private readonly vault: string,
    private readonly hear: (news: News) => void,
    private readonly trusted: (address: string) => string = (address) => address,
  ) {}

  start(send: Send, files: [string, File][]): void {
    this.end();
    this.last = [send, files];
    this.busy = true;
    this.worker = new Worker(this.trusted(this.script));
    this.worker.onmessage = ({ data }: MessageEvent<News>): void => {
      if (data.is === "ready" || data.is === "cancelled") this.busy = false;
      this.hear(data);
    };
    this.worker.onerror = (): void => {
      this.end(); // its script did not load, or it broke: going on starts another
      this.hear({ is: "problem", code: "failed" });
    };
    this.tell({ do: "start", vault: this.vault, send, files });
  }

  tell(order: Order): void {
    this.worker?.postMessage(order);
  }

  /** Goes on after a pause or a problem; a worker that died is started again. */
  go(): void {
    if (this.worker) this.tell({ do: "go" });
    else if (this.last) this.start(...this.last);
  }

  end(): void {
    this.worker?.terminate();
    this.worker = null;
    this.busy = false;
  }

  /** Deletes at the server what came of a transfer; one that is gone is gone. */
  async forget(send: Send): Promise<void> {
    const line = new Line(send.share, send.token, () => undefined);
    await line.json("DELETE", "", null, AbortSignal.timeout(15_000)).catch(() => undefined);
  }
}

/** What the browser keeps of a transfer that is done: names, and the key only where the sender asked for it. */
export function finished(send: Send): Send {
  const people = send.people.map((person) => ({ ...person, secret: "", password: "", salt: "", done: true }));
  const kept = send.keep ? {} : { key: "", token: "", listed: "", note: "" };
  return { ...send, ...kept, people, items: [], hashes: [], stage: "ready" };
}
