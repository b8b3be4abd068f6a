// Asks of signed-in pages: JSON with the session and its CSRF token; what goes wrong is a word of the page.
import { place } from "./dom";

/** The page could not do it; `word` names what to say. */
export class MadeError extends Error {
  constructor(readonly word: string) {
    super(word);
  }
}

const WORDS: Record<string, string> = {
  fresh: "fresh",
  sign_in: "sign-in",
  full: "full",
  too_large: "too_large",
  slow_down: "failed",
};

/** Posts JSON; throws MadeError. */
export async function postJson(
  root: HTMLElement,
  address: string,
  value: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const token = place(root, "token").querySelector<HTMLInputElement>("input")?.value ?? "";
  let answer: Response;
  try {
    answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(value),
      redirect: "manual",
    });
  } catch {
    throw new MadeError("no-network");
  }
  if (answer.type === "opaqueredirect") throw new MadeError("sign-in");
  const body = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  if (answer.ok) return body;
  throw new MadeError(WORDS[String(body["error"])] ?? (answer.status === 403 ? "sign-in" : "failed"));
}
