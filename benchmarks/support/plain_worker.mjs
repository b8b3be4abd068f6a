// Builds the share page's worker with everything but the cryptography: the same requests, order, copies and sinks, but
// chunks are passed on as they came and nothing is hashed. Prints the script. `node plain_worker.mjs`
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const esbuild = createRequire(path.join(root, "frontend", "package.json"))("esbuild");
// The list of files, the one small object, is unlocked as ever.
const CHANGES = {
  "unlock.ts": [
    ["this.filling.add(this.open(this.number, sealed),", "this.filling.add(this.size < 2e5 ? this.open(this.number, sealed) : Promise.resolve(sealed.slice(16).buffer),"],
    ['digest: await crypto.subtle.digest("SHA-256", this.plain)', "digest: new ArrayBuffer(32)"],
  ],
  "opener.ts": [["(await cps1.fileHash(digests)) !== file.hash", "digests.length < 0"]],
};

const plain = {
  name: "plain",
  setup(build) {
    build.onLoad({ filter: /sealed\/(unlock|opener)\.ts$/ }, async ({ path: file }) => {
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
  entryPoints: [path.join(root, "frontend", "src", "entries", "share_worker.ts")],
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  write: false,
  plugins: [plain],
});
process.stdout.write(outputFiles[0].text);
