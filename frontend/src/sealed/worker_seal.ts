// The worker of the send page: everything secret and everything slow happens here.
import { alone } from "./resume";
import { Engine } from "./send_engine";
import { Blobs, Unreadable } from "./send_read";
import { Store } from "./send_store";
import type { News, Order, Send } from "./send_types";
import { Line, Refusal } from "./upload";

interface Scope {
  postMessage(news: News): void;
  addEventListener(kind: "message", listen: (event: MessageEvent<Order>) => void): void;
}

const GONE = new Set(["expired", "revoked", "lost", "unauthorized", "not_found"]);
const TIMEOUT = 20_000;

/** Begins to take orders from the page. */
export function startWorker(scope: Scope): void {
  const work = new Work((news) => { scope.postMessage(news); });
  scope.addEventListener("message", ({ data }) => { void work.take(data); });
}

class Work {
  private send: Send | null = null;
  private vault = "";
  private files = new Map<string, Blob>();
  private store: Store | null = null;
  private engine: Engine | null = null;
  private stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private cancelled = false;

  constructor(private readonly tell: (news: News) => void) {}

  async take(order: Order): Promise<void> {
    if (order.do === "start") {
      [this.send, this.vault, this.files] = [order.send, order.vault, new Map(order.files)];
      this.store = await Store.open(this.vault).catch(() => null);
      this.go();
    } else if (order.do === "go") this.go();
    else if (order.do === "pause") this.stopping.abort(new DOMException("paused", "AbortError"));
    else await this.cancel();
  }

  private go(): void {
    this.stopping.abort(new DOMException("again", "AbortError"));
    const stopping = new AbortController();
    this.stopping = stopping;
    this.running = this.running.then(() => this.run(stopping.signal));
  }

  private async run(signal: AbortSignal): Promise<void> {
    if (!this.send || signal.aborted) return;
    try {
      const mine = await alone(this.send.share, () => this.work(signal));
      if (!mine) this.tell({ is: "state", state: "elsewhere" });
    } catch (error) {
      this.failed(error, signal);
    }
  }

  /** What another tab did meanwhile counts, so the transfer is read again whenever it is ours. */
  private async work(signal: AbortSignal): Promise<void> {
    if (!this.send) return;
    this.tell({ is: "state", state: "working" });
    const kept = (await this.store?.get(this.send.share)) ?? this.engine?.now ?? this.send;
    if (!this.engine || JSON.stringify(kept) !== JSON.stringify(this.engine.now)) {
      this.send = kept;
      const items = this.send.stage === "files" ? this.send.items : [];
      const blobs = await Blobs.gather(items, this.files, signal);
      this.engine = new Engine(this.send, blobs, this.store, this.tell);
    }
    this.tell({ is: "ready", send: await this.engine.run(signal) });
  }

  private failed(error: unknown, signal: AbortSignal): void {
    if (this.cancelled) return;
    if (signal.aborted) this.tell({ is: "state", state: "paused" });
    else if (error instanceof Unreadable) {
      this.engine = null;
      this.tell({ is: "problem", code: error.code, path: error.path });
    } else if (error instanceof Refusal) this.tell({ is: "problem", code: codeOf(error) });
    else this.tell({ is: "problem", code: "failed" });
  }

  private async cancel(): Promise<void> {
    this.cancelled = true;
    this.stopping.abort(new DOMException("cancelled", "AbortError"));
    await this.running;
    if (!this.send) return;
    const line = new Line(this.send.share, this.send.token, () => undefined);
    await line.json("DELETE", "", null, AbortSignal.timeout(TIMEOUT)).catch(() => undefined);
    await this.store?.drop(this.send.share);
    this.tell({ is: "cancelled" });
  }
}

function codeOf(error: Refusal): string {
  if (GONE.has(error.code)) return "gone";
  return ["full", "too_large"].includes(error.code) ? error.code : "failed";
}
