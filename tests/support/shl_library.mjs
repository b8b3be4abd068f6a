// Speaks SMART Health Links by the library `kill-the-clipboard`, which others wrote:
//   node shl_library.mjs read LINK RECIPIENT [PASSCODE]   -> what it found, as JSON
//   node shl_library.mjs make BASE [FLAG]                 <- resources as JSON lines; -> {link, manifest, files}
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const require = createRequire(new URL("../../frontend/package.json", import.meta.url));
const library = require("kill-the-clipboard");
const [verb, ...words] = process.argv.slice(2);

async function read(link, recipient, passcode) {
  const viewer = new library.SHLViewer({ shlinkURI: link });
  const { label, flag, exp } = viewer.shl.payload;
  try {
    const found = await viewer.resolveSHL({ recipient, ...(passcode && { passcode }) });
    return { label, flag, exp, manifest: found.manifest, resources: found.fhirResources };
  } catch (error) {
    return { error: error.constructor.name, message: error.message };
  }
}

async function make(base, flag) {
  const shl = library.SHL.generate({ baseManifestURL: base, manifestPath: "manifest.json", label: "Made elsewhere", flag: flag || undefined });
  const files = {};
  const builder = new library.SHLManifestBuilder({
    shl,
    uploadFile: async (content) => {
      const name = `file-${Object.keys(files).length}`;
      files[name] = content;
      return name;
    },
    getFileURL: async (name) => `${base}/${name}`,
    loadFile: async (name) => files[name],
  });
  const lines = (await text(process.stdin)).split("\n").filter(Boolean);
  for (const [at, line] of lines.entries()) {
    await builder.addFHIRResource({ content: JSON.parse(line), enableCompression: at % 2 === 0 });
  }
  const manifest = await builder.buildManifest({ embeddedLengthMax: 2000 });
  return { link: shl.toURI(), url: shl.url, manifest, files };
}

const done = await { read, make }[verb](...words);
process.stdout.write(JSON.stringify(done));
