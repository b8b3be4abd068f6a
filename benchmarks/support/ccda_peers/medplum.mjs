// Convert C-CDA files with @medplum/ccda: node medplum.mjs ROUNDS OUT FILE...
// Prints what python_peer.py prints. A pass over all files comes first, so that the compiler of node has warmed up.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

const require = createRequire(`${process.env.PEERS}/package.json`);
const { convertXmlToCcda, convertCcdaToFhir } = require('@medplum/ccda');
const [rounds, out, ...files] = process.argv.slice(2);
for (const level of ['log', 'warn', 'error', 'info', 'debug']) {
  console[level] = () => {};
}

function cpu() {
  const used = process.cpuUsage();
  return (used.user + used.system) / 1e6;
}

function once(text) {
  const began = cpu();
  const bundle = convertCcdaToFhir(convertXmlToCcda(text));
  return { bundle, seconds: cpu() - began };
}

function convert(file) {
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  try {
    const runs = Array.from({ length: Number(rounds) }, () => once(text));
    if (out !== '-') {
      writeFileSync(`${out}/${basename(file).replace(/\.[^.]*$/, '')}.json`, JSON.stringify(runs[0].bundle));
    }
    const sorted = runs.map((run) => run.seconds).sort((a, b) => a - b);
    return { file, ok: true, seconds: sorted[Math.floor(sorted.length / 2)], error: '' };
  } catch (error) {
    return { file, ok: false, seconds: null, error: String(error.message).slice(0, 200) };
  }
}

files.forEach(convert);
for (const file of files) {
  process.stdout.write(`${JSON.stringify(convert(file))}\n`);
}
