// Builds the send page's worker with everything but the cryptography: the same reads, copies, requests and order, but
// chunks go out as they are, and the plaintext is not hashed. The digest that a part is announced with stays, since
// the server wants it of any upload. Prints the script. `node plain_send_worker.mjs`
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const esbuild = createRequire(path.join(root, "frontend", "package.json"))("esbuild");
// The list of files, the one small object, is sealed as ever.
const CHANGES = {
  "cps1.ts": [
    [
      "const sealed = await this.seal(first + n, from.subarray(n * CHUNK, (n + 1) * CHUNK));",
      "const chunk = from.subarray(n * CHUNK, (n + 1) * CHUNK); const sealed = from.length > 2e6 ? chunk.slice().buffer : await this.seal(first + n, chunk);",
    ],
  ],
  "send_engine.ts": [["await sha256(plain.subarray(block.from - from, block.to - from))", "plain.slice(0, 32)"]],
};

const plain = {
  name: "plain",
  setup(build) {
    build.onLoad({ filter: /sealed\/(cps1|send_engine)\.ts$/ }, async ({ path: file }) => {
      let contents = await readFile(file, "utf8");
      for (const [old, next] of CHANGES[path.basename(file)]) {
        if (!contents.includes(old)) throw new Error(`${file} no longer holds: ${old}`);
        contents = contents.replace(old, next);
      }
      return { contents, loader: "ts" };
    });
  },
};
const { outputFiles } = await esbuild.build({
  entryPoints: [path.join(root, "frontend", "src", "entries", "send_worker.ts")],
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  write: false,
  plugins: [plain],
});
process.stdout.write(outputFiles[0].text);
