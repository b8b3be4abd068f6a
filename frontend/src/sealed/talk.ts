// The page's end of the worker: one question, one answer, with news of the work in between.
import type { Ask, Told } from "./messages";
import { scriptAddress } from "./trusted";

type Answer<S extends Told["say"]> = Extract<Told, { say: S }>;
type News = (news: Answer<"progress">) => void;

export class Talk {
  private readonly worker: Worker;
  private readonly listeners = new Set<(told: Told) => void>();
  private jobs = 0;

  /** `worker` is the address of its script, or the worker itself where a page carries it. */
  constructor(worker: string | Worker, broken: () => void) {
    this.worker = typeof worker === "string" ? new Worker(scriptAddress(worker), { name: "chartpost-share" }) : worker;
    this.worker.onmessage = ({ data }: MessageEvent<Told>) => {
      for (const listener of [...this.listeners]) listener(data);
    };
    this.worker.onerror = broken;
  }

  nextJob(): number {
    this.jobs += 1;
    return this.jobs;
  }

  send(ask: Ask, moved: Transferable[] = []): void {
    this.worker.postMessage(ask, moved);
  }

  /** Asks and waits for one of the answers; those about other jobs are not ours. */
  async ask<S extends Told["say"]>(
    ask: Ask,
    answers: readonly S[],
    moved: Transferable[] = [],
    news?: News,
  ): Promise<Answer<S>> {
    return await new Promise((resolve) => {
      const listener = (told: Told): void => {
        if ("job" in ask && "job" in told && told.job !== ask.job) return;
        if (told.say === "progress") {
          news?.(told);
        } else if ((answers as readonly string[]).includes(told.say)) {
          this.listeners.delete(listener);
          resolve(told as Answer<S>);
        }
      };
      this.listeners.add(listener);
      this.send(ask, moved);
    });
  }
}
