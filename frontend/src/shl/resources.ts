// Reaching into FHIR JSON that may hold anything.
export type Resource = Record<string, unknown>;

export interface Held {
  resource: Resource;
  /** What references to it may say: its full address and Type/id. */
  keys: string[];
}

const DEEPEST = 3;
const MOST = 50_000;

/** All resources of a Bundle, Bundles inside it included, or the one resource this is. */
export function resourcesOf(content: unknown, depth = 0): Held[] {
  if (!isResource(content)) return [];
  const kind = textAt(content, "resourceType");
  if (kind !== "Bundle") return [{ resource: content, keys: [`${kind}/${textAt(content, "id")}`] }];
  const entries = list(content, "entry").slice(0, MOST);
  return entries.flatMap((entry) => {
    const inner = depth < DEEPEST ? resourcesOf(entry["resource"], depth + 1) : [];
    const full = textAt(entry, "fullUrl");
    return inner.map((held) => (full && inner.length === 1 ? { ...held, keys: [...held.keys, full] } : held));
  });
}

/** Whether a value is a JSON object. */
export function isResource(value: unknown): value is Resource {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** The objects at a name: one, several, or none. */
export function list(holder: Resource | undefined, name: string): Resource[] {
  const value = holder?.[name];
  return (Array.isArray(value) ? value : [value]).filter(isResource);
}

/** The text down a path of names; "" when there is none. Numbers and booleans become text. */
export function textAt(holder: Resource | undefined, ...path: string[]): string {
  let value: unknown = holder;
  for (const name of path) value = isResource(value) ? value[name] : undefined;
  if (typeof value === "string") return value.trim();
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
