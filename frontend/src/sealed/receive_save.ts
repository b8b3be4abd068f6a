// Saving: one file, all of them as one zip, or all into a folder, with progress, pause and plain endings.
import { place, run } from "./dom";
import { canPickFolder, pickFolder, pickTarget, type Target } from "./ladder";
import { type Failure, type FileView, type SaveAsk, type ShareView, Stopped, type Told } from "./messages";
import { distinct, leaf, shown } from "./names";
import { MOST_IN_MEMORY } from "./sinks";
import type { Talk } from "./talk";
import { say, sizeOf } from "./words";
import { zipSize } from "./zip";

type Ending = Extract<Told, { say: "saved" | "failed" }>;

export class Saver {
  private job = 0;
  private busy = false;
  private moved: { at: number; done: number }[] = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly talk: Talk,
    private readonly opfs: () => boolean,
    private readonly saved: (files: readonly FileView[]) => void,
  ) {}

  /** Wires the buttons of a share that was opened. */
  start(share: ShareView): void {
    const all = place<HTMLButtonElement>(this.root, "save-all");
    const total = share.files.reduce((sum, file) => sum + file.size, 0);
    const [only] = share.files;
    const one = share.files.length === 1;
    all.textContent = say(one ? "save-one" : "save-all", { n: share.files.length, size: sizeOf(total) });
    place(this.root, "all").hidden = !only;
    this.on("save-all", () => (one && only ? this.one(only) : this.zip(share)));
    const folder = place(this.root, "save-folder");
    folder.hidden = one || !canPickFolder();
    this.on("save-folder", () => this.folder(share));
    this.wire();
  }

  async one(file: FileView): Promise<void> {
    const name = leaf(file.name);
    const title = say("saving-one", { name: shown(file.name) });
    await this.work([file], [name], title, () => pickTarget(name, file.size, this.opfs()));
  }

  private async zip(share: ShareView): Promise<void> {
    const names = distinct(share.files.map((file) => file.name));
    const entries = share.files.map((file, n) => ({ ...file, name: names[n] ?? "" }));
    const name = `${leaf(share.title || say("folder-name"))}.zip`;
    await this.all(share, names, () => pickTarget(name, zipSize(entries), this.opfs()));
  }

  private async folder(share: ShareView): Promise<void> {
    await this.all(share, distinct(share.files.map((file) => file.name)), pickFolder);
  }

  private async all(share: ShareView, names: string[], pick: () => Promise<Target | null>): Promise<void> {
    await this.work(share.files, names, say("saving-all", { n: share.files.length }), pick);
  }

  private async work(
    files: readonly FileView[],
    names: string[],
    title: string,
    pick: () => Promise<Target | null>,
  ): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const target = await pick();
      if (target) await this.save(files, names, title, target);
    } catch (error) {
      this.failed(error instanceof RangeError ? "big" : error instanceof Stopped ? error.why : "failed", 0);
    } finally {
      this.busy = false;
      place(this.root, "job").hidden = true;
    }
  }

  private async save(files: readonly FileView[], names: string[], title: string, target: Target): Promise<void> {
    this.begin(title);
    this.job = this.talk.nextJob();
    const ask: SaveAsk = { do: "save", job: this.job, files: files.map((f) => f.index), names, sink: target.sink };
    const news = (told: { done: number; total: number; waiting: boolean }): void => {
      this.progress(told.done, told.total, told.waiting);
    };
    const ending: Ending = await this.talk.ask(ask, ["saved", "failed"], target.moved, news);
    target.end();
    if (ending.say === "failed") {
      if (ending.why === "full" && target.next) {
        await this.save(files, names, title, target.next());
        return;
      }
      this.failed(ending.why, ending.good);
      return;
    }
    const link = await target.finish(ending.blob);
    this.saved(files);
    this.succeeded(ending.receipt, target.sink.kind, link, target.name);
  }

  private begin(title: string): void {
    place(this.root, "result").hidden = true;
    place(this.root, "job").hidden = false;
    place(this.root, "job-title").textContent = title;
    place(this.root, "job-problem").textContent = "";
    place(this.root, "figures").textContent = "";
    place(this.root, "spoken").textContent = title;
    this.moved = [];
    this.showPause(true);
    place(this.root, "pause").focus();
    this.progress(0, 1, false);
  }

  private progress(done: number, total: number, waiting: boolean): void {
    place<HTMLProgressElement>(this.root, "bar").value = total ? Math.round((1000 * done) / total) : 1000;
    const problem = waiting ? say("waiting") : "";
    if (place(this.root, "job-problem").textContent !== problem) place(this.root, "job-problem").textContent = problem;
    if (!done) return;
    this.moved = [...this.moved.slice(-30), { at: performance.now(), done }];
    const [first] = this.moved;
    const seconds = first ? (performance.now() - first.at) / 1000 : 0;
    const speed = seconds > 0 && first ? Math.max(0, done - first.done) / seconds : 0;
    const values = { done: sizeOf(done), total: sizeOf(total), speed: sizeOf(Math.round(speed)) };
    const paused = place(this.root, "pause").hidden;
    place(this.root, "figures").textContent = say(paused ? "paused" : "figures", values);
  }

  private wire(): void {
    this.on("pause", () => {
      this.talk.send({ do: "pause", job: this.job });
      this.showPause(false);
      place(this.root, "resume").focus();
    });
    this.on("resume", () => {
      this.talk.send({ do: "resume", job: this.job });
      this.moved = [];
      this.showPause(true);
      place(this.root, "pause").focus();
    });
    this.on("cancel", () => {
      this.talk.send({ do: "cancel", job: this.job });
    });
  }

  private showPause(running: boolean): void {
    place(this.root, "pause").hidden = !running;
    place(this.root, "resume").hidden = running;
  }

  private succeeded(receipt: boolean, kind: string, link: string, name: string): void {
    const lines = [say("saved-text"), kind === "port" ? say("saved-look") : "", receipt ? say("saved-told") : ""];
    this.result("success", say("saved-title"), lines.filter(Boolean).join(" "));
    const again = place(this.root, "result-link");
    again.hidden = !link;
    if (!link) return;
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.download = name;
    anchor.textContent = name;
    again.replaceChildren(say("fetch-ready"), " ", anchor);
  }

  /** Says why nothing (or not everything) was saved. */
  failed(why: Failure | "big", good: number): void {
    const text = say(`${why}-text`, { size: sizeOf(MOST_IN_MEMORY) });
    const rest = good ? ` ${say("damaged-some", { n: good })}` : "";
    this.result(why === "cancelled" ? "info" : "error", say(`${why}-title`), text + rest);
    place(this.root, "result-link").hidden = true;
  }

  private result(tone: "success" | "info" | "error", title: string, text: string): void {
    const box = place(this.root, "result");
    box.className = `alert alert--${tone}`;
    box.hidden = false;
    box.tabIndex = -1;
    place(this.root, "result-title").textContent = title;
    place(this.root, "result-text").textContent = text;
    place(this.root, "spoken").textContent = `${title}. ${text}`;
    place(this.root, "job").hidden = true;
    box.focus();
  }

  private on(name: string, act: () => Promise<void> | void): void {
    place(this.root, name).addEventListener("click", () => {
      run(
        async () => { await act(); },
        () => { this.failed("failed", 0); },
      );
    });
  }
}
