// The worker of the share page: everything secret and everything slow happens here.
import type { Grant } from "./api";
import { Control } from "./fetching";
import { look } from "./looking";
import { type Ask, type Failure, type SaveAsk, Stopped, type Told } from "./messages";
import { openArrival, type Opener, openShare, RefusedError } from "./opener";
import { canKeep } from "./sinks";
import { PartlySaved, save } from "./saving";

interface Scope {
  postMessage(told: Told): void;
  addEventListener(kind: "message", listen: (event: MessageEvent<Ask>) => void): void;
}

/** Begins to answer the page. */
export function startWorker(scope: Scope): void {
  const work = new Work((told) => { scope.postMessage(told); });
  scope.addEventListener("message", ({ data }) => { void work.take(data); });
}

class Work {
  private opener: Opener | null = null;
  private readonly jobs = new Map<number, Control>();

  constructor(private readonly tell: (told: Told) => void) {}

  async take(ask: Ask): Promise<void> {
    if (ask.do === "probe") this.tell({ say: "probed", opfs: await canKeep() });
    else if (ask.do === "open") await this.open(ask.recipient, ask.secret, ask.password);
    else if (ask.do === "arrival") await this.arrival(ask.key, ask.grant);
    else if (ask.do === "save") await this.job(ask.job, (control) => this.save(ask, control));
    else if (ask.do === "look") await this.job(ask.job, (control) => this.look(ask.job, ask.index, control));
    else this.jobs.get(ask.job)?.[ask.do]();
  }

  private async open(recipient: string, secret: string, password: string): Promise<void> {
    try {
      this.opener = await openShare(recipient, secret, password);
      this.tell({ say: "opened", share: this.opener.view });
      if (!this.opener.view.files.length) await this.opener.confirm();
    } catch (error) {
      if (error instanceof RefusedError) this.tell({ say: "refused", why: error.why, left: error.left });
      else this.tell({ say: "refused", why: "failed" });
    }
  }

  /** What came into a drop: its key is known already. */
  private async arrival(key: string, grant: Grant): Promise<void> {
    try {
      this.opener = await openArrival(key, grant);
      this.tell({ say: "opened", share: this.opener.view });
    } catch (error) {
      this.tell({ say: "refused", why: error instanceof RefusedError ? error.why : "failed" });
    }
  }

  private async save(ask: SaveAsk, control: Control): Promise<void> {
    const opener = this.need();
    const { blob } = await save(ask, opener, control, (done, total, waiting) => {
      this.tell({ say: "progress", job: ask.job, done, total, waiting });
    });
    this.tell({ say: "saved", job: ask.job, blob, receipt: await opener.confirm() });
  }

  private async look(job: number, index: number, control: Control): Promise<void> {
    const opener = this.need();
    const looked = await look(index, opener, control);
    this.tell({ say: "looked", job, looked, receipt: await opener.confirm() });
  }

  private need(): Opener {
    if (!this.opener) throw new Stopped("ended");
    return this.opener;
  }

  private async job(job: number, work: (control: Control) => Promise<void>): Promise<void> {
    const control = new Control();
    this.jobs.set(job, control);
    try {
      await work(control);
    } catch (error) {
      const why: Failure = error instanceof Stopped ? error.why : "failed";
      this.tell({ say: "failed", job, why, good: error instanceof PartlySaved ? error.good : 0 });
    } finally {
      this.jobs.delete(job);
    }
  }
}
