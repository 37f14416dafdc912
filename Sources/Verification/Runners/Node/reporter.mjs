// A reporter for `node --test` that writes one JSON object a line, each with the session's nonce and a sequence number.
// It runs in the process of the runner; test files run in others and cannot reach what it knows.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const charactersMax = 16384;
const framesMax = 64;
const folder = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

function takeNonce() {
  const file = path.join(folder, 'nonces');
  const lines = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);
  fs.writeFileSync(file, lines.slice(1).join('\n'));
  return lines[0];
}

// Processes that tests start shall not see what was added.
function hideFromChildren() {
  const words = (process.env.NODE_OPTIONS ?? '').split(' ');
  process.env.NODE_OPTIONS = words.filter((word) => !word.includes('--test-reporter')).join(' ');
  if (!process.env.NODE_OPTIONS) delete process.env.NODE_OPTIONS;
}

function clean(text) {
  const whole = String(text).toWellFormed?.() ?? String(text);
  const half = charactersMax / 2;
  return whole.length > charactersMax ? whole.slice(0, half) + '\n[...]\n' + whole.slice(-half) : whole;
}

function frames(stack) {
  const found = [];
  for (const line of String(stack ?? '').split('\n')) {
    const match = /^\s*at (?:(.*) \()?((?:file:\/\/)?\/[^()]*?):(\d+):\d+\)?$/.exec(line);
    if (!match) continue;
    const file = match[2].startsWith('file:') ? fileURLToPath(match[2]) : match[2];
    found.push([file, Number(match[3]), match[1] ?? '']);
  }
  return found.slice(0, framesMax).reverse();
}

function failure(data) {
  const error = data.details?.error;
  const cause = error?.cause instanceof Error ? error.cause : error;
  const stack = cause?.stack ?? String(error?.cause ?? error ?? 'failed');
  const message = cause?.message ? `${cause.name ?? 'Error'}: ${cause.message}` : String(error?.cause ?? error);
  return { message: clean(message.split('\n')[0]), detail: clean(stack), trace: frames(stack) };
}

export default async function* report(source) {
  const nonce = takeNonce();
  hideFromChildren();
  const file = fs.openSync(path.join(folder, 'report'), 'a', 0o600);
  let sequence = 0;
  const record = (kind, fields) => {
    if (nonce) fs.writeSync(file, JSON.stringify({ ...fields, nonce, sequence: sequence++, kind }) + '\n');
  };
  record('begin', { runner: 'node', version: process.version, root: process.cwd() });
  const errors = new Map();
  let names = [];
  let failures = 0;
  for await (const { type, data } of source) {
    if (type === 'test:stderr' && data.file) {
      errors.set(data.file, ((errors.get(data.file) ?? '') + data.message).slice(-charactersMax));
    }
    if (type === 'test:start') names = [...names.slice(0, data.nesting), data.name];
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const place = data.file ? path.relative(process.cwd(), data.file) : '';
    const isFile = data.nesting === 0 && data.file !== undefined && path.resolve(data.name) === data.file;
    const id = isFile ? place : [place, ...names.slice(0, data.nesting), data.name].join(' > ');
    const isSuite = data.details?.type === 'suite';
    const failed = type === 'test:fail' && !data.todo && !data.skip;
    if (failed) failures += 1;
    if (isSuite && (!failed || data.details?.error?.failureType === 'subtestsFailed')) continue;
    const outcome = failed ? 'failed' : data.skip !== undefined || data.todo !== undefined ? 'skipped' : 'passed';
    const fields = { id: clean(id), phase: 'call', outcome, seconds: (data.details?.duration_ms ?? 0) / 1000 };
    if (failed) Object.assign(fields, failure(data));
    if (failed && isFile && errors.has(data.file)) {
      const text = errors.get(data.file);
      const place = /^(\/.+):(\d+)$/m.exec(text);
      fields.detail = clean(text);
      fields.trace = [...frames(text), ...(place ? [[place[1], Number(place[2]), '']] : [])];
    }
    record('phase', fields);
  }
  record('end', { status: failures > 0 ? 1 : 0, only_collected: false });
  fs.closeSync(file);
  yield '';
}
