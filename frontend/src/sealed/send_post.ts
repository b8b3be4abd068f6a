// Asks of signed-in pages: JSON with the session and its CSRF token; what goes wrong is a word of the page.

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
  let answer = await once(root, address, value);
  if (answer.status === 403 && (await renewed(root))) answer = await once(root, address, value);
  if (answer.type === "opaqueredirect") throw new MadeError("sign-in");
  const body = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  if (answer.ok) return body;
  throw new MadeError(WORDS[String(body["error"])] ?? (answer.status === 403 ? "sign-in" : "failed"));
}

async function once(root: HTMLElement, address: string, value: Record<string, unknown>): Promise<Response> {
  try {
    return await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": tokenOf(root)?.value ?? "" },
      body: JSON.stringify(value),
      redirect: "manual",
    });
  } catch {
    throw new MadeError("no-network");
  }
}

/** Takes a new CSRF token from the page itself: signing in again in another tab made the old one void. */
async function renewed(root: HTMLElement): Promise<boolean> {
  const answer = await fetch(location.href, { redirect: "manual" }).catch(() => null);
  const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const [mine, fresh] = [tokenOf(root), page && tokenOf(page)];
  if (!mine || !fresh) return false;
  mine.value = fresh.value;
  return true;
}

function tokenOf(root: ParentNode): HTMLInputElement | null {
  return root.querySelector<HTMLInputElement>("[data-token] input");
}
