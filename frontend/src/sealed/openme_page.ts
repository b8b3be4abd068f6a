// OPEN-ME.html: a page on a stick or a disc that opens the files beside it (or inside it) without any network.
import { place, run, showStep } from "./dom";
import { hintFor } from "./hints";
import { type Language, SAID, STANDING, wordsIn } from "./openme_words";
import type { BoxTold, OpenBoxAsk } from "./openme_worker";
import { showShare } from "./receive_open";
import { Talk } from "./talk";
import { readWords, say, sizeOf } from "./words";

interface TrustedFactory {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): { createScriptURL(address: string): string };
}

/** Runs the page. */
export function startBoxPage(root: HTMLElement): void {
  speak(navigator.languages[0]?.startsWith("es") ? "es" : "en");
  document.documentElement.classList.add("js");
  const language = place(document, "language");
  language.hidden = false;
  language.addEventListener("click", () => { speak(document.documentElement.lang === "es" ? "en" : "es"); });
  if (!window.isSecureContext || !("subtle" in crypto) || !("Worker" in window)) {
    showStep(root, "closed");
    return;
  }
  new BoxPage(root, startWorker(), language).start();
}

/** Fills every standing place, also those of rows not made yet, and keeps the words said later. */
function speak(language: Language): void {
  document.documentElement.lang = language;
  const standing = new Map(wordsIn(STANDING, language));
  const places: ParentNode[] = [document, ...[...document.querySelectorAll("template")].map((one) => one.content)];
  for (const one of places.flatMap((from) => [...from.querySelectorAll<HTMLElement>("[data-say]")])) {
    one.textContent = standing.get(one.dataset["say"] ?? "") ?? "";
  }
  place(document, "language").lang = language === "es" ? "en" : "es";
  const template = document.createElement("template");
  for (const [name, words] of wordsIn(SAID, language)) {
    const one = document.createElement("p");
    one.dataset["word"] = name;
    one.textContent = words;
    template.content.append(one);
  }
  readWords(template);
}

/** The worker's text stands in the page; no file may be loaded from a disc. */
function startWorker(): Worker {
  const text = place(document, "worker").textContent;
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const factory = (globalThis as { trustedTypes?: TrustedFactory }).trustedTypes;
  const policy = factory?.createPolicy("chartpost-box", {
    createScriptURL: (asked) => {
      if (asked !== address) throw new TypeError("This is no script of the page.");
      return asked;
    },
  });
  return new Worker(policy ? policy.createScriptURL(address) : address, { name: "chartpost-box" });
}

/** The sealed bytes that stand in the page, or null when they lie beside it. */
function carried(): Blob | null {
  const blocks = [...document.querySelectorAll<HTMLElement>("script[data-box]")];
  if (!blocks.length) return null;
  const pieces = blocks.map((block) => {
    const text = atob(block.textContent);
    block.remove();
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  });
  return new Blob(pieces);
}

class BoxPage {
  private readonly talk: Talk;
  private readonly field: HTMLInputElement;
  private readonly chooser: HTMLInputElement;
  private blob: Blob | null = null;
  private busy = false;

  constructor(
    private readonly root: HTMLElement,
    private readonly worker: Worker,
    private readonly language: HTMLElement,
  ) {
    this.talk = new Talk(worker, () => { this.problem(say("failed")); });
    this.field = place<HTMLFormElement>(root, "form='password'").elements.namedItem("password") as HTMLInputElement;
    this.chooser = place<HTMLInputElement>(root, "file-field").querySelector("input") ?? this.field;
  }

  start(): void {
    this.blob = this.attempted(carried);
    place(this.root, "file-field").hidden = this.blob !== null;
    place(this.root, "lead").hidden = this.blob !== null;
    this.wire();
    showStep(this.root, "ask");
  }

  private attempted(read: () => Blob | null): Blob | null {
    try {
      return read();
    } catch {
      this.fileProblem(say("changed"));
      return null;
    }
  }

  private wire(): void {
    place(this.root, "form='password'").addEventListener("submit", (event) => {
      event.preventDefault();
      run(() => this.open(), () => { this.problem(say("failed")); });
    });
    this.chooser.addEventListener("change", () => { this.choose(this.chooser.files?.[0]); });
    place<HTMLInputElement>(this.root, "show-password").addEventListener("change", (event) => {
      this.field.type = (event.target as HTMLInputElement).checked ? "text" : "password";
    });
    const caps = (event: KeyboardEvent): void => {
      place(this.root, "caps").hidden = !event.getModifierState("CapsLock");
    };
    this.field.addEventListener("keydown", caps);
    this.field.addEventListener("keyup", caps);
    this.wireDrops();
  }

  /** Anywhere on the page; a browser would else leave it for the file. */
  private wireDrops(): void {
    document.addEventListener("dragover", (event) => { event.preventDefault(); });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!place(this.root, "step='ask'").hidden && event.dataTransfer?.files.length) {
        this.choose(event.dataTransfer.files[0]);
      }
    });
  }

  private choose(file: File | undefined): void {
    if (!file) return;
    this.blob = file;
    this.fileProblem("");
    place(this.root, "file-chosen").textContent = say("chosen", { name: file.name, size: sizeOf(file.size) });
  }

  private async open(): Promise<void> {
    const password = this.field.value.normalize("NFC");
    if (this.busy) return;
    this.problem("");
    this.fileProblem("");
    if (!this.blob) {
      this.fileProblem(say("no-file"));
    } else if (!password) {
      this.problem(say("empty"));
    } else {
      this.working(true);
      const told = await this.ask({ do: "open-box", blob: this.blob, password });
      this.working(false);
      if (told.box === "opened") this.opened(told);
      else this.refused(told.why, password);
    }
  }

  private async ask(ask: OpenBoxAsk): Promise<BoxTold> {
    return await new Promise((resolve) => {
      const listen = ({ data }: MessageEvent<object>): void => {
        if (!("box" in data)) return;
        this.worker.removeEventListener("message", listen);
        resolve(data as BoxTold);
      };
      this.worker.addEventListener("message", listen);
      this.worker.postMessage(ask);
    });
  }

  private opened(told: Extract<BoxTold, { box: "opened" }>): void {
    this.field.value = "";
    this.language.hidden = true;
    showShare(this.root, told.share, this.talk, () => false);
  }

  private refused(why: Extract<BoxTold, { box: "refused" }>["why"], password: string): void {
    if (why === "wrong" || why === "failed") this.problem(say(why), hintFor(password));
    else this.fileProblem(say(why));
  }

  /** What is wrong with the file; where the page carries it, this stands at the password. */
  private fileProblem(text: string): void {
    if (place(this.root, "file-field").hidden) {
      if (text) this.problem(text);
      return;
    }
    place(this.root, "file-problem").textContent = text;
    place(this.root, "file-field").classList.toggle("field--error", text !== "");
    this.chooser.setAttribute("aria-invalid", String(text !== ""));
    if (text) this.chooser.focus();
  }

  private problem(text: string, hint: ReturnType<typeof hintFor> = null): void {
    place(this.root, "problem").textContent = text;
    place(this.root, "field").classList.toggle("field--error", text !== "");
    this.field.setAttribute("aria-invalid", String(text !== ""));
    const fix = place(this.root, "fix");
    fix.hidden = hint === null;
    if (hint) {
      place(this.root, "fix-why").textContent = say(hint.hint);
      place(this.root, "fix-now").onclick = () => {
        this.field.value = hint.mended;
        fix.hidden = true;
        this.field.focus();
      };
    }
    if (text) this.field.focus();
  }

  private working(busy: boolean): void {
    this.busy = busy;
    place(this.root, "open").setAttribute("aria-disabled", String(busy));
    place(this.root, "status").textContent = busy ? say("working") : "";
  }
}
