"use strict";

const CHECKS = { format: "文件格式", issuer: "颁发机构与密钥", algorithm: "签名算法", signature: "数字签名",
  disclosures: "披露数据", content: "内容与标识", trust_list: "信任列表时效", entitlement: "颁发权限",
  validity: "有效期", status: "证照状态", seal: "电子印章" };
const SEAL_CHECKS = { format: "数据格式", signature: "签章签名值", signer_certificate: "签章人证书", signer_listed: "签章人与印章匹配",
  signing_time: "签章时间", document: "原文摘要", maker_signature: "制章人签名", maker_certificate: "制章人证书",
  making: "制章时间", validity: "印章有效期", timestamp: "时间戳", register: "印章备案状态" };
const STATES = { kept: "无", disputed: "有冲突", dismissed: "未采信" };
const VERDICTS = { passed: "通过", failed: "不通过", indeterminate: "无法判定，不予采信" };
const OUTCOMES = { passed: "通过", failed: "不通过", indeterminate: "无法判定", skipped: "未进行" };
const OWNERS = { holder: "持证人", issuer: "颁发机构", verifier: "核验方", operator: "平台运维" };

const byId = (id) => document.getElementById(id);

/** Builds an element; text goes in as text, never as markup. */
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

function reportCard(report) {
  const reason = report.reason;
  const names = report.profile ? SEAL_CHECKS : CHECKS;
  const rows = report.checks.map((check) => element("tr", {},
    element("td", {}, names[check.check] ?? check.check),
    element("td", { class: check.outcome }, OUTCOMES[check.outcome] ?? check.outcome),
    element("td", {}, check.reason ?? "")));
  return element("div", { class: `card ${report.verdict}` },
    element("h3", {}, `核验结果：${VERDICTS[report.verdict] ?? report.verdict}`),
    reason ? element("p", {}, `${reason.zh}（${reason.en}）`) : null,
    reason ? element("p", {}, `下一步：${reason.next_step_zh}　责任方：${OWNERS[reason.owner] ?? reason.owner}`) : null,
    report.license?.license_id ? element("p", {}, "证照标识 ", element("code", {}, report.license.license_id)) : null,
    report.seal?.id ? element("p", {}, "印章编码 ", element("code", {}, report.seal.id)) : null,
    element("table", {}, element("thead", {}, element("tr", {},
      element("th", {}, "检查项"), element("th", {}, "结果"), element("th", {}, "原因代码"))),
      element("tbody", {}, ...rows)));
}

function trouble(text) {
  return element("div", { class: "card failed" }, element("h3", {}, "没有得到结果"), element("p", {}, text));
}

async function call(path, options) {
  const response = await fetch(path, options);
  const body = await response.json();
  if (!response.ok) throw new Error(`${body.message ?? "服务出错"}（${body.code ?? response.status}）`);
  return body;
}

async function show(target, work) {
  target.replaceChildren(element("p", { class: "hint" }, "请稍候…"));
  try {
    target.replaceChildren(await work());
  } catch (error) {
    target.replaceChildren(trouble(error.message));
  }
}

/** A seal or a seal signature that was chosen: bytes, which a text field cannot hold. */
let chosen = null;

byId("file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  chosen = bytes[0] === 0x30 ? bytes : null;
  byId("credential").value = chosen ? `（印章或签章文件 ${file.name}）` : new TextDecoder().decode(bytes);
});

byId("credential").addEventListener("input", () => { chosen = null; });

byId("verify-form").addEventListener("submit", (event) => {
  event.preventDefault();
  show(byId("verdict"), async () => reportCard(await call("/v1/verify",
    chosen ? { method: "POST", headers: { "content-type": "application/octet-stream" }, body: chosen }
      : { method: "POST", headers: { "content-type": "application/dc+sd-jwt" }, body: byId("credential").value.trim() })));
});

byId("holder-form").addEventListener("submit", (event) => {
  event.preventDefault();
  show(byId("holder"), async () => {
    const answer = await call("/v1/holders/licenses", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${byId("token").value.trim()}` },
      body: JSON.stringify({ holder_code_type: byId("code-type").value, holder_code: byId("code").value.trim(),
        purpose: byId("purpose").value, limit: 100 }) });
    const collected = collectedTable(answer.collected);
    if (answer.licenses.length === 0) {
      return element("div", {}, element("p", { class: "hint" }, "档案中没有证照。"), ...collected);
    }
    const rows = answer.licenses.map((license) => element("tr", {},
      element("td", {}, license.license_name), element("td", {}, license.license_number),
      element("td", {}, license.valid_until ?? "长期"), element("td", {}, license.grade),
      element("td", { class: license.report.verdict },
        VERDICTS[license.report.verdict] + (license.report.reason ? `：${license.report.reason.zh}` : ""))));
    return element("div", {}, element("table", {}, element("thead", {}, element("tr", {},
      ...["证照", "编号", "有效期至", "等级", "现时核验"].map((name) => element("th", {}, name)))),
      element("tbody", {}, ...rows)), ...collected);
  });
});

/* What other systems have on file: apart from the licenses, because nobody signed it. */
function collectedTable(records) {
  if (records.length === 0) return [];
  const rows = records.map((record) => element("tr", {},
    element("td", {}, record.license_number), element("td", {}, record.issue_date),
    element("td", {}, record.valid_until ?? "长期"), element("td", {}, record.grade),
    element("td", {}, STATES[record.state]), element("td", {}, record.may_exempt ? "可" : "否")));
  return [element("p", { class: "hint" }, "归集数据（未签章，不是电子证照）："),
    element("table", {}, element("thead", {}, element("tr", {},
      ...["编号", "颁发日期", "有效期至", "等级", "数据冲突", "可免交"].map((name) => element("th", {}, name)))),
      element("tbody", {}, ...rows))];
}

fetch("/v1/health").then(async (response) => {
  const health = await response.json();
  const bad = health.checks.filter((check) => !check.ok).map((check) => `${check.name}: ${check.detail}`);
  byId("health").textContent = health.ok ? "服务正常" : `服务异常，核验结果不可作为依据：${bad.join("；")}`;
  byId("health").classList.toggle("bad", !health.ok);
}).catch(() => { byId("health").textContent = "无法连接服务"; byId("health").classList.add("bad"); });
