// The page that opens SMART Health Links: takes the link, asks who reads and for the passcode, opens and shows.
import { place, run, showStep } from "../sealed/dom";
import { momentOf, readWords, say } from "../sealed/words";
import { contentOf } from "./content";
import { fetchFiles } from "./fetching";
import { openJwe } from "./jwe";
import { type HealthLink, readLink } from "./link";
import { showContents } from "./show";
import { Trouble } from "./trouble";

const SLOW_MS = 400;

/** Runs the page. */
export function startViewing(root: HTMLElement): void {
  readWords(place<HTMLTemplateElement>(root, "words"));
  document.documentElement.classList.add("js");
  if (!window.isSecureContext || !("subtle" in crypto) || !("DecompressionStream" in window)) {
    place(root, "paste-problem").textContent = say("old");
    return;
  }
  new Viewer(root).start();
}

class Viewer {
  private link: HealthLink | null = null;
  private busy = false;

  constructor(private readonly root: HTMLElement) {}

  start(): void {
    place(this.root, "form='paste'").addEventListener("submit", (event) => {
      event.preventDefault();
      this.take(this.field("link").value);
    });
    place(this.root, "form='open'").addEventListener("submit", (event) => {
      event.preventDefault();
      run(() => this.open(), () => { this.problem("failed", null); });
    });
    place(this.root, "preview-close").addEventListener("click", () => { place<HTMLDialogElement>(this.root, "preview").close(); });
    for (const again of this.root.querySelectorAll("[data-again]")) again.addEventListener("click", () => { this.again(); });
    document.querySelector<HTMLAnchorElement>("[data-language]")?.addEventListener("click", (event) => {
      (event.currentTarget as HTMLAnchorElement).hash = location.hash;
    });
    addEventListener("hashchange", () => { location.reload(); });
    if (location.hash.length > 1) this.take(location.href);
  }

  private take(text: string): void {
    const found = readLink(text);
    const problem = place(this.root, "paste-problem");
    problem.textContent = typeof found === "string" ? say(`link-${found}`) : "";
    if (typeof found === "string") {
      this.field("link").focus();
      return;
    }
    this.link = found;
    place(this.root, "label").textContent = found.label || say("no-label");
    place(this.root, "server").textContent = new URL(found.url).host;
    place(this.root, "passcode-field").hidden = !found.passcode;
    place(this.root, "over").hidden = found.exp === null || found.exp * 1000 > Date.now();
    place(this.root, "ends-fact").hidden = found.exp === null;
    place(this.root, "ends").textContent = found.exp === null ? "" : momentOf(new Date(found.exp * 1000).toISOString());
    showStep(this.root, "ready");
  }

  private async open(): Promise<void> {
    if (!this.link || this.busy) return;
    const [recipient, passcode] = [this.field("recipient").value.trim(), this.field("passcode").value.trim()];
    if (!recipient || (this.link.passcode && !passcode)) {
      this.ask(recipient ? "passcode" : "recipient", say(recipient ? "passcode-empty" : "name-empty"));
      return;
    }
    const slow = setTimeout(() => { place(this.root, "status").textContent = say("working"); }, SLOW_MS);
    this.busy = true;
    this.problemText("");
    try {
      const { key } = this.link;
      const files = await fetchFiles(this.link, recipient, passcode);
      const contents = await Promise.all(files.map(async (file) => await contentOf(await openJwe(file, key))));
      await showContents(this.root, contents);
      place(this.root, "title").textContent = this.link.label || say("no-label");
      showStep(this.root, "open");
    } catch (error) {
      this.problem(error instanceof Trouble ? error.why : "failed", error instanceof Trouble ? error.count : null);
    } finally {
      clearTimeout(slow);
      this.busy = false;
      place(this.root, "status").textContent = "";
    }
  }

  private problem(why: string, count: number | null): void {
    if (why === "passcode") {
      this.ask("passcode", count === null ? say("passcode") : say("passcode-left", { n: count }));
      return;
    }
    this.problemText(say(why, { n: Math.max(Math.ceil((count ?? 60) / 60), 1) }));
  }

  private ask(field: string, words: string): void {
    this.problemText(words);
    this.field(field).focus();
  }

  private problemText(words: string): void {
    place(this.root, "problem").textContent = words;
  }

  private again(): void {
    history.replaceState(null, "", location.pathname + location.search);
    location.reload();
  }

  private field(name: string): HTMLInputElement {
    const found = this.root.querySelector<HTMLInputElement>(`[name="${name}"]`);
    if (!found) throw new Error(`The page lacks the field ${name}.`);
    return found;
  }
}
