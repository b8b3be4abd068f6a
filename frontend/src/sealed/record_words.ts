// What the page of a sealed share and the portal say to each other when somebody keeps files in their record. Each
// speaks to one exact origin and listens to one window; after the first word all goes over a channel of their own.

/** Says that the portal's page is there and listens. */
export interface Ready {
  chartpost: "record-ready";
}

/** Offers files; the channel's other end comes with it. */
export interface Offer {
  chartpost: "record-offer";
  files: { index: number; name: string; size: number }[];
}

/** The portal's page asks over the channel: for one file, or says how many were added. */
export type Asked = { want: number } | { kept: number; of: number } | { leave: true };

/** The share's page answers over the channel: the whole file, checked; or that there is none. */
export type Given = { index: number; file: Blob } | { index: number; failed: true };

/** Whether a message says so, whoever it is from. */
export function isReady(data: unknown): data is Ready {
  return kindOf(data) === "record-ready";
}

/** Whether a message offers files in the right shape. */
export function isOffer(data: unknown): data is Offer {
  const files = (data as { files?: unknown } | null)?.files;
  return kindOf(data) === "record-offer" && Array.isArray(files) && files.every(isFile);
}

function isFile(value: unknown): boolean {
  const { index, name, size } = (value ?? {}) as Record<string, unknown>;
  return Number.isSafeInteger(index) && typeof name === "string" && Number.isSafeInteger(size);
}

function kindOf(data: unknown): unknown {
  return typeof data === "object" && data !== null ? (data as { chartpost?: unknown }).chartpost : null;
}
