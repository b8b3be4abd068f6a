// What arrived through a drop: the passphrase gives the private key, that the key of each delivery, and then the files.
import type { Grant } from "./api";
import { b64u, unb64u } from "./bytes";
import { place, run } from "./dom";
import { type KeptDrop, openDrop } from "./drop_keys";
import { dropLinkOf } from "./drop_link";
import { type DropKeys, openFromDrop } from "./hpke";
import { tidy } from "./ladder";
import { showShare } from "./receive_open";
import { Keeper } from "./receive_record";
import { copying } from "./send_hand";
import { MadeError, postJson } from "./send_post";
import { SheetError } from "./sheet";
import { Talk } from "./talk";
import { readWords, say } from "./words";

/** Makes the page work. */
export function startInbox(root: HTMLElement): void {
  readWords(place<HTMLTemplateElement>(root, "words"));
  const { drop = "", suite = "", publicKey = "", params = "", salt = "", wrapped = "" } = root.dataset;
  const kept: KeptDrop = { drop, suite: Number(suite), publicKey, params, salt, wrapped };
  run(() => showLink(root, kept), () => undefined);
  run(tidy, () => undefined);
  const form = root.querySelector<HTMLFormElement>("[data-unlock]");
  if (form) new Inbox(root, form, kept).start();
}

async function showLink(root: HTMLElement, kept: KeptDrop): Promise<void> {
  const shownAt = root.querySelector<HTMLElement>("[data-link]");
  if (!shownAt) return;
  const text = await dropLinkOf(root.dataset["origin"] ?? "", kept.drop, unb64u(kept.publicKey));
  shownAt.textContent = text;
  copying(root, place(root, "copy-link"), text);
}

class Inbox {
  private keys: DropKeys | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly form: HTMLFormElement,
    private readonly kept: KeptDrop,
  ) {}

  start(): void {
    const problem = place(this.form, "unlock-problem");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      problem.textContent = "";
      run(() => this.unlock(), (error) => { problem.textContent = wrong(error); });
    });
    for (const row of this.root.querySelectorAll<HTMLElement>("[data-arrival]")) {
      const failed = (error: unknown): void => {
        const word = error instanceof MadeError ? error.word : "inbox-foreign";
        place(row, "arrival-problem").textContent = say(word);
      };
      place(row, "show").addEventListener("click", () => { run(() => this.open(row), failed); });
    }
  }

  private async unlock(): Promise<void> {
    const typed = place<HTMLTextAreaElement>(this.form, "password");
    this.keys = await openDrop(this.kept, typed.value);
    typed.value = "";
    this.form.hidden = true;
    place(this.root, "spoken").textContent = say("inbox-open");
    const buttons = [...this.root.querySelectorAll<HTMLElement>("[data-show]")];
    for (const button of buttons) button.hidden = false;
    buttons[0]?.focus();
  }

  private async open(row: HTMLElement): Promise<void> {
    if (!this.keys) return;
    place(row, "arrival-problem").textContent = "";
    const answer = await postJson(this.root, row.dataset["openUrl"] ?? "", {});
    const key = await openFromDrop(unb64u(String(answer["sealed_key"])), this.keys, this.kept.drop);
    const grant = { ...answer, expires_at: "", sender: "", zero_knowledge: true, wrapped: "", grant_id: "" };
    await this.view(row, b64u(key), grant as unknown as Grant);
  }

  private async view(row: HTMLElement, key: string, grant: Grant): Promise<void> {
    const copy = place<HTMLTemplateElement>(this.root, "viewer").content.cloneNode(true) as DocumentFragment;
    const viewer = place(copy, "viewing");
    const talk = new Talk(this.root.dataset["worker"] ?? "", () => undefined);
    const { opfs } = await talk.ask({ do: "probe" }, ["probed"]);
    const told = await talk.ask({ do: "arrival", key, grant }, ["opened", "refused"]);
    if (told.say === "refused") {
      place(row, "arrival-problem").textContent = say(told.why === "network" ? "no-network" : "inbox-foreign");
      return;
    }
    const list = place(this.root, "list");
    list.hidden = true;
    place(this.root, "viewer-place").replaceChildren(viewer);
    place(viewer, "back").addEventListener("click", () => {
      viewer.remove();
      list.hidden = false;
      place(row, "show").focus();
    });
    showShare(viewer, told.share, talk, () => opfs);
    if (viewer.querySelector("[data-keep-part]")) new Keeper(viewer, talk).start(told.share);
  }
}

function wrong(error: unknown): string {
  if (!(error instanceof SheetError)) return say("inbox-wrong");
  return error.line ? say("inbox-slip", { n: error.line }) : say("inbox-lines");
}
