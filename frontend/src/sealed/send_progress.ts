// How far it is: bytes, speed, time left; pause, go on, cancel.
import { place } from "./dom";
import type { News } from "./send_types";
import { say, sizeOf } from "./words";

const REMEMBERED = 40;

type State = Extract<News, { is: "state" }>["state"];

/** The part of the page that shows an upload. */
export class Progress {
  private moved: { at: number; done: number }[] = [];
  private figures = { done: 0, total: 0 };
  private said = -1;

  constructor(
    private readonly root: HTMLElement,
    act: { pause: () => void; go: () => void; cancel: () => void },
  ) {
    place(root, "pause").addEventListener("click", act.pause);
    place(root, "go").addEventListener("click", act.go);
    const sure = place<HTMLDialogElement>(root, "sure");
    place(root, "cancel").addEventListener("click", () => { sure.showModal(); });
    place(root, "sure-no").addEventListener("click", () => { sure.close(); });
    place(root, "sure-yes").addEventListener("click", () => {
      sure.close();
      act.cancel();
    });
  }

  /** Shows an upload that begins. */
  begin(): void {
    this.moved = [];
    this.said = -1;
    this.problem("");
    this.running(true);
    place(this.root, "figures").textContent = "";
    place(this.root, "speed").textContent = "";
  }

  progress(done: number, total: number): void {
    this.figures = { done, total };
    this.moved = [...this.moved.slice(-REMEMBERED), { at: performance.now(), done }];
    place<HTMLProgressElement>(this.root, "bar").value = total ? Math.floor((1000 * done) / total) : 0;
    place(this.root, "figures").textContent = say("progress", this.sizes());
    place(this.root, "speed").textContent = this.speed();
    const tenth = total ? Math.floor((10 * done) / total) : 0;
    if (tenth !== this.said) place(this.root, "spoken").textContent = say("progress", this.sizes());
    this.said = tenth;
  }

  state(state: State): void {
    this.running(state === "working" || state === "waiting");
    this.moved = [];
    place(this.root, "speed").textContent = "";
    this.problem(state === "waiting" || state === "elsewhere" ? say(state) : "");
    if (state === "paused") place(this.root, "figures").textContent = say("paused", this.sizes());
  }

  /** Says what went wrong; "" for nothing. `stopped`: it goes on only when told to. */
  problem(text: string, stopped = false): void {
    if (place(this.root, "work-problem").textContent !== text) place(this.root, "work-problem").textContent = text;
    if (stopped) this.running(false);
  }

  private running(now: boolean): void {
    const [pause, go] = [place(this.root, "pause"), place(this.root, "go")];
    const had = document.activeElement === pause || document.activeElement === go;
    pause.hidden = !now;
    go.hidden = now;
    if (had) (now ? pause : go).focus();
  }

  private sizes(): { done: string; total: string } {
    return { done: sizeOf(this.figures.done), total: sizeOf(this.figures.total) };
  }

  private speed(): string {
    const [first, last] = [this.moved[0], this.moved.at(-1)];
    const seconds = first && last ? (last.at - first.at) / 1000 : 0;
    const rate = first && last && seconds > 1 ? (last.done - first.done) / seconds : 0;
    if (rate <= 0) return "";
    const left = (this.figures.total - this.figures.done) / rate;
    const words = left > 90 ? say("minutes", { n: Math.ceil(left / 60) }) : say("seconds", { n: Math.ceil(left) });
    return say("speed", { speed: sizeOf(Math.round(rate)), left: words });
  }
}
