"use strict";

/* Sends a form and shows the part of a page that comes back. The token goes into the header, everything else into the body: nothing
   personal stands in a URL. The server writes all texts and escapes what came from elsewhere. */

const KEY_BYTES = 16;
const TOKEN = "boyin.token";
const FIELD = "boyin.field.";
/** A token that was not used for so long is forgotten. */
const IDLE_MILLISECONDS = 30 * 60 * 1000;
const IDLE_LOOK_MILLISECONDS = 30 * 1000;
/** An answer that is not there by then is waited for in words. */
const PATIENCE_MILLISECONDS = 400;
const SCAN_MILLISECONDS = 150;
const CODE_PREFIX = "BY1:";
/** The longer side of a picture that is sent: enough for a code that fills half of it. */
const PICTURE_PIXELS = 1600;

/** A key of an act: the same one for the same question, so that a repetition decides nothing twice. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Text as text, never as markup. */
function paragraph(text, name) {
  const made = document.createElement("p");
  made.className = name;
  made.textContent = text;
  return made;
}

const target = document.getElementById("answer");
const status = document.getElementById("said");

/** Says why there is no answer, without asking. */
function complain(text) {
  const made = paragraph(text, "card failed");
  made.setAttribute("role", "alert");
  target.replaceChildren(made);
}

/** The token of this tab, if the clerk wants it kept: until the tab is closed, or nobody used it for a while. */
const kept = {
  token() {
    const found = JSON.parse(sessionStorage.getItem(TOKEN) ?? "null");
    if (found && Date.now() - found.used < IDLE_MILLISECONDS) return found.token;
    sessionStorage.removeItem(TOKEN);
    return null;
  },
  use(token) { sessionStorage.setItem(TOKEN, JSON.stringify({ token, used: Date.now() })); },
  forget() { sessionStorage.removeItem(TOKEN); },
};

function prepareToken(form) {
  const field = form.elements.namedItem("token");
  const keep = form.elements.namedItem("keep");
  if (!field) return;
  const fill = () => {
    const token = kept.token();
    if (token) field.value = token;
    keep.checked = token !== null;
  };
  fill();
  form.addEventListener("reset", () => setTimeout(fill));
  keep.addEventListener("change", () => { if (!keep.checked) kept.forget(); });
  setInterval(() => {
    // Nobody is there any more: number and answer go, too.
    if (keep.checked && sessionStorage.getItem(TOKEN) && !kept.token()) form.reset();
  }, IDLE_LOOK_MILLISECONDS);
}

/** After an answer: a token that is good is kept if that is wanted, one that is not is forgotten. */
function settleToken(form, answered) {
  const field = form.elements.namedItem("token");
  if (!field) return;
  if (answered === 401) kept.forget();
  else if (form.elements.namedItem("keep").checked) kept.use(field.value.trim());
}

/** What is the same for everybody at this window is filled in again. Nothing of it is personal. */
function prepareFields(form) {
  const fields = form.querySelectorAll("[data-keep]");
  const fill = () => {
    for (const field of fields) {
      const value = sessionStorage.getItem(FIELD + field.name);
      if (value !== null) field.value = value;
    }
  };
  fill();
  form.addEventListener("reset", () => setTimeout(fill));
  for (const field of fields) {
    field.addEventListener("change", () => {
      if (field.validity.valid) sessionStorage.setItem(FIELD + field.name, field.value);
    });
  }
}

/** What is chosen or typed; a file goes as it stands on the disk. */
function content(form) {
  return form.elements.namedItem("file").files[0] ?? form.elements.namedItem(form.dataset.raw).value.trim();
}

async function ask(form, submitter, key) {
  const data = new FormData(form, submitter);
  const headers = {};
  const token = (data.get("token") ?? "").trim();
  if (token) headers.authorization = `Bearer ${token}`;
  if (key) headers["idempotency-key"] = key;
  data.delete("token");
  data.delete("keep");
  let body;
  if ("raw" in form.dataset) {
    headers["content-type"] = "application/octet-stream";
    body = content(form);
  } else {
    headers["content-type"] = "application/json";
    body = JSON.stringify(Object.fromEntries(data));
  }
  const response = await fetch(form.action, { method: "POST", headers, body });
  if (!(response.headers.get("content-type") ?? "").startsWith("text/html")) throw new Error("no page");
  const text = await response.text();
  return { response, parts: new DOMParser().parseFromString(text, "text/html").body.childNodes };
}

/** Where the eyes go: to the field that is wrong, otherwise to the head of the answer. */
function lead(form) {
  const name = target.querySelector("[data-field]")?.dataset.field;
  const wrong = name && form.elements.namedItem(name);
  if (wrong) {
    wrong.closest("details")?.setAttribute("open", "");
    wrong.setAttribute("aria-invalid", "true");
    wrong.focus();
    wrong.select?.();
    return;
  }
  const head = target.querySelector("h2") ?? target;
  head.tabIndex = -1;
  head.focus({ preventScroll: true });
  target.scrollIntoView({ block: "nearest" });
}

/** An answer must not be read as one to what stands in the form now. */
function stale() {
  if (!target.querySelector(".answered") || target.querySelector(".stale")) return;
  target.prepend(paragraph(target.dataset.stale, "stale"));
  status.textContent = target.dataset.stale;
}

function prepare(form) {
  let key = null;
  // Since it was sent.
  let edited = false;
  let emptied = false;
  form.addEventListener("input", (event) => {
    event.target.removeAttribute("aria-invalid");
    // Who asks is no part of the question.
    if (["token", "keep"].includes(event.target.name)) return;
    key = null;
    edited = true;
    stale();
  });
  form.addEventListener("reset", () => {
    key = null;
    emptied = true;
    target.replaceChildren();
    status.textContent = "";
    for (const wrong of form.querySelectorAll("[aria-invalid]")) wrong.removeAttribute("aria-invalid");
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (target.getAttribute("aria-busy") === "true") return;
    if ("act" in form.dataset) key ??= newKey();
    edited = emptied = false;
    target.setAttribute("aria-busy", "true");
    const asked = ask(form, event.submitter, key);
    target.replaceChildren();
    status.textContent = "";
    const wait = setTimeout(() => {
      status.textContent = target.dataset.wait;
      target.replaceChildren(paragraph(target.dataset.wait, "hint"));
    }, PATIENCE_MILLISECONDS);
    try {
      const answer = await asked;
      settleToken(form, answer.response.status);
      target.replaceChildren(...answer.parts);
      if (answer.response.ok) key = null;
    } catch {
      complain(target.dataset.trouble);
    }
    clearTimeout(wait);
    status.textContent = "";
    target.removeAttribute("aria-busy");
    // It is about the person before.
    if (emptied) return target.replaceChildren();
    if (!edited) return lead(form);
    // Who is typing is not led away.
    stale();
  });
}

/** Reads QR codes where the browser can; otherwise nothing. */
async function qrReader() {
  const able = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
  return able?.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
}

/** A picture as the service takes it: PNG, in gray, on white, and made smaller if it is large. */
async function grayPicture(picture) {
  const bitmap = await createImageBitmap(picture);
  const scale = Math.min(1, PICTURE_PIXELS / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const { data } = pixels;
  for (let at = 0; at < data.length; at += 4) {
    data.fill(0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2], at, at + 3);
  }
  context.putImageData(pixels, 0, 0);
  const made = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
  // Without a type: it is sent, and not looked through again.
  return new File([made], "picture");
}

/** The public page: what is dropped, scanned or shown to the camera is verified at once; what is typed or chosen, with the button. */
async function prepareContent(form, file) {
  const text = form.elements.namedItem(form.dataset.raw);
  // What the script puts in is an edit as well, to an answer that is still waited for.
  const edited = () => form.dispatchEvent(new Event("input"));
  const verify = (content) => {
    file.value = "";
    text.value = content;
    edited();
    form.requestSubmit();
  };
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    const dropped = event.dataTransfer.files;
    if (dropped.length === 0) return verify(event.dataTransfer.getData("text/plain"));
    text.value = "";
    file.files = dropped;
    edited();
    form.requestSubmit();
  });
  // What is typed later counts, not the file that was chosen before; and the other way round.
  text.addEventListener("input", () => { file.value = ""; });
  file.addEventListener("change", () => { if (file.files.length > 0) text.value = ""; });
  // A scanner types the code and ends it with Enter.
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !text.value.startsWith(CODE_PREFIX)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  const reader = await qrReader();
  // A picture is no license; but there may be a code on it. Where the browser reads none, the service does.
  form.addEventListener("submit", async (event) => {
    const picture = file.files[0];
    const isLarge = picture?.size > Number(form.dataset.largest);
    if (!isLarge && !picture?.type.startsWith("image/")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (isLarge) return complain(target.dataset.large);
    if (!reader) {
      const gray = await grayPicture(picture).catch(() => null);
      if (!gray) return complain(target.dataset.picture);
      const sent = new DataTransfer();
      sent.items.add(gray);
      file.files = sent.files;
      return form.requestSubmit();
    }
    const found = await reader.detect(await createImageBitmap(picture)).catch(() => []);
    if (found.length === 1) verify(found[0].rawValue);
    else complain(target.dataset.noCode);
  }, { capture: true });
  if (reader && navigator.mediaDevices) prepareCamera(reader, verify);
}

function prepareCamera(reader, verify) {
  const start = document.querySelector("[data-scan]");
  const stop = document.querySelector("[data-scan-end]");
  const frame = document.getElementById("camera");
  const video = frame.querySelector("video");
  start.hidden = false;
  let stream = null;
  const end = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    frame.hidden = true;
    start.hidden = false;
  };
  const look = async () => {
    if (!stream) return;
    const found = await reader.detect(video).catch(() => []);
    if (stream && found.length === 1) {
      end();
      verify(found[0].rawValue);
    } else {
      setTimeout(look, SCAN_MILLISECONDS);
    }
  };
  start.addEventListener("click", async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      complain(target.dataset.noCamera);
      return;
    }
    video.srcObject = stream;
    frame.hidden = false;
    start.hidden = true;
    stop.focus();
    await video.play();
    look();
  });
  stop.addEventListener("click", () => { end(); start.focus(); });
  addEventListener("pagehide", end);
}

const forms = document.querySelectorAll("form.ask");
for (const form of forms) {
  const file = form.elements.namedItem("file");
  prepareToken(form);
  prepareFields(form);
  prepare(form);
  if (file) prepareContent(form, file);
}

// Where no form asks for a token, one that is kept ends in time, too.
if (!document.querySelector("form.ask [name=token]")) {
  kept.token();
  setInterval(kept.token, IDLE_LOOK_MILLISECONDS);
}

// Who comes back to the page finds nothing of the person before.
addEventListener("pagehide", () => {
  for (const form of forms) form.reset();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  // The next person: nothing of the one before is left.
  if (event.target.closest("[data-next]")) {
    const form = document.querySelector("form.ask");
    form.reset();
    form.scrollIntoView({ block: "nearest" });
    form.querySelector("input:not([type=hidden], [type=file]), textarea").focus();
  }
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
