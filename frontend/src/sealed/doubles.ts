// JSON whose objects name a member twice: readers would not agree on which counts, so none is taken.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/** Whether an object in `text`, which JSON.parse took, has a member twice; other spellings of a name are the same. */
export function hasDoubles(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const names = open.at(-1);
      const name = last.includes("\\") ? (JSON.parse(last) as string) : last.slice(1, -1);
      if (names?.has(name)) return true;
      names?.add(name);
    }
    last = token;
  }
  return false;
}
