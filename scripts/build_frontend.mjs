// Builds the Sass and the TypeScript of frontend/ into src/chartpost/static/built/, which the wheel carries.
// Run `npm ci` in frontend/ first. `--watch` rebuilds when a source changes.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, stat, watch, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const frontend = path.join(root, "frontend");
const target = path.join(root, "src", "chartpost", "static", "built");
const FONTS = ["PublicSans-Regular", "PublicSans-SemiBold", "PublicSans-Bold"];
const CSS_LIMIT = 40 * 1024;
const SHEETS = { "main.scss": "chartpost.css", "share.scss": "share.css", "document.scss": "document.css" };

const require = createRequire(path.join(frontend, "package.json"));

function load(name) {
  try {
    return require(name);
  } catch (error) {
    throw new Error(`${name} was not found in frontend/node_modules; run "npm ci" in frontend/ first`, { cause: error });
  }
}

async function buildStyles() {
  const sass = load("sass");
  for (const [source, name] of Object.entries(SHEETS)) {
    const { css } = await sass.compileAsync(path.join(frontend, "sass", source), { style: "compressed", charset: false });
    if (Buffer.byteLength(css) > CSS_LIMIT) {
      throw new Error(`${name} has ${Buffer.byteLength(css)} bytes; the limit is ${CSS_LIMIT}: remove what is unused`);
    }
    await writeFile(path.join(target, name), css);
  }
}

async function copyFonts() {
  await mkdir(path.join(target, "fonts"), { recursive: true });
  for (const name of FONTS) {
    const file = path.join(frontend, "node_modules", "@uswds", "uswds", "dist", "fonts", "public-sans", `${name}.woff2`);
    await copyFile(file, path.join(target, "fonts", `${name}.woff2`));
  }
}

// Every file directly in frontend/src/entries becomes one script of the same name.
async function buildScripts() {
  const esbuild = load("esbuild");
  const folder = path.join(frontend, "src", "entries");
  const entries = (await readdir(folder)).filter((name) => name.endsWith(".ts"));
  await esbuild.build({
    entryPoints: entries.map((name) => path.join(folder, name)),
    outdir: path.join(target, "js"),
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022"],
    legalComments: "none",
    logLevel: "warning",
    absWorkingDir: frontend,
  });
}

// OPEN-ME.html of the offline box: one file with its style, its script and its worker in it, and the hashes of what it
// may run. Its place for sealed bytes stays empty here; chartpost.formats.media fills it.
async function buildBoxPage() {
  const sass = load("sass");
  const { css } = await sass.compileAsync(path.join(frontend, "sass", "openme.scss"), { style: "compressed", charset: false });
  const inline = async (name) => (await readFile(path.join(target, "js", name), "utf8")).trim().replaceAll(/<(?=\/script|!--)/gi, "\\x3c");
  const values = { style: css.trim(), script: await inline("openme.js"), worker: await inline("openme_worker.js") };
  const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(values.script)} 'wasm-unsafe-eval'`,
    `style-src ${hash(values.style)}`,
    "worker-src blob:",
    "img-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types chartpost chartpost-box",
  ].join("; ");
  const page = await readFile(path.join(frontend, "src", "sealed", "openme.html"), "utf8");
  const filled = page.replaceAll(/\{\{(\w+)\}\}/g, (whole, name) => ({ ...values, policy })[name] ?? whole);
  await writeFile(path.join(target, "openme.html"), filled);
  for (const name of ["openme.js", "openme_worker.js"]) await rm(path.join(target, "js", name));
}

// What a browser checks each file against (W3C Subresource Integrity); the sealed pages quote it.
async function writeIntegrity() {
  const names = (await readdir(target, { recursive: true })).filter((name) => /\.(css|js|woff2)$/.test(name)).sort();
  const found = {};
  for (const name of names) {
    const digest = createHash("sha384").update(await readFile(path.join(target, name))).digest("base64");
    found[name.split(path.sep).join("/")] = `sha384-${digest}`;
  }
  await writeFile(path.join(target, "integrity.json"), `${JSON.stringify(found, null, 2)}\n`);
}

async function report(folder) {
  for (const name of await readdir(folder, { recursive: true })) {
    const { size } = await stat(path.join(folder, name));
    if (/\.(css|js|html)$/.test(name)) console.log(`${String(size).padStart(8)}  ${name}`);
  }
}

async function build() {
  await mkdir(target, { recursive: true });
  await Promise.all([buildStyles(), copyFonts(), buildScripts()]);
  await buildBoxPage();
  await writeIntegrity();
  await report(target);
}

if (process.argv.includes("--clean")) await rm(target, { recursive: true, force: true });
await build();
if (process.argv.includes("--watch")) {
  for await (const change of watch(frontend, { recursive: true })) {
    if (!/^(sass|src)[\\/]/.test(change.filename ?? "")) continue;
    await build().catch((error) => console.error(error.message));
  }
}
