// Tries the pages in a browser, as a clerk does: in both languages, with the keyboard alone, at 200 % zoom, on a phone and on paper, and asks axe-core for
// what shuts people out. It makes a sample prefecture of its own and serves it on this machine. CONTRIBUTING.md says how to run it. Afterwards no number,
// no name and no token stands in the log of the service.
// The exit code is 1 if anything is wrong. With SHOTS=DIR it writes a picture of each state; with OFD=FILE it drops that document, too.

import { spawn, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { crc32 } from "node:zlib";

const need = createRequire(join(resolve(process.env.MODULES ?? "."), "package.json"));
const { chromium } = need("playwright-core");
const AXE = readFileSync(need.resolve("axe-core/axe.min.js"), "utf8");
const BOYIN = resolve(process.env.BOYIN ?? "target/debug/boyin");
const FORMS = join(import.meta.dirname, "../crates/cli/demo/forms.jsonl");
const LICENSES = 120;
const SCREENS = { desk: { width: 1280, height: 900 }, zoomed: { width: 640, height: 400, scale: 2 }, phone: { width: 375, height: 667 } };
const ITEM = "senior-benefit";
const PURPOSE = "老年人优待证办理";
const CLERK = ["--who", "窗口一号", "--purpose", PURPOSE];
const MISTYPED = "652701198503159980";
/** Bytes of the largest page with script and style sheet. */
const MAX_PAGE_BYTES = 64 * 1024;

const faults = [];
const wrong = (place, what) => { faults.push(`${place}: ${what}`); console.log(`✗ ${place}: ${what}`); };
const holds = (place, what, is) => { if (!is) wrong(place, what); };

/** A sample prefecture, served beside its desk. */
async function prefecture(dir) {
  const home = join(dir, "prefecture");
  const env = { ...process.env, BOYIN_HOME: home, BOYIN_PASSPHRASE_FILE: join(dir, "passphrase") };
  const boyin = (args, input) => execFileSync(BOYIN, args, { env, input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
  boyin(["demo", "--no-serve", "--dir", dir, "--licenses", String(LICENSES)]);
  const forms = readFileSync(FORMS, "utf8").split("\n").slice(0, LICENSES).map((line) => JSON.parse(line));
  const cards = forms.filter((form) => form.license_type === "identity-card").map((form) => form.holder.code);
  const offices = [...readFileSync(join(import.meta.dirname, "../crates/cli/demo/offices.toml"), "utf8").matchAll(/^code = "(\w+)"/gm)];
  const office = offices[0][1];
  const scopes = ["license:read", "holder:read", "window:decide", "meter:read"].flatMap((scope) => ["--scope", scope]);
  const token = boyin(["token", "new", "--name", "窗口一号", "--office", office, ...scopes]).trim();
  const [holder, agent] = cards;
  const delegate = ["--agent", agent, "--license-type", "identity-card", "--item", ITEM, "--office", office, ...CLERK];
  const delegation = String(JSON.parse(boyin(["--json", "holder", "delegate", "-", ...delegate], holder)).delegation);
  const listed = JSON.parse(boyin(["--json", "license", "list", "--type", "identity-card", ...CLERK]));
  const id = listed.licenses[0].license_id;
  const file = (name) => join(dir, name);
  boyin(["license", "show", id, "--out", file("license"), ...CLERK]);
  boyin(["present", "make", "--license", id, "--out", file("code.txt"), ...CLERK]);
  boyin(["present", "make", "--license", id, "--out", file("code.png"), ...CLERK]);
  const told = openSync(file("serve.log"), "w");
  const server = spawn(BOYIN, ["serve", "--desk", "--listen", "127.0.0.1:0"], { env: { ...env, BOYIN_LOG: "info" }, stdio: ["ignore", "pipe", told] });
  const base = await new Promise((found, failed) => {
    let said = "";
    server.stdout.on("data", (bytes) => {
      said += bytes;
      const address = said.match(/http:\/\/[\d.:]+/);
      if (address) found(address[0]);
    });
    server.on("exit", (code) => failed(new Error(`boyin serve ended: ${code}\n${said}`)));
  });
  const personal = [token, ...forms.flatMap((form) => [form.holder.code, form.holder.name])];
  return { base, server, token, holder, agent, delegation, file, personal };
}

/** Whether a value stands in a text, as it is, percent-encoded, or within base64 of whatever it stands in. */
function stands(text, value) {
  const spellings = [value, encodeURIComponent(value), encodeURIComponent(value).toLowerCase()];
  for (const before of [0, 1, 2]) {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    // The characters that depend on nothing but the value.
    const part = bytes.toString("base64").slice([0, 2, 3][before], Math.floor(bytes.length / 3) * 4);
    if (part.length >= 8) spellings.push(part, part.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return spellings.some((spelling) => text.includes(spelling));
}

/** The log tells what was done, and nothing of anybody's. */
function logNamesNobody(site) {
  const log = readFileSync(site.file("serve.log"), "utf8");
  for (const words of ["answered", "decided on papers", "holder's file read"]) holds("the log", `does not tell: ${words}`, log.includes(words));
  holds("the log", "is searched in vain for what is planted", [0, 1, 2].every((before) => stands(Buffer.from(`${".".repeat(before)}${site.holder}.`).toString("base64"), site.holder)));
  const found = site.personal.filter((value) => stands(log, value));
  holds("the log", `holds ${found.length} numbers, names or tokens`, found.length === 0);
}

/** An OFD document of one page that nobody signed: entries that are stored, one after the other. */
function unsigned() {
  const ofd = 'xmlns:ofd="http://www.ofdspec.org/2016"';
  const files = {
    "OFD.xml": `<ofd:OFD ${ofd} DocType="OFD" Version="1.1"><ofd:DocBody><ofd:DocInfo/><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>`,
    "Doc_0/Document.xml": `<ofd:Document ${ofd}><ofd:Pages><ofd:Page ID="1" BaseLoc="Page.xml"/></ofd:Pages></ofd:Document>`,
    "Doc_0/Page.xml": `<ofd:Page ${ofd}/>`,
  };
  const number = (value, bytes) => { const out = Buffer.alloc(bytes); out.writeUIntLE(value, 0, bytes); return out; };
  const local = [], directory = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    // Version, flags, method, time and date; then checksum, sizes, and the length of the name.
    const head = Buffer.concat([number(20, 2), Buffer.alloc(8), number(crc32(content), 4), number(content.length, 4), number(content.length, 4), number(name.length, 2), number(0, 2)]);
    directory.push(Buffer.from("PK\x01\x02"), number(20, 2), head, Buffer.alloc(10), number(at, 4), Buffer.from(name));
    local.push(Buffer.from("PK\x03\x04"), head, Buffer.from(name), content);
    at += 4 + head.length + name.length + content.length;
  }
  const listed = Buffer.concat(directory), count = number(Object.keys(files).length, 2);
  const end = [Buffer.from("PK\x05\x06"), Buffer.alloc(4), count, count, number(listed.length, 4), number(at, 4), number(0, 2)];
  return Buffer.concat([...local, listed, ...end]);
}

/** Drops a file on the form. */
async function drop(page, name, bytes) {
  const dropped = await page.evaluateHandle(([name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name));
    return data;
  }, [name, bytes.toString("base64")]);
  await page.dispatchEvent("form.ask", "dragover", { dataTransfer: dropped });
  await page.dispatchEvent("form.ask", "drop", { dataTransfer: dropped });
}

/** A call that is refused, which the page says itself; and whoever is quicker than the page is in a field before it puts the cursor there. */
const USUAL = ["the server responded with a status of", "Autofocus processing was blocked"];

/** A page on a screen of its own; what the browser complains about is a fault. */
async function open(browser, site, path, screen, lang = "zh") {
  const { scale = 1, ...viewport } = SCREENS[screen];
  const context = await browser.newContext({ viewport, deviceScaleFactor: scale, permissions: ["camera"] });
  const page = await context.newPage();
  const place = `${path} ${screen} ${lang}`;
  page.on("console", (said) => {
    if (said.type() !== "log" && !USUAL.some((words) => said.text().includes(words))) wrong(place, said.text());
  });
  page.on("pageerror", (error) => wrong(place, error.message));
  page.weight = { bytes: 0, requests: 0 };
  page.on("requestfinished", async (request) => {
    page.weight.requests += 1;
    const sizes = await request.sizes().catch(() => null);
    page.weight.bytes += sizes ? sizes.responseBodySize + sizes.responseHeadersSize : 0;
  });
  const more = path.includes("?") ? "&" : "?";
  await page.goto(site.base + path + (lang === "en" ? `${more}lang=en` : ""));
  await page.waitForFunction(() => document.getElementById("health").textContent !== "");
  return { page, place, done: () => context.close() };
}

let shot = 0;

async function picture(page, name) {
  if (!process.env.SHOTS) return;
  const file = `${String(++shot).padStart(3, "0")} ${name}.png`.replace(/[/?=&, ]+/g, "_");
  await page.screenshot({ path: join(process.env.SHOTS, file), fullPage: true });
}

/** What holds in every state of every page. */
async function inspect({ page, place }, state) {
  const name = `${place} ${state}`;
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  holds(name, `scrolls to the side (${width})`, width[0] <= width[1]);
  await picture(page, name);
  await page.evaluate(AXE);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  for (const one of found.violations) {
    const first = one.nodes[0];
    const told = `${one.id} (${one.impact}): ${first.target} ${first.failureSummary.replace(/\s+/g, " ")}`;
    if (["serious", "critical"].includes(one.impact)) wrong(name, told);
    else console.log(`  ${name}: ${told}`);
  }
}

const focused = (page) => page.evaluate(() => {
  const at = document.activeElement;
  return { tag: at.tagName, name: at.name ?? "", text: at.textContent.trim(), outline: getComputedStyle(at).outlineStyle };
});

/** Goes on with the Tab key alone to what is wanted. */
async function tabTo(page, place, what, is) {
  for (let steps = 0; steps < 80; steps += 1) {
    await page.keyboard.press("Tab");
    const at = await focused(page);
    if (["A", "INPUT", "SELECT", "BUTTON", "TEXTAREA", "SUMMARY"].includes(at.tag) && at.outline === "none") {
      wrong(place, `no visible focus on ${at.tag} ${at.name}${at.text.slice(0, 20)}`);
    }
    if (is(at)) return;
  }
  wrong(place, `the Tab key does not lead to ${what}`);
}

async function answered(page, place) {
  await page.waitForSelector("#answer h2");
  await page.waitForFunction(() => !document.getElementById("answer").hasAttribute("aria-busy"));
  const at = await focused(page);
  holds(place, `after the answer the focus is on ${at.tag} ${at.name}`, at.tag === "H2");
}

async function everyPage(browser, site) {
  for (const path of ["/", "/verify", "/window", "/window?q=保险", `/window?item=${ITEM}`, "/window?item=restaurant-start", "/window?item=none", "/file", "/meter", "/follow-ups", "/decision?number=7", "/seals"]) {
    for (const screen of Object.keys(SCREENS)) {
      for (const lang of ["zh", "en"]) {
        const opened = await open(browser, site, path, screen, lang);
        await inspect(opened, "");
        if (screen === "desk" && lang === "zh") {
          const { bytes, requests } = opened.page.weight;
          console.log(`  ${path}: ${bytes} bytes, ${requests} requests`);
          holds(path, `weighs ${bytes} bytes`, bytes <= MAX_PAGE_BYTES);
        }
        await opened.done();
      }
    }
  }
}

/** The whole way with the keyboard: find the matter, enter the number, read the answer, go on with the next person. */
async function windowByKeyboard(browser, site, lang) {
  const opened = await open(browser, site, "/window", "desk", lang);
  const { page, place } = opened;
  holds(place, "the focus does not begin in the search", (await focused(page)).name === "q");
  await page.keyboard.type("优待");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=/);
  await tabTo(page, place, "the matter", (at) => at.tag === "A" && /优待|senior/.test(at.text));
  await page.keyboard.press("Enter");
  await page.waitForURL(/item=/);
  await tabTo(page, place, "the number", (at) => at.name === "number.applicant");
  await page.keyboard.type(site.holder);
  await tabTo(page, place, "the token", (at) => at.name === "token");
  await page.keyboard.type(site.token);
  await tabTo(page, place, "whether it is kept", (at) => at.name === "keep");
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  const begun = performance.now();
  await page.waitForSelector("#answer .decision");
  console.log(`  ${place}: ${Math.round(performance.now() - begun)} ms from Enter to the answer`);
  await answered(page, place);
  await inspect(opened, "decided");
  const shown = await page.textContent("#answer");
  holds(place, "the number stands in the answer", !shown.includes(site.holder));
  holds(place, "the number stands in the URL", !page.url().includes(site.holder));

  // What is changed afterwards makes the answer an old one, and says so.
  await page.fill("[name='number.applicant']", site.agent);
  holds(place, "an old answer does not say that it is old", await page.isVisible("#answer .stale"));
  holds(place, "nobody is told that it is old", (await page.textContent("#said")) !== "");
  await inspect(opened, "stale");

  await page.emulateMedia({ media: "print" });
  holds(place, "the form is printed", !(await page.isVisible("form.ask")));
  holds(place, "the decision is not printed", await page.isVisible(".decision"));
  const sheets = (await page.pdf({ format: "A4" })).toString("latin1").match(/\/Type\s*\/Page\b/g)?.length;
  holds(place, `printed on ${sheets} sheets`, sheets === 1);
  await picture(page, `${place} printed`);
  await page.emulateMedia({ media: null });

  await tabTo(page, place, "the next person", (at) => at.tag === "BUTTON" && /下一位|Next person/.test(at.text));
  await page.keyboard.press("Enter");
  await page.waitForFunction((token) => document.querySelector("[name=token]").value === token, site.token);
  holds(place, "something of the person before is left", (await page.inputValue("[name='number.applicant']")) === "");
  holds(place, "the answer to the person before is left", (await page.textContent("#answer")) === "");
  holds(place, "the focus is not on the number", (await focused(page)).name === "number.applicant");

  // The tab keeps the token; unchecked, it is forgotten.
  await page.reload();
  holds(place, "the tab does not keep the token", (await page.inputValue("[name=token]")) === site.token);
  await page.uncheck("[name=keep]");
  await page.reload();
  holds(place, "the token is kept although it is not wanted", (await page.inputValue("[name=token]")) === "");
  await opened.done();
}

/** Who goes away leaves neither token nor number nor answer. */
async function windowLeftAlone(browser, site) {
  const opened = await open(browser, site, `/window?item=${ITEM}`, "desk");
  const { page, place } = opened;
  await page.clock.install();
  await page.reload();
  await page.fill("[name='number.applicant']", site.holder);
  await page.fill("[name=token]", site.token);
  await page.check("[name=keep]");
  await page.click("form.ask button[type=submit]");
  await page.waitForSelector("#answer .decision");
  await page.clock.fastForward("29:00");
  holds(place, "the token is forgotten too early", (await page.inputValue("[name=token]")) === site.token);
  await page.clock.fastForward("02:00");
  holds(place, "the token stays when nobody is there", (await page.inputValue("[name=token]")) === "" && !(await page.isChecked("[name=keep]")));
  holds(place, "the number stays when nobody is there", (await page.inputValue("[name='number.applicant']")) === "");
  holds(place, "the answer stays when nobody is there", (await page.textContent("#answer")) === "");
  const left = () => page.evaluate(() => sessionStorage.getItem("boyin.token"));
  holds(place, "the token stays in the tab", (await left()) === null);
  // A page that asks for none forgets it, too.
  await page.goto(`${site.base}/verify`);
  await page.evaluate(() => sessionStorage.setItem("boyin.token", JSON.stringify({ token: "kept", used: Date.now() })));
  await page.clock.fastForward("29:00");
  holds(place, "another page forgets the token too early", (await left()) !== null);
  await page.clock.fastForward("02:00");
  holds(place, "the token stays on another page", (await left()) === null);
  await opened.done();
}

/** What is edited or emptied while an answer is waited for makes an old one or none of it. */
async function windowWhileWaiting(browser, site) {
  const opened = await open(browser, site, `/window?item=${ITEM}`, "desk");
  const { page, place } = opened;
  let gate = Promise.resolve();
  await page.route("**/*", async (route) => {
    if (route.request().method() === "POST") await gate;
    await route.continue();
  });
  const send = async () => {
    const sent = page.waitForRequest((request) => request.method() === "POST");
    await page.click("form.ask button[type=submit]");
    return (await sent).headers()["idempotency-key"];
  };
  const idle = () => page.waitForFunction(() => !document.getElementById("answer").hasAttribute("aria-busy"));
  await page.fill("[name='number.applicant']", site.holder);
  await page.fill("[name=token]", "nobody");
  const first = await send();
  await page.waitForSelector("text=unauthorized");
  await page.fill("[name=token]", site.token);
  let release;
  gate = new Promise((done) => { release = done; });
  holds(place, "another token makes another act of it", first !== undefined && (await send()) === first);
  await page.fill("[name='number.applicant']", site.agent);
  release();
  await idle();
  holds(place, "a late answer does not say that it is old", await page.isVisible("#answer .stale"));
  gate = new Promise((done) => { release = done; });
  await send();
  await page.evaluate(() => document.querySelector("form.ask").reset());
  release();
  await idle();
  holds(place, "a late answer is shown to the next person", (await page.textContent("#answer")) === "");
  await opened.done();
}

/** What is wrong is said, and the focus leads there. */
async function windowMistakes(browser, site, lang, screen) {
  const opened = await open(browser, site, `/window?item=${ITEM}`, screen, lang);
  const { page, place } = opened;
  await page.fill("[name=token]", site.token);
  await page.fill("[name='number.applicant']", MISTYPED);
  await page.press("[name='number.applicant']", "Enter");
  await page.waitForSelector("#answer [role=alert]");
  await page.waitForFunction(() => document.activeElement.name === "number.applicant").catch(() => wrong(place, "the focus does not lead to the wrong number"));
  holds(place, "the wrong number is not marked", (await page.getAttribute("[name='number.applicant']", "aria-invalid")) === "true");
  await inspect(opened, "wrong number");
  await page.fill("[name='number.applicant']", site.holder);
  await page.click("summary");
  await page.fill("[name=delegation]", site.delegation);
  await page.fill("[name=agent_code]", MISTYPED);
  await page.click("form.ask button[type=submit]");
  await page.waitForFunction(() => document.activeElement.name === "agent_code").catch(() => wrong(place, "the focus does not lead to the agent's number"));
  await page.fill("[name=agent_code]", site.agent);
  await page.fill("[name=purpose]", "别的用途");
  await page.click("form.ask button[type=submit]");
  await page.waitForSelector("text=delegation_other_purpose");
  await inspect(opened, "refused");
  await page.fill("[name=token]", "nobody");
  await page.click("form.ask button[type=submit]");
  await page.waitForSelector("text=unauthorized");
  await opened.done();
}

/** Who acts for the holder gets a decision, by one use of the delegation. */
async function windowByAgent(browser, site) {
  const opened = await open(browser, site, `/window?item=${ITEM}`, "desk");
  const { page, place } = opened;
  await page.fill("[name='number.applicant']", site.holder);
  await page.fill("[name=token]", site.token);
  await page.click("summary");
  await page.fill("[name=delegation]", site.delegation);
  await page.fill("[name=agent_code]", site.agent);
  await page.click("form.ask button[type=submit]");
  await page.waitForSelector("#answer .decision");
  await answered(page, place);
  const receipt = await page.textContent("#answer pre");
  await opened.done();
  for (const lang of ["zh", "en"]) {
    const verified = await open(browser, site, "/verify", "desk", lang);
    await verified.page.fill("#content", receipt);
    await verified.page.click("form.ask button[type=submit]");
    await answered(verified.page, verified.place);
    holds(verified.place, "a receipt is not verified", (await verified.page.$("#answer .card.passed")) !== null);
    holds(verified.place, "what a receipt says is not shown", (await verified.page.$("#answer .decision")) !== null);
    await inspect(verified, "receipt");
    await verified.done();
  }
}

/** A matter with papers of every kind, on every screen. */
async function windowOnEveryScreen(browser, site) {
  for (const screen of Object.keys(SCREENS)) {
    for (const lang of ["zh", "en"]) {
      const opened = await open(browser, site, "/window?item=real-estate-transfer", screen, lang);
      const { page, place } = opened;
      for (const group of await page.$$("fieldset")) await (await group.$("input[type=radio]"))?.check();
      await page.fill("[name='number.applicant']", site.holder);
      await page.fill("[name='number.counterparty']", site.agent);
      await page.fill("[name=token]", site.token);
      await page.click("form.ask button[type=submit]");
      await page.waitForSelector("#answer .decision");
      await answered(page, place);
      await inspect(opened, "decided");
      await opened.done();
    }
  }
}

async function verify(browser, site, lang, screen) {
  const opened = await open(browser, site, "/verify", screen, lang);
  const { page, place } = opened;
  holds(place, "the focus does not begin where a code reader types", (await focused(page)).name === "content");
  const verdict = async (what, is) => {
    await answered(page, `${place} ${what}`);
    holds(`${place} ${what}`, `is not ${is}`, (await page.$(`#answer .card.${is}`)) !== null);
    await inspect(opened, what);
    await page.click("[data-next]");
    holds(place, "the next one does not begin empty", (await page.inputValue("#content")) === "" && (await page.textContent("#answer")) === "");
  };
  holds(place, "a camera is offered though no code can be read", !(await page.isVisible("[data-scan]")));
  const license = readFileSync(site.file("license"), "utf8");
  await page.fill("#content", license);
  await page.click("form.ask button[type=submit]");
  await verdict("pasted", "passed");
  await page.setInputFiles("[name=file]", site.file("license"));
  await page.click("form.ask button[type=submit]");
  await verdict("chosen", "passed");
  await drop(page, "license", Buffer.from(license.replace(/.~/, (end) => (end[0] === "A" ? "B~" : "A~"))));
  await verdict("dropped, changed", "failed");
  await drop(page, "license.ofd", unsigned());
  await page.waitForSelector("text=ofd_not_signed");
  await verdict("OFD, not signed", "failed");
  if (process.env.OFD) {
    await drop(page, "sealed.ofd", readFileSync(process.env.OFD));
    await answered(page, `${place} OFD`);
    holds(`${place} OFD`, "no signature is shown", (await page.$("#answer .signature")) !== null);
    await inspect(opened, "OFD");
    await page.click("[data-next]");
  }
  // A scanner types the text and Enter.
  await page.fill("#content", readFileSync(site.file("code.txt"), "utf8").trim());
  await page.press("#content", "Enter");
  await verdict("scanned", "passed");
  // Text of a person takes lines.
  await page.fill("#content", "nonsense");
  await page.press("#content", "Enter");
  holds(place, "Enter sends what is no code", (await page.textContent("#answer")) === "");
  await page.click("form.ask button[type=submit]");
  await verdict("nonsense", "failed");
  // The browser reads no codes, so the service does.
  await page.setInputFiles("[name=file]", site.file("code.png"));
  await page.click("form.ask button[type=submit]");
  await verdict("a picture", "passed");
  await page.setInputFiles("[name=file]", { name: "none.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await page.click("form.ask button[type=submit]");
  await page.waitForSelector("#answer [role=alert]");
  await inspect(opened, "no picture");
  await opened.done();
}

/** Where the browser reads codes: the picture and the camera. The reader is played here; the camera is the browser's own false one. */
async function camera(browser, site) {
  const opened = await open(browser, site, "/verify", "phone");
  const { page, place } = opened;
  await page.addInitScript((rawValue) => {
    let looks = 0;
    globalThis.BarcodeDetector = class {
      static async getSupportedFormats() { return ["qr_code"]; }
      async detect() { looks += 1; return looks < 3 ? [] : [{ rawValue }]; }
    };
  }, readFileSync(site.file("code.txt"), "utf8").trim());
  await page.reload();
  await page.click("[data-scan]");
  await page.waitForSelector("#camera video", { state: "visible" });
  await inspect(opened, "camera");
  await answered(page, place);
  holds(place, "what the camera saw is not verified", (await page.$("#answer .card.passed")) !== null);
  holds(place, "the camera goes on", !(await page.isVisible("#camera")) && (await page.evaluate(() => document.querySelector("video").srcObject)) === null);
  await page.click("[data-next]");
  await page.setInputFiles("[name=file]", site.file("code.png"));
  await page.click("form.ask button[type=submit]");
  await answered(page, `${place} picture`);
  holds(place, "the code in a picture is not verified", (await page.$("#answer .card.passed")) !== null);
  await opened.done();
}

/** From each figure of all together to what it counts, which are as many; one of them with the keyboard; then on to one decision. */
async function drillDown(meter) {
  const { page, place } = meter;
  const figures = async () => {
    await page.click("form.ask button[type=submit]");
    await page.waitForSelector("#answer .tiles");
    await answered(page, place);
    return page.$$eval("#answer .tiles [name=behind]", (all) => all.map((one) => one.value));
  };
  const shown = await figures();
  holds(place, `${shown.length} figures lead on`, shown.length >= 6);
  for (const [nth, value] of shown.entries()) {
    if (nth > 0) await figures();
    const button = await page.$(`#answer .tiles [name=behind] >> nth=${nth}`);
    const count = (await button.textContent()).match(/\d+$/)[0];
    await button.focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("#answer [data-count]");
    await answered(page, place);
    const told = await page.getAttribute("#answer [data-count]", "data-count");
    holds(place, `${value} leads to ${told} instead of ${count}`, told === count);
    const listed = await page.evaluate(() => [document.querySelectorAll("#answer tbody tr").length, document.querySelectorAll("#answer code.counted").length]);
    const [decisions, materials] = listed.map(String);
    holds(place, `${value} lists nothing`, decisions !== "0");
    if (value.includes("figure=transactions")) holds(place, `${value} lists ${decisions} instead of ${count}`, decisions === count);
    if (value.includes("figure=materials")) holds(place, `${value} lists ${materials} materials instead of ${count}`, materials === count);
  }
  await inspect(meter, "decisions");
  await page.check("[name=keep]");
  await figures();
  await page.click("#answer .tiles [name=behind] >> nth=0");
  await page.click("#answer tbody a");
  await page.waitForURL(/\/decision\?number=\d+/);
  await page.fill("[name=purpose]", PURPOSE);
  await page.click("form.ask button[type=submit]");
  await page.waitForSelector("#answer .decision");
  await answered(page, `${place} decision`);
  await inspect(meter, "one decision");
}

/** From the file, with the keyboard, to what a license looks like, and back. Nothing but the form is sent: the picture stands in the answer. */
async function face(file) {
  const { page, place } = file;
  const button = await page.$("#answer [name=face]");
  if (button === null) return wrong(place, "no face is offered: is there a font, BOYIN_PAGE_FONT or fonts-noto-cjk?");
  const asked = [];
  const see = (request) => { if (!request.url().endsWith("/v1/health")) asked.push(request.method()); };
  page.on("request", see);
  await button.focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector("#answer .face img");
  await answered(page, `${place} face`);
  page.off("request", see);
  holds(place, `a face asks for ${asked}`, asked.length === 1 && asked[0] === "POST");
  holds(place, "the verdict does not stand above the face", (await page.$("#answer .card.passed .verdict ~ figure.face")) !== null);
  const width = await page.$eval("#answer .face img", async (shown) => { await shown.decode(); return shown.naturalWidth; });
  holds(place, `the face is ${width} pixels wide`, width > 500);
  holds(place, "a face does not say that it proves nothing", /不能作为凭证|prove nothing/.test(await page.textContent("#answer .lead")));
  await inspect(file, "face");
  await page.emulateMedia({ media: "print" });
  holds(place, "a face is printed", !(await page.isVisible("#answer .face")));
  await page.emulateMedia({ media: null });
  await tabTo(page, place, "the file", (at) => at.tag === "BUTTON" && /返回档案|Back to the file/.test(at.text));
  await page.keyboard.press("Enter");
  await page.waitForSelector("#answer [name=face]");
  await answered(page, place);
}

async function followUps(browser, site, lang, screen) {
  const opened = await open(browser, site, "/follow-ups", screen, lang);
  const { page, place } = opened;
  await page.fill("[name=token]", site.token);
  await page.press("[name=token]", "Enter");
  await page.waitForSelector("#answer [data-count]");
  await answered(page, place);
  const shown = await page.$$eval("#answer tbody tr", (rows) => rows.length);
  holds(place, "the heading counts other commitments than are listed", (await page.getAttribute("#answer [data-count]", "data-count")) === String(shown));
  await inspect(opened, "listed");
  await page.fill("[name=from]", "2999-01-01");
  await page.press("[name=token]", "Enter");
  await page.waitForSelector("#answer [data-count='0']");
  await answered(page, place);
  await inspect(opened, "none");
  await opened.done();
}

async function fileAndMeter(browser, site, lang, screen) {
  const file = await open(browser, site, "/file", screen, lang);
  await file.page.fill("[name=holder_code]", site.holder);
  await file.page.fill("[name=purpose]", PURPOSE);
  await file.page.fill("[name=token]", site.token);
  await file.page.press("[name=holder_code]", "Enter");
  await answered(file.page, file.place);
  holds(file.place, "no license is shown", (await file.page.$("#answer tbody tr")) !== null);
  await inspect(file, "shown");
  await face(file);
  await file.page.click("[name=log_after]");
  await answered(file.page, file.place);
  holds(file.place, "nobody is shown who looked", (await file.page.$("#answer tbody code")) !== null);
  await inspect(file, "log");
  await file.done();

  const meter = await open(browser, site, "/meter", screen, lang);
  await meter.page.fill("[name=token]", site.token);
  for (const by of ["county", "office", "item", "month", "next"]) {
    await meter.page.selectOption("[name=by]", by);
    await meter.page.click("form.ask button[type=submit]");
    await answered(meter.page, meter.place);
    await inspect(meter, by);
  }
  await meter.page.selectOption("[name=by]", "item");
  await drillDown(meter);
  await meter.done();
}

const dir = mkdtempSync(join(tmpdir(), "boyin-pages-"));
if (process.env.SHOTS) mkdirSync(process.env.SHOTS, { recursive: true });
let site;
let browser;
try {
  site = await prefecture(dir);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
      "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
    ],
  });
  await everyPage(browser, site);
  for (const lang of ["zh", "en"]) {
    await windowByKeyboard(browser, site, lang);
    await windowMistakes(browser, site, lang, "desk");
    await verify(browser, site, lang, "desk");
    await fileAndMeter(browser, site, lang, "desk");
    await followUps(browser, site, lang, "desk");
  }
  await windowOnEveryScreen(browser, site);
  for (const screen of ["zoomed", "phone"]) {
    await windowMistakes(browser, site, "zh", screen);
    await verify(browser, site, "zh", screen);
    await fileAndMeter(browser, site, "zh", screen);
    await followUps(browser, site, "zh", screen);
  }
  await windowByAgent(browser, site);
  await windowWhileWaiting(browser, site);
  await windowLeftAlone(browser, site);
  await camera(browser, site);
  logNamesNobody(site);
} catch (error) {
  wrong("the check itself", error.stack);
} finally {
  await browser?.close();
  site?.server.removeAllListeners("exit");
  site?.server.kill();
  rmSync(dir, { recursive: true, force: true });
}
console.log(faults.length === 0 ? "Every page is as it should be." : `${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
