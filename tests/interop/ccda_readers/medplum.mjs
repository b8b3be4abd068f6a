// Read C-CDA files with @medplum/ccda: node medplum.mjs PACKAGES FILE... One FHIR Bundle a line.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [packages, ...files] = process.argv.slice(2);
const { convertCcdaToFhir, convertXmlToCcda } = createRequire(packages)("@medplum/ccda");
console.log = console.warn = console.info = () => {};
for (const file of files) {
  process.stdout.write(`${JSON.stringify(convertCcdaToFhir(convertXmlToCcda(readFileSync(file, "utf8"))))}\n`);
}
