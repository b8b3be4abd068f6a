// The page of a drop link: somebody without an account seals files to whoever asked for them.
import { b64u, newId, random, sha256, unb64u, utf8 } from "./bytes";
import { place, run, showStep } from "./dom";
import { readDropLink, suiteOf } from "./drop_link";
import { trusting } from "./drop_trusted";
import { checkFingerprint, sealForDrop } from "./hpke";
import { shown } from "./names";
import { Chooser } from "./send_choose";
import { Sender } from "./send_job";
import { Progress } from "./send_progress";
import { newSalt } from "./send_seal";
import { Store } from "./send_store";
import type { Into, News, Send } from "./send_types";
import { Unfinished } from "./send_unfinished";
import { itemsOf } from "./sources";
import { readWords, say } from "./words";

const KEPT_MS = 7 * 86_400_000; // as long as the server keeps an upload that nobody touches

interface Asked {
  drop: string;
  by: string;
  /** What this browser's store of unfinished transfers is opened with: a secret of the link. */
  vault: string;
  seal(key: Uint8Array<ArrayBuffer>): Promise<Into>;
}

/** The link or the server is not as it must be; `why` names what to say. */
class Closed extends Error {
  constructor(readonly why: "broken" | "over" | "swapped" | "lost") {
    super(why);
  }
}

/** Makes the page work. */
export function startGiving(root: HTMLElement): void {
  readWords(place<HTMLTemplateElement>(root, "words"));
  document.documentElement.classList.add("js");
  run(
    async () => {
      const link = await asked();
      await new Giver(root, link, await Store.open(link.vault).catch(() => null)).start();
    },
    (error) => {
      const why = error instanceof Closed ? error.why : "lost";
      place(root, "closed-title").textContent = say(`${why}-title`);
      place(root, "closed-text").textContent = say(`${why}-text`);
      showStep(root, "closed");
    },
  );
}

/** Who asks, and their public key, which must be the one the link names. */
async function asked(): Promise<Asked> {
  const link = readDropLink(location.href);
  if (!link) throw new Closed("broken");
  const answer = await fetch(`/s/api/drop/${link.drop}`, { credentials: "omit", cache: "no-store", redirect: "error" });
  if (answer.status === 404 || answer.status === 410) throw new Closed("over");
  if (!answer.ok) throw new Closed("lost");
  const found = (await answer.json()) as { suite: number; public_key: string; by: string };
  try {
    const [suite, publicKey] = [suiteOf(found.suite), unb64u(found.public_key)];
    await checkFingerprint(publicKey, link.fingerprint);
    const seal = async (key: Uint8Array<ArrayBuffer>): Promise<Into> => ({
      drop: link.drop,
      sealedKey: b64u(await sealForDrop(key, publicKey, suite, link.drop)),
    });
    const vault = b64u(await sha256(utf8(`chartpost/vault/drop/${link.drop}/${b64u(link.fingerprint)}`)));
    return { drop: link.drop, by: found.by, vault, seal };
  } catch {
    throw new Closed("swapped");
  }
}

class Giver {
  private readonly chooser: Chooser;
  private readonly sender: Sender;
  private readonly progress: Progress;
  private readonly unfinished: Unfinished;
  private under: Send | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly asked: Asked,
    private readonly store: Store | null,
  ) {
    this.chooser = new Chooser(root, () => { this.say("failed"); });
    const script = root.dataset["worker"] ?? "";
    this.sender = new Sender(script, asked.vault, (news) => { this.hear(news); }, trusting());
    this.unfinished = new Unfinished(root, Promise.resolve(store), this.sender, {
      mine: ({ into, stage, created }) => {
        return into?.drop === asked.drop && stage !== "ready" && Date.parse(created) > Date.now() - KEPT_MS;
      },
      work: (send, files) => { this.work(send, files); },
      rest: () => undefined,
      say: (word) => { this.say(word); },
    });
    this.progress = new Progress(root, {
      pause: () => { this.sender.tell({ do: "pause" }); },
      go: () => { this.sender.go(); },
      cancel: () => { this.sender.tell({ do: "cancel" }); },
    });
  }

  async start(): Promise<void> {
    place(this.root, "asked").textContent = say("asked-by", { by: shown(this.asked.by) });
    place(this.root, "ready-text").textContent = say("arrived", { by: shown(this.asked.by) });
    place(this.root, "make").addEventListener("submit", (event) => {
      event.preventDefault();
      run(() => this.begin(), () => { this.say("failed"); });
    });
    place(this.root, "more-files").addEventListener("click", () => { location.reload(); });
    addEventListener("beforeunload", (event) => {
      if (this.sender.busy) event.preventDefault();
    });
    await this.tidy();
    await this.unfinished.show();
    showStep(this.root, "make");
  }

  /** Forgets what arrived or is too old to go on with. */
  private async tidy(): Promise<void> {
    for (const send of (await this.store?.all()) ?? []) {
      const old = send.stage === "ready" || Date.parse(send.created) < Date.now() - KEPT_MS;
      if (send.into && old) await this.store?.drop(send.share);
    }
  }

  private say(word: string): void {
    place(this.root, "start-problem").textContent = say(word);
  }

  private text(name: string): string {
    return place<HTMLInputElement>(this.root, name).value.trim();
  }

  private async begin(): Promise<void> {
    place(this.root, "start-problem").textContent = "";
    if (!this.chooser.count && !this.text("note")) this.say("need-files");
    else if (!this.text("title")) {
      this.say("need-who");
      place(this.root, "title").focus();
    } else await this.send();
  }

  private async send(): Promise<void> {
    const key = random(32);
    const share = newId();
    const into = await this.asked.seal(key);
    const token = await this.made(share);
    if (!token) return;
    const send: Send = {
      share,
      token,
      key: b64u(key),
      stage: "files",
      title: this.text("title"),
      note: this.text("note"),
      created: new Date().toISOString(),
      expires: "",
      maxOpens: null,
      keep: false,
      items: itemsOf(this.chooser.chosen, []),
      people: [],
      list: { object: newId(), salt: newSalt() },
      hashes: [],
      listed: "",
      into,
    };
    await this.store?.put(send);
    await this.store?.keepHandles(share, this.chooser.handles).catch(() => undefined);
    this.work(send, this.chooser.chosen);
  }

  private work(send: Send, files: [string, File][]): void {
    this.under = send;
    this.progress.begin();
    showStep(this.root, "work");
    this.sender.start(send, files);
  }

  /** The token of a new share in the drop; "" when the server said no, which is then shown. */
  private async made(share: string): Promise<string> {
    const answer = await fetch(`/s/api/drop/${this.asked.drop}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ share }),
      credentials: "omit",
      redirect: "error",
    }).catch(() => null);
    const body = (await answer?.json().catch(() => ({}))) as Record<string, unknown> | undefined;
    if (answer?.ok && typeof body?.["upload_token"] === "string") return body["upload_token"];
    if (answer?.status === 410 || answer?.status === 404) this.say("over-text");
    else this.say(!answer ? "no-network" : body?.["error"] === "drop_full" ? "drop_full" : "failed");
    return "";
  }

  private hear(news: News): void {
    if (news.is === "progress") this.progress.progress(news.done, news.total);
    else if (news.is === "state") this.progress.state(news.state);
    else if (news.is === "problem") {
      this.progress.problem(say(news.code, { name: shown(news.path ?? "") }), true);
      if (news.code === "unreadable" && this.under) this.unfinished.chooseAgain(this.under);
    } else if (news.is === "ready") {
      this.sender.end();
      run(() => this.tidy(), () => undefined);
      showStep(this.root, "ready");
    } else {
      run(() => this.unfinished.show(), () => undefined);
      showStep(this.root, "make");
      this.say("cancelled");
    }
  }
}
