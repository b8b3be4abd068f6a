// What the share page asks of the server: always by POST, never with a cookie.
import { codeOf } from "./fetching";
import type { Refusal } from "./messages";

/** Why a share did not open; `left`: tries that remain. */
export class RefusedError extends Error {
  constructor(
    readonly why: Refusal,
    readonly left?: number,
  ) {
    super(why);
  }
}

export interface Header {
  params: string;
  salt: string;
}

export interface Grant {
  grant: string;
  grant_id: string;
  share: string;
  wrapped: string;
  objects: { object: string; index: number; size: number }[];
  expires_at: string;
  sender: string;
  zero_knowledge: boolean;
}

const ENDS: Record<string, Refusal> = { expired: "expired", lost: "expired", revoked: "revoked", used_up: "used" };

/** POSTs JSON below `/s/api/open/`; throws RefusedError. */
export async function post<T>(path: string, body: object, grant = ""): Promise<T> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (grant) headers["Authorization"] = `Bearer ${grant}`;
  let answer: Response;
  try {
    answer = await fetch(`/s/api/open/${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
  } catch {
    throw new RefusedError("network");
  }
  if (!answer.ok) throw await refusal(answer);
  return (answer.status === 204 ? null : await answer.json()) as T;
}

async function refusal(answer: Response): Promise<RefusedError> {
  if (answer.status === 403) {
    const body = (await answer.json().catch(() => ({}))) as { tries_left?: unknown };
    return new RefusedError("wrong", typeof body.tries_left === "number" ? body.tries_left : undefined);
  }
  const code = await codeOf(answer);
  if (answer.status === 410) return new RefusedError(ENDS[code] ?? "expired");
  if (answer.status === 423) return new RefusedError("locked");
  if (answer.status === 409) return new RefusedError("unfinished");
  return new RefusedError(answer.status === 429 || answer.status === 503 ? "busy" : "failed");
}
