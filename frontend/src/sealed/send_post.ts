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
  return await post(root, address, JSON.stringify(value));
}

/** Posts a form, files among it; throws MadeError. */
export async function postForm(root: HTMLElement, address: string, form: FormData): Promise<Record<string, unknown>> {
  return await post(root, address, form);
}

async function post(root: HTMLElement, address: string, body: string | FormData): Promise<Record<string, unknown>> {
  let answer = await once(root, address, body);
  if (answer.status === 403 && (await renewed(root))) answer = await once(root, address, body);
  if (answer.type === "opaqueredirect") throw new MadeError("sign-in");
  const told = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  if (answer.ok) return told;
  throw new MadeError(WORDS[String(told["error"])] ?? (answer.status === 403 ? "sign-in" : "failed"));
}

async function once(root: HTMLElement, address: string, body: string | FormData): Promise<Response> {
  const kind: Record<string, string> = typeof body === "string" ? { "Content-Type": "application/json" } : {};
  try {
    return await fetch(address, {
      method: "POST",
      headers: { ...kind, "X-CSRFToken": tokenOf(root)?.value ?? "" },
      body,
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
