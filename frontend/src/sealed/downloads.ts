// The service worker's part: answers one made-up address per download with the bytes the page's worker sends.
import { release } from "./bytes";
import type { Bytes } from "./platform";
import type { PortAsk, PortWord } from "./sinks";

/** What the page tells it beforehand. */
export interface Announced {
  address: string;
  name: string;
  size: number;
}

interface Waiting extends Announced {
  port: MessagePort;
}

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface Scope extends EventTarget {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
}

export const SAVE_PATH = "/s/-/save/";
/** Chunks asked for ahead of the disk; none at all stalls some browsers, many fill memory. */
const AHEAD = 2;
/** A length of 2^31 or more makes some browsers wait for ever. */
const LONGEST_SAID = 2 ** 31 - 1;

/** Begins to answer. */
export function startDownloads(scope: Scope): void {
  const waiting = new Map<string, Waiting>();
  scope.addEventListener("install", () => void scope.skipWaiting());
  scope.addEventListener("activate", (event) => {
    (event as Extendable).waitUntil(scope.clients.claim());
  });
  scope.addEventListener("message", (event) => {
    const { data, ports } = event as MessageEvent<Announced | "ping">;
    const [port, answer] = ports;
    if (data === "ping" || !port) return;
    waiting.set(data.address, { ...data, port });
    answer?.postMessage("ready");
  });
  scope.addEventListener("fetch", (event) => {
    const asked = event as FetchEvent;
    const address = new URL(asked.request.url).pathname;
    const found = waiting.get(address);
    if (!found) return;
    waiting.delete(address);
    asked.respondWith(answerWith(found));
  });
}

interface FetchEvent extends Event {
  request: Request;
  respondWith(answer: Response): void;
}

function answerWith({ port, name, size }: Waiting): Response {
  const headers = new Headers({
    "Content-Type": "application/octet-stream",
    "Content-Disposition": `attachment; filename*=UTF-8''${quoted(name)}`,
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
  });
  if (size <= LONGEST_SAID) headers.set("Content-Length", String(size));
  return new Response(streamOf(port), { headers });
}

function streamOf(port: MessagePort): ReadableStream<Bytes> {
  const ask = (word: PortAsk): void => {
    port.postMessage(word);
  };
  const given: Bytes[] = [];
  return new ReadableStream<Bytes>(
    {
      start(controller) {
        port.onmessage = ({ data }: MessageEvent<PortWord>) => {
          if ("chunk" in data) {
            given.push(data.chunk);
            controller.enqueue(data.chunk);
          } else if ("end" in data) controller.close();
          else controller.error(new TypeError("The file was not whole."));
        };
      },
      pull({ desiredSize }) {
        // A chunk was asked of us, so its reader has had all before that one: those neither waiting nor just given.
        const kept = AHEAD - (desiredSize ?? 0) + 1;
        for (const chunk of given.splice(0, given.length - kept)) release(chunk);
        ask({ pull: true });
      },
      cancel() {
        ask({ cancel: true });
      },
    },
    { highWaterMark: AHEAD },
  );
}

/** RFC 8187: everything but attr-char is percent-encoded. */
function quoted(name: string): string {
  return encodeURIComponent(name).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
