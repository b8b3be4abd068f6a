// The page of a drop link: somebody without an account seals files to whoever asked for them.
import { b64u, newId, random, unb64u } from "./bytes";
import { place, run, showStep } from "./dom";
import { readDropLink, suiteOf } from "./drop_link";
import { trusting } from "./drop_trusted";
import { checkFingerprint, sealForDrop } from "./hpke";
import { shown } from "./names";
import { Chooser } from "./send_choose";
import { Sender } from "./send_job";
import { Progress } from "./send_progress";
import { newSalt } from "./send_seal";
import type { Into, News, Send } from "./send_types";
import { itemsOf } from "./sources";
import { readWords, say } from "./words";

interface Asked {
  drop: string;
  by: string;
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
    async () => { new Giver(root, await asked()).start(); },
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
    return { drop: link.drop, by: found.by, seal };
  } catch {
    throw new Closed("swapped");
  }
}

class Giver {
  private readonly chooser: Chooser;
  private readonly sender: Sender;
  private readonly progress: Progress;

  constructor(
    private readonly root: HTMLElement,
    private readonly asked: Asked,
  ) {
    this.chooser = new Chooser(root, () => { this.say("failed"); });
    this.sender = new Sender(root.dataset["worker"] ?? "", "", (news) => { this.hear(news); }, trusting());
    this.progress = new Progress(root, {
      pause: () => { this.sender.tell({ do: "pause" }); },
      go: () => { this.sender.go(); },
      cancel: () => { this.sender.tell({ do: "cancel" }); },
    });
  }

  start(): void {
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
    showStep(this.root, "make");
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
    this.progress.begin();
    showStep(this.root, "work");
    this.sender.start(send, this.chooser.chosen);
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
    else if (news.is === "problem") this.progress.problem(say(news.code, { name: shown(news.path ?? "") }), true);
    else if (news.is === "ready") {
      this.sender.end();
      showStep(this.root, "ready");
    } else {
      showStep(this.root, "make");
      this.say("cancelled");
    }
  }
}
