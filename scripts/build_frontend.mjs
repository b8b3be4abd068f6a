// Builds the Sass and the TypeScript of frontend/ into src/chartpost/static/built/, which the wheel carries.
// Run `npm ci` in frontend/ first. `--watch` rebuilds when a source changes.
import { copyFile, mkdir, readdir, rm, stat, watch, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const frontend = path.join(root, "frontend");
const target = path.join(root, "src", "chartpost", "static", "built");
const FONTS = ["PublicSans-Regular", "PublicSans-SemiBold", "PublicSans-Bold"];
const CSS_LIMIT = 40 * 1024;

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
  const source = path.join(frontend, "sass", "main.scss");
  const { css } = await sass.compileAsync(source, { style: "compressed", charset: false });
  if (Buffer.byteLength(css) > CSS_LIMIT) {
    throw new Error(`chartpost.css has ${Buffer.byteLength(css)} bytes; the limit is ${CSS_LIMIT}: remove what is unused`);
  }
  await writeFile(path.join(target, "chartpost.css"), css);
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

async function report(folder) {
  for (const name of await readdir(folder, { recursive: true })) {
    const { size } = await stat(path.join(folder, name));
    if (/\.(css|js)$/.test(name)) console.log(`${String(size).padStart(8)}  ${name}`);
  }
}

async function build() {
  await mkdir(target, { recursive: true });
  await Promise.all([buildStyles(), copyFonts(), buildScripts()]);
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
