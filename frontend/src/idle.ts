/**
 * Warns two minutes before the server ends an idle session. Reading and typing count as being there: the session is
 * then renewed without asking. All tabs share one deadline.
 */
const WARNING = 120_000;
const RENEW_EVERY = 60_000;

export function clock(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, "0")}`;
}

class Idle {
  private deadline = 0;
  private active = false;
  private renewed = Date.now();
  private readonly tabs = new BroadcastChannel("chartpost-idle");
  private readonly left: HTMLElement | null;

  constructor(
    private readonly dialog: HTMLDialogElement,
    private readonly stay: HTMLFormElement,
    private readonly out: HTMLFormElement,
    private readonly limit: number,
  ) {
    this.left = dialog.querySelector("[data-idle-left]");
    this.restart();
    this.tabs.onmessage = (event: MessageEvent<number>) => {
      this.deadline = event.data;
      this.dialog.close();
    };
    for (const name of ["keydown", "pointerdown", "wheel", "touchmove"]) {
      document.addEventListener(name, () => (this.active ||= !this.dialog.open), { passive: true, capture: true });
    }
    stay.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.renew();
    });
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      void this.renew();
    });
    window.setInterval(() => void this.tick(), 1000);
  }

  private restart(): void {
    this.renewed = Date.now();
    this.deadline = this.renewed + this.limit;
    this.active = false;
    this.tabs.postMessage(this.deadline);
  }

  private async renew(): Promise<void> {
    this.deadline += 10_000; // room for the answer; the server decides
    this.active = false;
    const answer = await fetch(this.stay.action, { method: "POST", body: new FormData(this.stay) }).catch(() => null);
    if (!answer?.ok) {
      this.out.submit();
      return;
    }
    this.dialog.close();
    this.restart();
  }

  private async tick(): Promise<void> {
    const rest = this.deadline - Date.now();
    if (rest <= 0) {
      this.out.submit();
      return;
    }
    const warnAt = Math.min(WARNING, this.limit / 2);
    if (this.active && Date.now() - this.renewed > RENEW_EVERY) await this.renew();
    else if (rest <= warnAt) this.warn(rest);
  }

  private warn(rest: number): void {
    if (!this.dialog.open) this.dialog.showModal();
    if (this.left) this.left.textContent = (this.left.dataset["text"] ?? "%t").replace("%t", clock(rest));
  }
}

export function watchIdle(): void {
  const { idleSeconds, stayUrl } = document.body.dataset;
  const dialog = document.querySelector<HTMLDialogElement>("dialog#idle");
  const stay = dialog?.querySelector<HTMLFormElement>("[data-idle-stay]");
  const out = dialog?.querySelector<HTMLFormElement>("[data-idle-out]");
  if (!idleSeconds || !stayUrl || !dialog || !stay || !out) return;
  new Idle(dialog, stay, out, Number(idleSeconds) * 1000);
}
