import { place } from "./sealed/dom";
import { readWords, say } from "./sealed/words";

// SMART App Launch 2.2 as a browser app does it: PKCE with S256, the verifier kept for the way back, the token in memory.
const KEPT = "chartpost-console";
const EXAMPLES: [string, (patient: string) => string][] = [
  ["person", (patient) => `Patient/${patient}`],
  ["results", (patient) => `Observation?patient=${patient}&category=laboratory&_count=10`],
  ["problems", (patient) => `Condition?patient=${patient}`],
  ["medicines", (patient) => `MedicationRequest?patient=${patient}&_include=MedicationRequest:medication`],
  ["visits", (patient) => `Encounter?patient=${patient}&_count=10`],
  ["everything", (patient) => `Patient/${patient}/$everything`],
  ["server", () => "metadata"],
];

interface Smart {
  authorization_endpoint: string;
  token_endpoint: string;
}

interface Token {
  access_token: string;
  refresh_token?: string;
  scope: string;
  patient?: string;
}

interface Kept {
  verifier: string;
  state: string;
}

function word(bytes: number): string {
  return encode(crypto.getRandomValues(new Uint8Array(bytes)));
}

function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

async function challengeOf(verifier: string): Promise<string> {
  return encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

/** Runs the console of a page: connect, come back, read. */
export async function startConsole(root: HTMLElement): Promise<void> {
  const console = new Console(root);
  await console.start();
}

class Console {
  private token: Token | null = null;

  constructor(private readonly root: HTMLElement) {}

  async start(): Promise<void> {
    readWords(place<HTMLTemplateElement>(this.root, "words"));
    place(this.root, "connect-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.run(() => this.connect());
    });
    place(this.root, "read-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.run(() => this.read());
    });
    place(this.root, "refresh").addEventListener("click", () => {
      this.run(() => this.refresh());
    });
    const told = new URLSearchParams(location.search);
    if (told.has("state")) await this.guard(() => this.back(told));
  }

  private run(step: () => Promise<void>): void {
    void this.guard(step);
  }

  private async guard(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.say(error instanceof Error ? error.message : say("failed"));
    }
  }

  private say(text: string): void {
    place(this.root, "status").textContent = text;
  }

  private data(name: string): string {
    return this.root.dataset[name] ?? "";
  }

  private async smart(): Promise<Smart> {
    const answer = await fetch(`${this.data("base")}/.well-known/smart-configuration`);
    return (await answer.json()) as Smart;
  }

  private async connect(): Promise<void> {
    const kept: Kept = { verifier: word(48), state: word(16) };
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
    const query = new URLSearchParams({
      response_type: "code",
      client_id: this.data("clientId"),
      redirect_uri: this.data("redirect"),
      scope: (document.querySelector<HTMLTextAreaElement>("#scope")?.value ?? "").trim().replaceAll(/\s+/g, " "),
      state: kept.state,
      aud: this.data("base"),
      code_challenge: await challengeOf(kept.verifier),
      code_challenge_method: "S256",
    });
    location.assign(`${(await this.smart()).authorization_endpoint}?${query.toString()}`);
  }

  /** The browser came back: check the state, exchange the code, and take both out of the address. */
  private async back(told: URLSearchParams): Promise<void> {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") as Partial<Kept>;
    sessionStorage.removeItem(KEPT);
    history.replaceState(null, "", location.pathname);
    const code = told.get("code");
    if (told.get("error") === "access_denied") throw new Error(say("refused"));
    if (!code || !kept.verifier || told.get("state") !== kept.state) {
      const why = told.get("error_description") ?? told.get("error") ?? say("again");
      throw new Error(say("no-code", { why }));
    }
    await this.ask({
      grant_type: "authorization_code",
      code,
      redirect_uri: this.data("redirect"),
      code_verifier: kept.verifier,
    });
    this.say(say("connected"));
  }

  private async refresh(): Promise<void> {
    if (!this.token?.refresh_token) throw new Error(say("no-refresh"));
    await this.ask({ grant_type: "refresh_token", refresh_token: this.token.refresh_token });
    this.say(say("refreshed"));
  }

  private async ask(form: Record<string, string>): Promise<void> {
    const answer = await fetch((await this.smart()).token_endpoint, {
      method: "POST",
      body: new URLSearchParams({ ...form, client_id: this.data("clientId") }),
    });
    const found = (await answer.json()) as Token & { error?: string; error_description?: string };
    if (!answer.ok) throw new Error(`${String(answer.status)} ${found.error ?? ""} ${found.error_description ?? ""}`);
    this.token = found;
    this.show(found);
  }

  private show(token: Token): void {
    const patient = token.patient ?? "";
    place(this.root, "connected").hidden = false;
    place(this.root, "patient").textContent = patient;
    place(this.root, "scope").textContent = token.scope;
    const path = document.querySelector<HTMLInputElement>("#path");
    if (path) path.value = `Patient/${patient}`;
    place(this.root, "examples").replaceChildren(...EXAMPLES.flatMap(([name, of]) => this.example(name, of(patient))));
  }

  private example(name: string, to: string): (Node | string)[] {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--quiet button--small";
    button.textContent = say(name);
    button.addEventListener("click", () => {
      const path = document.querySelector<HTMLInputElement>("#path");
      if (path) path.value = to;
      this.run(() => this.read());
    });
    return [button, " "];
  }

  private async read(): Promise<void> {
    const path = (document.querySelector<HTMLInputElement>("#path")?.value ?? "").replace(/^\/+/, "");
    const started = performance.now();
    const answer = await fetch(`${this.data("base")}/${path}`, {
      headers: { Accept: "application/fhir+json", Authorization: `Bearer ${this.token?.access_token ?? ""}` },
    });
    const text = await answer.text();
    const spent = Math.round(performance.now() - started);
    place(this.root, "answer-status").textContent = `${String(answer.status)} ${answer.statusText} (${String(spent)} ms)`;
    const shown = place(this.root, "answer");
    shown.hidden = false;
    shown.textContent = pretty(text);
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
