// The worker of OPEN-ME.html: keys, unlocking and writing, so that the page stays awake.
import { Control } from "./fetching";
import { look, lookOf } from "./looking";
import { type Ask, type Failure, type Looked, type SaveAsk, type ShareView, Stopped, type Told } from "./messages";
import { Box, BoxRefused, type BoxRefusal } from "./openme_box";
import { type News, PartlySaved, save, type Saved } from "./saving";

/** What the page asks of this worker beside saving and looking. */
export interface OpenBoxAsk {
  do: "open-box";
  blob: Blob;
  password: string;
}
/** The answer to that. */
export type BoxTold = { box: "opened"; share: ShareView } | { box: "refused"; why: BoxRefusal | "failed" };

interface Scope {
  postMessage(told: Told | BoxTold): void;
  addEventListener(kind: "message", listen: (event: MessageEvent<Ask | OpenBoxAsk>) => void): void;
}
type Files = Pick<Box, "file" | "plain">;

// Both read what they are given by `file` and `plain` alone, which a box has as an open share does.
const saveFrom = save as (ask: SaveAsk, from: Files, control: Control, news: News) => Promise<Saved>;
const lookAt = look as (index: number, from: Files, control: Control) => Promise<Looked>;

/** Begins to answer the page. */
export function startBoxWorker(scope: Scope): void {
  const work = new Work((told) => { scope.postMessage(told); });
  scope.addEventListener("message", ({ data }) => { void work.take(data); });
}

class Work {
  private box: Box | null = null;
  private readonly jobs = new Map<number, Control>();

  constructor(private readonly tell: (told: Told | BoxTold) => void) {}

  async take(ask: Ask | OpenBoxAsk): Promise<void> {
    if (ask.do === "open-box") await this.open(ask);
    else if (ask.do === "save") await this.job(ask.job, (box, control) => this.save(ask, box, control));
    else if (ask.do === "look") await this.job(ask.job, (box, control) => this.look(ask.job, ask.index, box, control));
    else if ("job" in ask) this.jobs.get(ask.job)?.[ask.do]();
  }

  private async open({ blob, password }: OpenBoxAsk): Promise<void> {
    try {
      this.box = await Box.open(blob, password);
      this.tell({ box: "opened", share: viewOf(this.box) });
    } catch (error) {
      this.tell({ box: "refused", why: error instanceof BoxRefused ? error.why : "failed" });
    }
  }

  private async save(ask: SaveAsk, box: Box, control: Control): Promise<void> {
    const { blob } = await saveFrom(ask, box, control, (done, total, waiting) => {
      this.tell({ say: "progress", job: ask.job, done, total, waiting });
    });
    this.tell({ say: "saved", job: ask.job, blob, receipt: false });
  }

  private async look(job: number, index: number, box: Box, control: Control): Promise<void> {
    this.tell({ say: "looked", job, looked: await lookAt(index, box, control), receipt: false });
  }

  private async job(job: number, work: (box: Box, control: Control) => Promise<void>): Promise<void> {
    const control = new Control();
    this.jobs.set(job, control);
    try {
      if (!this.box) throw new Stopped("ended");
      await work(this.box, control);
    } catch (error) {
      const why: Failure = error instanceof Stopped ? error.why : "failed";
      this.tell({ say: "failed", job, why, good: error instanceof PartlySaved ? error.good : 0 });
    } finally {
      this.jobs.delete(job);
    }
  }
}

function viewOf(box: Box): ShareView {
  const { title, note, created } = box.list;
  const files = box.list.files.map(({ index, name, size, mtime, type }) => {
    return { index, name, size, mtime: mtime ?? Date.parse(created), look: lookOf(name, type, size) };
  });
  return { title, note, created, endsAt: "", sender: "", zeroKnowledge: false, files };
}
