// Checks an inclusion proof (RFC 9162, 2.1.3.2) with the browser's own SHA-256.
"use strict";

const place = document.getElementById("checking");
const verdict = document.getElementById("verdict");
const button = document.getElementById("verify");

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
  const [origin, size, root] = rest.join("\n\n").split("\n");
  return { index: BigInt(index.slice(6)), path: path.map(bytes), origin, size: BigInt(size), root: bytes(root) };
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

async function check() {
  try {
    const proof = read(place.dataset.proof);
    const leaf = await hash(Uint8Array.of(0), new TextEncoder().encode(place.dataset.envelope));
    const found = await rootOf(leaf, proof);
    if (found && hex(found) === hex(proof.root)) {
      say("good", `Proved: this envelope is entry ${proof.index} of ${proof.size} under the checkpoint with the root ${hex(proof.root)}.`);
    } else {
      say("bad", "NOT proved: the envelope shown here does not lead to the root of the checkpoint. Run grace audit verify now.");
    }
  } catch (error) {
    say("bad", `The proof cannot be read: ${error.message}`);
  }
}

function say(tone, text) {
  verdict.textContent = text;
  verdict.className = `banner ${tone}`;
}

if (globalThis.crypto?.subtle) {
  button.hidden = false;
  verdict.textContent = "Not checked yet.";
  button.addEventListener("click", check);
} else {
  verdict.textContent = "This browser hashes only on https or on this machine itself. Use grace audit proof instead.";
}
