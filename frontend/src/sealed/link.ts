// Reads a share's link, also one that a mail gateway bent: `%23` or `%2523` for `#`, words added, the whole wrapped.

export interface ShareLink {
  recipient: string;
  version: string;
  secret: string;
}

const WHOLE =
  /\/s\/([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-]).*?(?:#|%(?:25)*23)(\d{1,3})(?:\.|%(?:25)*2[eE])([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])/s;
const ROUNDS = 4;

/** The parts of a link, or null when it is not whole. `text` is an address or what somebody pasted. */
export function readLink(text: string): ShareLink | null {
  let tried = text.replaceAll(/\s+/g, "");
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = WHOLE.exec(tried);
    if (found?.[1] && found[2] && found[3]) return { recipient: found[1], version: found[2], secret: found[3] };
    const next = decoded(tried);
    if (next === tried) return null;
    tried = next;
  }
  return null;
}

/** The address as the sender made it. */
export function straight(link: ShareLink, search: string): string {
  return `/s/${link.recipient}${search}#${link.version}.${link.secret}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
