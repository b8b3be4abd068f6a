// The send page: choose, say for whom, lock and send, pass on; and going on with what was not finished.
import { place, run, showStep } from "./dom";
import { newSalt } from "./send_seal";
import { b64u, newId, random } from "./bytes";
import { Chooser } from "./send_choose";
import { handOver } from "./send_hand";
import { finished, Sender } from "./send_job";
import { People, type Problem } from "./send_people";
import { Progress } from "./send_progress";
import { Store } from "./send_store";
import type { News, Send } from "./send_types";
import { Unfinished } from "./send_unfinished";
import { itemsOf } from "./sources";
import { shown } from "./names";
import { readWords, say, sizeOf } from "./words";
import { MadeError, postJson } from "./send_post";

const DAY = 86_400_000;
const MOST_FILES = 10_000;

/** Makes the page work: its buttons at once, before the browser's own store is open. */
export async function startSending(root: HTMLElement): Promise<void> {
  readWords(place<HTMLTemplateElement>(root, "words"));
  const page = new Page(root, Store.open(root.dataset["vault"] ?? "").catch(() => null));
  await page.start();
}

class Page {
  private readonly chooser: Chooser;
  private readonly people: People;
  private readonly progress: Progress;
  private readonly sender: Sender;
  private readonly unfinished: Unfinished;
  private send: Send | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly store: Promise<Store | null>,
  ) {
    const failed = (): void => { this.say("failed"); };
    this.chooser = new Chooser(root, failed);
    this.people = new People(root);
    this.sender = new Sender(root.dataset["worker"] ?? "", root.dataset["vault"] ?? "", (news) => { this.hear(news); });
    this.progress = new Progress(root, {
      pause: () => { this.sender.tell({ do: "pause" }); },
      go: () => { this.sender.go(); },
      cancel: () => { this.sender.tell({ do: "cancel" }); },
    });
    place(root, "make").addEventListener("submit", (event) => {
      event.preventDefault();
      run(() => this.begin(), failed);
    });
    this.unfinished = new Unfinished(root, store, this.sender, {
      mine: (send) => this.live(send),
      work: (send, files) => { this.work(send, files); },
      rest: (send) => { this.hand(send); },
      say: (word) => { this.say(word); },
    });
    place(root, "hand-done").addEventListener("click", () => { run(() => this.handed(), failed); });
    addEventListener("beforeunload", (event) => {
      if (this.sender.busy) event.preventDefault();
    });
  }

  async start(): Promise<void> {
    if (!(await this.store)) place(this.root, "start-problem").textContent = say("storage");
    await this.unfinished.show();
  }

  /** A transfer with links of its own that is not over, and whose links were not all passed on. */
  private live(send: Send): boolean {
    return !send.into && send.people.some((person) => person.password) && new Date(send.expires).getTime() > Date.now();
  }

  private say(word: string, values: Record<string, string | number> = {}): void {
    place(this.root, "start-problem").textContent = say(word, values);
  }

  private text(name: string): string {
    return place<HTMLInputElement>(this.root, name).value.trim();
  }

  // What is missing.

  private problems(): Problem[] {
    const at = place(this.root, "files");
    const largest = Number(this.root.dataset["largest"]);
    const found = this.people.problems([this.text("title")]);
    const big = this.chooser.chosen.find(([, file]) => file.size > largest);
    if (big) found.unshift({ text: say("too-big", { name: shown(big[0]), size: sizeOf(largest) }), at });
    if (this.chooser.count > MOST_FILES) found.unshift({ text: say("too-many", { n: MOST_FILES }), at });
    if (!this.chooser.count && !this.text("note")) found.unshift({ text: say("need-files"), at });
    return found;
  }

  private showProblems(problems: readonly Problem[]): void {
    const box = place(this.root, "problems");
    box.hidden = problems.length === 0;
    const lines = problems.map(({ text, at }) => {
      const line = document.createElement("li");
      const link = document.createElement("a");
      link.href = `#${at.id}`;
      link.textContent = text;
      link.addEventListener("click", (event) => {
        event.preventDefault();
        at.focus();
      });
      line.append(link);
      return line;
    });
    place(this.root, "problem-list").replaceChildren(...lines);
    if (problems.length) box.focus();
  }

  // Lock and send.

  private async begin(): Promise<void> {
    const problems = this.problems();
    this.showProblems(problems);
    this.root.querySelector("[data-start-problem]")?.replaceChildren();
    if (problems.length || this.sender.busy) return;
    const send = this.draft();
    const button = place<HTMLButtonElement>(this.root, "start");
    button.disabled = true;
    try {
      await this.make(send);
    } catch (error) {
      if (!(error instanceof MadeError)) throw error;
      this.say(error.word);
      if (error.word === "fresh" || error.word === "sign-in") window.open(this.root.dataset["signIn"], "_blank", "noopener");
      return;
    } finally {
      button.disabled = false;
    }
    await (await this.store)?.put(send);
    await (await this.store)?.keepHandles(send.share, this.chooser.handles).catch(() => undefined);
    this.work(send, this.chooser.chosen);
  }

  private async make(send: Send): Promise<void> {
    const tell = send.people.map((person) => person.tell);
    const { share, expires, maxOpens } = send;
    const person = this.root.dataset["person"] ?? "";
    const asked = { share, expires_at: expires, max_opens: maxOpens, tell, person };
    const made = await postJson(this.root, this.root.dataset["new"] ?? "", asked);
    send.token = String(made["upload_token"]);
  }

  private draft(): Send {
    return {
      share: newId(),
      token: "",
      key: b64u(random(32)),
      stage: "files",
      title: this.text("title"),
      note: this.text("note"),
      created: new Date().toISOString(),
      expires: new Date(Date.now() + Number(this.text("days")) * DAY).toISOString(),
      maxOpens: Number(this.text("opens")) || null,
      keep: place<HTMLInputElement>(this.root, "keep").checked,
      items: itemsOf(this.chooser.chosen, this.chooser.picked),
      people: this.people.all(),
      list: { object: newId(), salt: newSalt() },
      hashes: [],
      listed: "",
    };
  }

  private work(send: Send, files: [string, File][]): void {
    this.send = send;
    this.progress.begin();
    showStep(this.root, "work");
    this.sender.start(send, files);
  }

  private hear(news: News): void {
    if (news.is === "progress") this.progress.progress(news.done, news.total);
    else if (news.is === "state") this.progress.state(news.state);
    else if (news.is === "problem") {
      this.progress.problem(say(news.code, { name: shown(news.path ?? "") }), true);
      if (news.code === "unreadable" && this.send) this.unfinished.chooseAgain(this.send);
    } else if (news.is === "ready") this.hand(news.send);
    else {
      this.send = null;
      showStep(this.root, "make");
      this.say("cancelled");
      run(() => this.unfinished.show(), () => undefined);
    }
  }

  // Passing on.

  private hand(send: Send): void {
    this.send = send;
    const many = send.people.length;
    place(this.root, "hand-title").textContent = say(many === 1 ? "hand-one" : "hand-many", { n: many });
    handOver(this.root, place(this.root, "hand-list"), send.people, this.root.dataset["origin"] ?? "");
    showStep(this.root, "hand");
  }

  private async handed(): Promise<void> {
    if (this.send) {
      await (await this.store)?.put(finished(this.send));
      await (await this.store)?.keepHandles(this.send.share, []);
    }
    this.sender.end();
    location.assign(this.root.dataset["after"] ?? "/");
  }
}
