// Verifies Tenantry's proofs with nothing but Node: no dependency, no code of
// Tenantry's. Written from docs/integrity.md.
//
//   node verify.mjs proof FILE KEY…            a checkpoint, or a proof
//   node verify.mjs rows ROWS CHECKPOINT KEY…  all events, one JSON object per line
//
// Exit status: 0 it holds, 3 it does not, 2 it cannot be understood.
import { createHash, createPublicKey, verify } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

class Refused extends Error {}
const refuse = (why) => {
  throw new Refused(why);
};
const demand = (holds, why) => holds || refuse(why);

// ── Hashes ──────────────────────────────────────────────────────────────────
const sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const leafHash = (leaf) => sha256(Buffer.of(0), leaf);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);
const same = (a, b) => Buffer.compare(a, b) === 0;

/** Base64 as RFC 4648, section 4, has it, and no other spelling. */
const base64 = (text, length, what) => {
  demand(typeof text === "string", `${what} is no text`);
  const bytes = Buffer.from(text, "base64");
  demand(bytes.toString("base64") === text, `${what} is not base64`);
  demand(length === undefined || bytes.length === length, `${what} has not ${length} bytes`);
  return bytes;
};

// ── Notes ───────────────────────────────────────────────────────────────────
/** A verifier key: name+id+base64(1, public key). */
const readKey = (text) => {
  const [name, id, key, ...more] = text.trim().split(/\+(.{8})\+/s);
  demand(name && id && key && more.length === 0, `${text} is no verifier key`);
  const bytes = base64(key, 33, "the key");
  demand(bytes[0] === 1, "the key is not of Ed25519");
  const expected = sha256(`${name}\n`, bytes).subarray(0, 4);
  demand(expected.toString("hex") === id, "the key's id is not its own");
  // The public key in DER: a fixed beginning and the 32 bytes.
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytes.subarray(1)]);
  return { name, id: expected, key: createPublicKey({ key: der, format: "der", type: "spki" }) };
};

/** What a signed checkpoint says. */
const openNote = (note, keys) => {
  demand(typeof note === "string", "the checkpoint is no text");
  demand(!/[\u0000-\u0009\u000b-\u001f]/.test(note), "the checkpoint has control characters");
  const end = note.lastIndexOf("\n\n");
  demand(end > 0 && note.endsWith("\n"), "the checkpoint is no signed note");
  const text = note.slice(0, end + 1);
  let signed = false;
  for (const line of note.slice(end + 2, -1).split("\n")) {
    const [, name, signature] = line.match(/^\u2014 (\S+) (\S+)$/) ?? refuse("a signature line");
    const bytes = base64(signature, undefined, "a signature");
    const key = keys.find((key) => key.name === name && same(key.id, bytes.subarray(0, 4)));
    if (!key) continue;
    demand(verify(null, Buffer.from(text), key.key, bytes.subarray(4)), "the signature does not fit");
    signed = true;
  }
  demand(signed, "the checkpoint is not signed with a trusted key");
  const [origin, size, root, ...rest] = text.split("\n");
  demand(origin && rest.length === 1 && rest[0] === "", "the checkpoint has not three lines");
  demand(/^(0|[1-9][0-9]*)$/.test(size), "the checkpoint has no size");
  return { origin, size: BigInt(size), root: base64(root, 32, "the root") };
};

// ── Proofs, RFC 9162, sections 2.1.3.2 and 2.1.4.2 ──────────────────────────
const includes = (leaf, index, size, proof, root) => {
  if (index < 0n || index >= size) return false;
  let [fn, sn, hash] = [index, size - 1n, leaf];
  for (const other of proof) {
    if (sn === 0n) return false;
    if (fn % 2n === 1n || fn === sn) {
      hash = nodeHash(other, hash);
      while (fn % 2n === 0n && fn !== 0n) [fn, sn] = [fn / 2n, sn / 2n];
    } else {
      hash = nodeHash(hash, other);
    }
    [fn, sn] = [fn / 2n, sn / 2n];
  }
  return sn === 0n && same(hash, root);
};

const continues = (first, second, proof) => {
  if (first.size === 0n || first.size > second.size) return false;
  if (first.size === second.size) return proof.length === 0 && same(first.root, second.root);
  const whole = (first.size & (first.size - 1n)) === 0n;
  const path = whole ? [first.root, ...proof] : [...proof];
  if (path.length === 0) return false;
  let [fn, sn] = [first.size - 1n, second.size - 1n];
  while (fn % 2n === 1n) [fn, sn] = [fn / 2n, sn / 2n];
  let [fr, sr] = [path[0], path[0]];
  for (const other of path.slice(1)) {
    if (sn === 0n) return false;
    if (fn % 2n === 1n || fn === sn) {
      [fr, sr] = [nodeHash(other, fr), nodeHash(other, sr)];
      while (fn % 2n === 0n && fn !== 0n) [fn, sn] = [fn / 2n, sn / 2n];
    } else {
      sr = nodeHash(sr, other);
    }
    [fn, sn] = [fn / 2n, sn / 2n];
  }
  return sn === 0n && same(fr, first.root) && same(sr, second.root);
};

// ── Leaves ──────────────────────────────────────────────────────────────────
const integer = (bits) => (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes.subarray(8 - bits / 8);
};
const id = (value) => Buffer.from(value.replaceAll("-", ""), "hex");
const text = (value) => Buffer.from(value, "utf8");
const bytes = (value) => base64(value, undefined, "a value");
/** Microseconds since 2000. JavaScript's own dates know only milliseconds. */
const time = (value) => {
  if (value === "infinity") return Buffer.from("7fffffffffffffff", "hex");
  if (value === "-infinity") return Buffer.from("8000000000000000", "hex");
  const [, seconds, micros] = value.match(/^(.*)\.([0-9]{6})Z$/) ?? refuse(`${value} is no time`);
  const since = BigInt(Date.parse(`${seconds}Z`) - Date.parse("2000-01-01T00:00:00Z"));
  return integer(64)(since * 1000n + BigInt(micros));
};
const COLUMNS = [
  ["position", integer(64)],
  ["stream_id", id],
  ["version", integer(64)],
  ["stream_type", text],
  ["type", text],
  ["schema_version", integer(16)],
  ["codec", integer(16)],
  ["event_id", id],
  ["occurred_at", time],
  ["recorded_at", time],
  ["actor", text],
  ["command_id", id],
  ["correlation_id", id],
  ["causation_id", id],
  ["trace_parent", text],
  ["metadata", bytes],
  ["payload", bytes],
];

/** The leaf of an event. */
const encode = (row) => {
  const parts = [Buffer.of(1)];
  for (const [name, write] of COLUMNS) {
    demand(row[name] !== undefined, `the event has no ${name}`);
    if (row[name] === null) {
      parts.push(Buffer.from("ffffffff", "hex"));
      continue;
    }
    const value = write(row[name]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(value.length);
    parts.push(length, value);
  }
  return Buffer.concat(parts);
};

// ── Documents ───────────────────────────────────────────────────────────────
const openOf = (document, note, size, keys) => {
  const checkpoint = openNote(note, keys);
  demand(checkpoint.origin.endsWith(`/${document.tenant}`), "the checkpoint is of another tenant");
  demand(checkpoint.size === BigInt(size), "the checkpoint is of another size");
  return checkpoint;
};
const hashes = (proof) => proof.map((hash) => base64(hash, 32, "a hash of the proof"));

const checkProof = (document, keys) => {
  switch (document.format) {
    case "tenantry/checkpoint/v1":
      openOf(document, document.checkpoint, document.size, keys);
      return `a log of ${document.size} events was signed`;
    case "tenantry/inclusion/v1": {
      const signed = openOf(document, document.checkpoint, document.size, keys);
      const leaf = base64(document.leaf, undefined, "the leaf");
      // Version 1, length 8, position.
      demand(leaf[0] === 1 && leaf.readUInt32BE(1) === 8, "the leaf is of another version");
      demand(leaf.readBigInt64BE(5) === BigInt(document.position), "the leaf is of another position");
      const index = BigInt(document.position) - 1n;
      const holds = includes(leafHash(leaf), index, signed.size, hashes(document.proof), signed.root);
      demand(holds, "the proof does not lead to the root");
      return `the event at position ${document.position} is in the signed log`;
    }
    case "tenantry/consistency/v1": {
      const first = openOf(document, document.from_checkpoint, document.from, keys);
      const second = openOf(document, document.to_checkpoint, document.to, keys);
      demand(first.origin === second.origin, "the checkpoints are of different logs");
      demand(continues(first, second, hashes(document.proof)), "the proof does not lead to the roots");
      return `the log of ${document.to} events continues that of ${document.from}`;
    }
    default:
      return refuse(`nothing is known of the format ${document.format}`);
  }
};

/** Makes the tree of all events anew. */
const checkRows = async (rows, document, keys) => {
  const signed = openOf(document, document.checkpoint, document.size, keys);
  let size = 0n;
  const subtrees = [];
  for await (const line of createInterface({ input: createReadStream(rows) })) {
    if (size === signed.size) break;
    const row = JSON.parse(line);
    demand(BigInt(row.position) === size + 1n, `position ${size + 1n} is missing`);
    let hash = leafHash(encode(row));
    for (let place = size; place % 2n === 1n; place /= 2n) hash = nodeHash(subtrees.pop(), hash);
    subtrees.push(hash);
    size += 1n;
  }
  demand(size === signed.size, `there are ${size} events, ${signed.size} were signed`);
  const root = subtrees.reduceRight((right, left) => nodeHash(left, right));
  demand(same(root, signed.root), "the events do not give the signed root");
  return `${size} events give the signed root`;
};

const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const [what, file, ...rest] = process.argv.slice(2);
try {
  switch (what) {
    case "proof":
      console.log(checkProof(read(file), rest.map(readKey)));
      break;
    case "rows":
      console.log(await checkRows(file, read(rest[0]), rest.slice(1).map(readKey)));
      break;
    default:
      console.error("usage: verify.mjs proof FILE KEY… | rows ROWS CHECKPOINT KEY…");
      process.exitCode = 2;
  }
} catch (error) {
  console.error(error instanceof Refused ? `does not hold: ${error.message}` : String(error));
  process.exitCode = error instanceof Refused ? 3 : 2;
}
