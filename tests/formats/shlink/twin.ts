// Reads links and files with the browser's implementation, in Node: JSON lines in, JSON lines out.
import { createInterface } from "node:readline";

import { openJwe } from "../../../frontend/src/shl/jwe";
import { readLink } from "../../../frontend/src/shl/link";
import { unb64u } from "../../../frontend/src/shl/base64";

async function answer(line: string): Promise<unknown> {
  const { link, jwe, key } = JSON.parse(line);
  if (link === undefined) {
    try {
      const opened = await openJwe(jwe, unb64u(key)!);
      return { text: Buffer.from(opened.bytes).toString("base64"), type: opened.type };
    } catch (error) {
      return { refused: (error as { why?: string }).why ?? String(error) };
    }
  }
  const found = readLink(link);
  if (typeof found === "string") return null;
  const flag = `${found.longTerm ? "L" : ""}${found.passcode ? "P" : ""}${found.direct ? "U" : ""}`;
  return { url: found.url, key: Buffer.from(found.key).toString("base64url"), exp: found.exp, flag, label: found.label };
}

for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await answer(line)));
