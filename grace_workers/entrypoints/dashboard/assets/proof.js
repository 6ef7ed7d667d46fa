// Checks inclusion proofs (RFC 9162, 2.1.3.2) and the checkpoint's signature with the browser's own cryptography.
"use strict";

const AT_ONCE = 5;
const place = document.getElementById("checking");
const verdict = document.getElementById("verdict");
const button = document.getElementById("verify");
const list = () => document.getElementById("entries");
const keyField = document.getElementById("verifier-key");

async function hash(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

const bytes = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
const hex = (value) => [...value].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function read(proof) {
  const [head, ...rest] = proof.split("\n\n");
  const [title, index, ...path] = head.split("\n").filter((line) => line && !line.startsWith("extra "));
  if (!title.startsWith("c2sp.org/tlog-proof@") || !index.startsWith("index ")) throw new Error("this is no proof");
  const note = rest.join("\n\n");
  const [origin, size, root] = note.split("\n");
  return { index: BigInt(index.slice(6)), path: path.map(bytes), origin, size: BigInt(size), root: bytes(root), note };
}

async function rootOf(leaf, { index, size, path }) {
  if (index >= size) return null;
  let [place, last, found] = [index, size - 1n, leaf];
  for (const step of path) {
    if (last === 0n) return null;
    if (place & 1n || place === last) {
      found = await hash(Uint8Array.of(1), step, found);
      while (!(place & 1n) && place !== 0n) [place, last] = [place >> 1n, last >> 1n];
    } else {
      found = await hash(Uint8Array.of(1), found, step);
    }
    [place, last] = [place >> 1n, last >> 1n];
  }
  return last === 0n ? found : null;
}

// The signature of the checkpoint, by the key that the reader knows from elsewhere (c2sp.org/signed-note, Ed25519).
async function isSigned(note, verifier) {
  const [name, id, ...rest] = verifier.trim().split("+");
  const key = bytes(rest.join("+"));
  if (!name || key.length !== 33 || key[0] !== 1) throw new Error("this is no verifier key; it reads name+id+base64");
  const end = note.lastIndexOf("\n\n") + 1;
  const public_key = await crypto.subtle.importKey("raw", key.slice(1), "Ed25519", false, ["verify"]);
  for (const line of note.slice(end).split("\n")) {
    const [mark, by, signature] = line.split(" ");
    if (mark !== "\u2014" || by !== name) continue;
    const blob = bytes(signature);
    if (hex(blob.slice(0, 4)) !== id) continue;
    return crypto.subtle.verify("Ed25519", public_key, blob.slice(4), new TextEncoder().encode(note.slice(0, end)));
  }
  return false;
}

// Returns the proof when the envelope is this entry and leads to the root of its checkpoint, null when it does not.
async function proved(seq, envelope, text) {
  const proof = read(text);
  if (proof.index !== BigInt(seq)) return null;
  const leaf = await hash(Uint8Array.of(0), new TextEncoder().encode(envelope));
  const found = await rootOf(leaf, proof);
  return found && hex(found) === hex(proof.root) ? proof : null;
}

async function signature(proof) {
  const verifier = keyField?.value.trim();
  if (!verifier) return "";
  if (!(await isSigned(proof.note, verifier))) {
    throw new Refuted("The checkpoint is NOT signed by that key. Was the key rotated? Then give the newest. If not, run grace audit verify now.");
  }
  return ` The checkpoint is signed by ${verifier.split("+")[0]}.`;
}

class Refuted extends Error {}

async function checkOne() {
  const proof = await proved(location.pathname.split("/").pop(), place.dataset.envelope, place.dataset.proof);
  if (!proof) throw new Refuted("NOT proved: the envelope shown here does not lead to the root of the checkpoint. Run grace audit verify now.");
  return `Proved: this envelope is entry ${proof.index} of ${proof.size} under the checkpoint with the root ${hex(proof.root)}.` + await signature(proof);
}

async function fetched(seq) {
  const answer = await fetch("/dashboard/audit/" + seq, { headers: { "X-Refresh": "1" }, cache: "no-store" });
  if (!answer.ok) throw new Error(`entry ${seq} cannot be read now (status ${answer.status})`);
  const one = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("checking").dataset;
  const proof = await proved(seq, one.envelope, one.proof);
  if (!proof) throw new Refuted(`Entry ${seq} is NOT proved. Run grace audit verify now.`);
  return proof;
}

// Asks for the entries of the list, a few at a time, and checks each.
async function checkAll() {
  const entries = list().dataset.provable.split(" ").filter(Boolean);
  if (!entries.length) throw new Error("no entry of this list is signed yet");
  const notes = new Map();
  for (let at = 0; at < entries.length; at += AT_ONCE) {
    const proofs = await Promise.all(entries.slice(at, at + AT_ONCE).map(fetched));
    for (const proof of proofs) notes.set(proof.note, proof);
    say("", `${at + proofs.length} of ${entries.length} entries proved …`);
  }
  // A new checkpoint may come while the entries are fetched, so each that proves one of them must be signed.
  let signed = "";
  for (const proof of notes.values()) signed = await signature(proof);
  const newest = [...notes.values()].at(-1);
  return `Proved: ${entries.length} entries, ${entries.at(-1)} to ${entries[0]}, are in the log of ${newest.size} with the root ${hex(newest.root)}.` + signed;
}

async function check() {
  button.disabled = true;
  try {
    say("good", await (list() ? checkAll() : checkOne()));
  } catch (error) {
    say("bad", error instanceof Refuted ? error.message : `The check did not end: ${error.message}`);
  } finally {
    button.disabled = false;
  }
}

function say(tone, text) {
  verdict.textContent = text;
  verdict.className = tone ? `banner ${tone}` : "";
}

if (globalThis.crypto?.subtle) {
  button.hidden = false;
  verdict.textContent = "Not checked yet.";
  button.addEventListener("click", check);
  if (keyField) {
    keyField.closest("details").hidden = false;
    keyField.value = localStorage.getItem("grace-verifier-key") || "";
    keyField.addEventListener("change", () => localStorage.setItem("grace-verifier-key", keyField.value));
  }
} else {
  verdict.textContent = "This browser hashes only on https or on this machine itself. Use grace audit proof instead.";
}
