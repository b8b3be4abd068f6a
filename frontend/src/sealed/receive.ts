// The page that opens a share: reads the link, asks for the password, and shows what is inside.
// Everything secret is worked out in a worker; the page shows words, names and progress.
import { place, run, showStep } from "./dom";
import { hintFor } from "./hints";
import { tidy } from "./ladder";
import { readLink, type ShareLink, straight } from "./link";
import type { Refusal, ShareView } from "./messages";
import { showShare } from "./receive_open";
import { Keeper } from "./receive_record";
import { Talk } from "./talk";
import { readWords, say } from "./words";

const VERSION = "1";
const SLOW_MS = 400;
/** What ends the page: there is no second try. */
const CLOSED: ReadonlySet<Refusal> = new Set(["locked", "expired", "revoked", "used"] as const);

/** Runs the page. */
export function startReceiving(root: HTMLElement): void {
  readWords(place<HTMLTemplateElement>(root, "words"));
  document.documentElement.classList.add("js");
  if (!window.isSecureContext || !("subtle" in crypto) || !("Worker" in window)) {
    close(root, "old");
    return;
  }
  new Receiver(root).start();
}

function close(root: HTMLElement, why: string): void {
  place(root, "closed-title").textContent = say(`${why}-title`);
  place(root, "closed-text").textContent = say(`${why}-text`);
  place(root, "closed-next").textContent = say(`${why}-next`);
  showStep(root, "closed");
}

class Receiver {
  private readonly talk: Talk;
  private readonly field: HTMLInputElement;
  private link: ShareLink | null = null;
  private opfs = false;
  private readonly tried = new Set<string>();
  private busy = false;

  constructor(private readonly root: HTMLElement) {
    this.talk = new Talk(root.dataset["worker"] ?? "", () => { this.problem(say("failed")); });
    this.field = place<HTMLInputElement>(root, "password");
  }

  start(): void {
    this.wire();
    this.use(readLink(location.href));
    addEventListener("hashchange", () => { location.reload(); });
    run(async () => { this.opfs = (await this.talk.ask({ do: "probe" }, ["probed"])).opfs; }, () => undefined);
    run(tidy, () => undefined);
  }

  /** Takes a link, puts the address straight, so that no part of the secret is sent with the next load. */
  private use(link: ShareLink | null): void {
    this.link = link;
    place(this.root, "link-form").hidden = link !== null;
    place(this.root, "form='password'").hidden = link === null;
    place(this.root, "lead").hidden = link === null;
    if (!link) return;
    const language = new URLSearchParams(location.search).get("lang");
    history.replaceState(null, "", straight(link, language ? `?lang=${encodeURIComponent(language)}` : ""));
    if (link.version !== VERSION) close(this.root, "newer");
    else this.field.focus();
  }

  private wire(): void {
    const forms: Record<string, () => Promise<void>> = { link: () => this.pasted(), password: () => this.open() };
    for (const [name, act] of Object.entries(forms)) {
      place(this.root, `form='${name}'`).addEventListener("submit", (event) => {
        event.preventDefault();
        run(act, () => { this.problem(say("failed")); });
      });
    }
    place<HTMLInputElement>(this.root, "show-password").addEventListener("change", (event) => {
      this.field.type = (event.target as HTMLInputElement).checked ? "text" : "password";
    });
    const caps = (event: KeyboardEvent): void => {
      place(this.root, "caps").hidden = !event.getModifierState("CapsLock");
    };
    this.field.addEventListener("keydown", caps);
    this.field.addEventListener("keyup", caps);
    document.querySelector("[data-language]")?.addEventListener("click", (event) => {
      const anchor = event.currentTarget as HTMLAnchorElement;
      anchor.href = (anchor.getAttribute("href") ?? "").split("#", 1).join("") + location.hash;
    });
  }

  private pasted(): Promise<void> {
    const found = readLink(this.root.querySelector<HTMLInputElement>("#link")?.value ?? "");
    place(this.root, "link-problem").hidden = found !== null;
    if (found) this.use(found);
    return Promise.resolve();
  }

  private async open(): Promise<void> {
    const password = this.field.value.normalize("NFC");
    if (this.busy || !this.link) return;
    if (!password || this.tried.has(password)) {
      this.problem(say(password ? "same" : "empty"), hintFor(password));
      return;
    }
    this.working(true);
    try {
      const { recipient, secret } = this.link;
      const told = await this.talk.ask({ do: "open", recipient, secret, password }, ["opened", "refused"]);
      if (told.say === "opened") this.opened(told.share);
      else this.refused(told.why, told.left, password);
    } finally {
      this.working(false);
    }
  }

  private opened(share: ShareView): void {
    this.field.value = "";
    this.tried.clear();
    showShare(this.root, share, this.talk, () => this.opfs);
    new Keeper(this.root, this.talk).start(share);
  }

  private refused(why: Refusal, left: number | undefined, password: string): void {
    if (CLOSED.has(why)) {
      close(this.root, why);
      return;
    }
    if (why !== "wrong") {
      this.problem(say(why));
      return;
    }
    this.tried.add(password);
    this.problem(left === 1 ? say("wrong-last") : say("wrong", { n: left ?? "?" }), hintFor(password));
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
    const button = place<HTMLButtonElement>(this.root, "open");
    button.setAttribute("aria-disabled", String(busy));
    if (busy) this.problem("");
    const status = place(this.root, "status");
    status.textContent = "";
    if (busy) setTimeout(() => { if (this.busy) status.textContent = say("working"); }, SLOW_MS);
  }
}
