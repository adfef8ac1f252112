"use strict";

/* Sends a form and shows the part of a page that comes back. The token goes into the header, everything else into the body: nothing
   personal stands in a URL, and nothing is kept. The server writes all texts and escapes what came from elsewhere. */

const KEY_BYTES = 16;

/** A key of an act: the same one for the same question, so that a repetition decides nothing twice. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Text as text, never as markup. */
function paragraph(text) {
  const made = document.createElement("p");
  made.className = "hint";
  made.textContent = text;
  return made;
}

/** What is chosen or typed, as bytes; a seal is not text. */
async function content(form) {
  const file = form.elements.namedItem("file").files[0];
  return file ? file.arrayBuffer() : form.elements.namedItem(form.dataset.raw).value.trim();
}

async function ask(form, submitter, key) {
  const data = new FormData(form, submitter);
  const headers = {};
  const token = (data.get("token") ?? "").trim();
  if (token) headers.authorization = `Bearer ${token}`;
  if (key) headers["idempotency-key"] = key;
  data.delete("token");
  let body;
  if ("raw" in form.dataset) {
    headers["content-type"] = "application/octet-stream";
    body = await content(form);
  } else {
    headers["content-type"] = "application/json";
    body = JSON.stringify(Object.fromEntries(data));
  }
  const response = await fetch(form.action, { method: "POST", headers, body });
  if (!(response.headers.get("content-type") ?? "").startsWith("text/html")) throw new Error("no page");
  const text = await response.text();
  return { ok: response.ok, parts: new DOMParser().parseFromString(text, "text/html").body.childNodes };
}

function prepare(form, target) {
  let key = null;
  form.addEventListener("input", () => { key = null; });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (target.getAttribute("aria-busy") === "true") return;
    if ("act" in form.dataset) key ??= newKey();
    target.setAttribute("aria-busy", "true");
    const asked = ask(form, event.submitter, key);
    target.replaceChildren(paragraph(target.dataset.wait));
    try {
      const answer = await asked;
      target.replaceChildren(...answer.parts);
      if (answer.ok) key = null;
    } catch {
      target.replaceChildren(paragraph(target.dataset.trouble));
    }
    target.removeAttribute("aria-busy");
    target.focus();
  });
}

/** A file that is dropped anywhere on the form is chosen. */
function takeDrops(form, input) {
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    input.files = event.dataTransfer.files;
  });
}

const target = document.getElementById("answer");
for (const form of document.querySelectorAll("form.ask")) {
  prepare(form, target);
  const file = form.elements.namedItem("file");
  if (file) {
    takeDrops(form, file);
    // What is typed later counts, not the file that was chosen before.
    form.elements.namedItem(form.dataset.raw).addEventListener("input", () => { file.value = ""; });
  }
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

const health = document.getElementById("health");
fetch("/v1/health").then(async (response) => {
  const found = await response.json();
  const bad = found.checks.filter((check) => !check.ok).map((check) => `${check.name}: ${check.detail}`);
  health.textContent = found.ok ? health.dataset.ok : `${health.dataset.bad} (${bad.join("; ")})`;
  health.classList.toggle("bad", !found.ok);
}).catch(() => {
  health.textContent = health.dataset.none;
  health.classList.add("bad");
});
