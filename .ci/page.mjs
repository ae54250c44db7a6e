// Uses the pages of a folder as people do. See page.sh.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [folder, executablePath, pictures] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
let checks = 0;
const faults = [];
const expect = (ok, what) => { checks++; if (!ok) { faults.push(what); console.log("FAULT " + what); } };
const equal = (got, want, what) => expect(got === want, `${what}: ${JSON.stringify(got)}, not ${JSON.stringify(want)}`);

const launch = () => chromium.launch({ executablePath, args, headless: true });
let browser = await launch();

// open gives a page with what it said and asked for.
async function open(file, options = {}, hash = "") {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const said = [], asked = [];
  page.on("console", (m) => said.push(m.text()));
  page.on("pageerror", (e) => said.push(String(e)));
  page.on("request", (r) => asked.push(r.url()));
  page.on("dialog", (d) => { said.push("dialog " + d.message()); d.dismiss(); });
  const begin = Date.now();
  await page.goto(pathToFileURL(file).href + hash, { waitUntil: "load" });
  const millis = Date.now() - begin;
  return { page, said, asked, millis, close: () => context.close() };
}

async function quiet(name, p) {
  equal(p.said.length, 0, `${name}: console is empty: ${p.said.slice(0, 3).join(" | ")}`);
  equal(p.asked.length, 1, `${name}: one request: ${p.asked.slice(0, 4).join(" ")}`);
}

async function accessible(name, page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  const list = result.violations.map((v) => `${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 160)} ${(v.nodes[0].any[0] || {}).message || ""}`);
  equal(list.length, 0, `${name}: axe: ${list.join("\n  ")}`);
  expect(result.passes.length > 10, `${name}: axe looked at the page`);
}

// harmless: nothing that outside text brought can run, load or lead away.
async function harmless(name, p, title) {
  const bad = await p.page.evaluate(() => {
    const list = [];
    const known = new Set("A B BODY BR BUTTON CAPTION CIRCLE CODE DD DEFS DETAILS DIV DL DT FOOTER FORM G H1 H2 H3 HEAD HEADER HTML I INPUT LABEL LI LINK MAIN MARKER META NAV NOSCRIPT OL OPTION P PATH RECT SCRIPT SECTION SELECT SMALL SPAN STRONG STYLE SUMMARY SVG TABLE TBODY TD TEXT TH THEAD TITLE TR UL".split(" "));
    for (const e of document.querySelectorAll("*")) {
      if (!known.has(e.tagName.toUpperCase())) list.push(e.outerHTML.slice(0, 100));
      for (const a of e.attributes) {
        if (/^on/i.test(a.name) || ["style", "src", "srcset", "action", "formaction"].includes(a.name)) list.push(`${e.tagName} ${a.name}=${a.value.slice(0, 80)}`);
        if (["href", "xlink:href"].includes(a.name) && !/^#[A-Za-z0-9._-]+$/.test(a.value) && !(e.tagName === "LINK" && a.value === "data:,")) list.push(`${e.tagName} ${a.name}=${a.value.slice(0, 80)}`);
      }
    }
    if (document.scripts.length !== 3) list.push(document.scripts.length + " scripts");
    return list;
  });
  equal(bad.length, 0, `${name}: no markup from outside: ${bad.slice(0, 5).join(" | ")}`);
  equal(await p.page.title(), title, `${name}: title`);
}

const shown = (page) => page.locator("#t-findings tbody tr").evaluateAll((l) => l.filter((r) => r.offsetParent !== null || r.getClientRects().length).length);

async function filters(name, p, ids) {
  const { page } = p;
  const count = () => page.locator("#f-count").textContent();
  const all = Math.min(ids.length, 200);
  equal(await shown(page), all, `${name}: rows at first`);
  await page.selectOption("#f-severity", { label: "critical" });
  const critical = await page.evaluate(() => JSON.parse(document.getElementById("data").textContent).findings.filter((f) => f[0] === 4).length);
  await page.waitForFunction((n) => document.querySelector("#f-count").textContent.startsWith(`${n} of `), critical);
  const words = await page.locator("#t-findings tbody tr").evaluateAll((l) => l.filter((r) => r.getClientRects().length).map((r) => r.cells[0].textContent.trim()));
  expect(words.length === Math.min(critical, 200) && words.every((w) => w === "◆ Critical"), `${name}: only critical rows: ${[...new Set(words)]}`);
  await page.locator("#filters button[type=reset]").click();
  await page.waitForFunction((n) => document.querySelector("#f-count").textContent === `${n} findings.`, ids.length);
  await page.fill("#f-text", ids.at(-1));
  await page.waitForFunction(() => document.querySelector("#f-count").textContent.includes(" match"));
  equal(await count(), `1 of ${ids.length} findings match.`, `${name}: text filter`);
  equal(await shown(page), 1, `${name}: row of the text filter`);
  for (const select of ["#f-provider", "#f-rule", "#f-state"]) {
    await page.locator("#filters button[type=reset]").click();
    await page.waitForFunction((n) => document.querySelector("#f-count").textContent === `${n} findings.`, ids.length);
    await page.selectOption(select, { index: 1 });
    await page.waitForTimeout(250);
    const k = { "#f-provider": 1, "#f-rule": 2, "#f-state": 3 }[select];
    const want = await page.evaluate((k) => JSON.parse(document.getElementById("data").textContent).findings.filter((f) => f[k] === 0).length, k);
    const n = parseInt(await count(), 10);
    equal(n, want, `${name}: filter ${select}`);
  }
  await page.evaluate((id) => { location.hash = id; }, ids[0]); // a permalink shows its row whatever is filtered
  await page.waitForFunction((id) => document.activeElement && document.activeElement.id === id, ids[0]);
  expect(await page.evaluate((id) => { const r = document.getElementById(id); return r.getClientRects().length > 0 && r.querySelector("details").open; }, ids[0]), `${name}: permalink shows its row`);
}

async function sorting(name, page) {
  const table = page.locator("#providers table").first(); // how sure the ranking is stands below it
  const head = table.locator("thead th", { hasText: "Exposure" });
  const values = () => table.locator(":scope > tbody > tr").evaluateAll((l) => l.map((r) => Number(r.cells[3].dataset.v)));
  await head.locator("button").click();
  equal(await head.getAttribute("aria-sort"), "descending", `${name}: aria-sort`);
  const down = await values();
  expect(down.every((v, i) => i === 0 || down[i - 1] >= v), `${name}: sorted downwards`);
  await head.locator("button").press("Enter");
  const up = await values();
  expect(up.every((v, i) => i === 0 || up[i - 1] <= v), `${name}: sorted upwards by key`);
}

async function graph(name, page) {
  const box = () => page.locator("#picture").getAttribute("viewBox");
  const whole = await box();
  await page.locator("[data-zoom=in]").click();
  const near = await box();
  expect(near !== whole, `${name}: zoom in`);
  await page.locator("[data-zoom=all]").click();
  await page.locator("#canvas").focus();
  await page.keyboard.press("+");
  equal((await box()).split(" ")[2], near.split(" ")[2], `${name}: zoom by key`);
  await page.keyboard.press("ArrowRight");
  expect((await box()).split(" ")[0] !== near.split(" ")[0], `${name}: pan by key`);
  await page.keyboard.press("0");
  const view = (s) => s.split(" ").map(Number).join(" ");
  equal(view(await box()), view(whole), `${name}: whole again`);
  const r = await page.locator("#picture").boundingBox();
  await page.mouse.move(r.x + 8, r.y + 8);
  await page.mouse.down();
  await page.mouse.move(r.x + 90, r.y + 60, { steps: 5 });
  await page.mouse.up();
  expect(view(await box()) !== view(whole), `${name}: pan by dragging`);
  await page.locator("[data-zoom=all]").click();
  const nodes = page.locator("#picture a.provider");
  for (let i = 0; i < Math.min(3, await nodes.count()); i++) {
    const to = (await nodes.nth(i).getAttribute("href")).slice(1);
    await nodes.nth(i).click();
    await page.waitForFunction((id) => document.activeElement && document.activeElement.id === id, to);
    expect(await page.evaluate((id) => document.getElementById(id).querySelector("details").open, to), `${name}: the graph leads to ${to}`);
  }
  if (await nodes.count()) {
    await nodes.first().focus();
    await page.keyboard.press("Enter");
    equal(await page.evaluate(() => location.hash), await nodes.first().getAttribute("href"), `${name}: the graph by key`);
  }
  const lost = await page.evaluate(() => Array.from(document.querySelectorAll("a[href^='#']")).map((a) => a.getAttribute("href").slice(1)).filter((id) => !document.getElementById(id)));
  equal(lost.length, 0, `${name}: every link has its place: ${lost.slice(0, 5)}`);
  const twice = await page.evaluate(() => { const n = {}; for (const e of document.querySelectorAll("[id]")) n[e.id] = (n[e.id] || 0) + 1; return Object.keys(n).filter((k) => n[k] > 1); });
  equal(twice.length, 0, `${name}: ids are unique: ${twice.slice(0, 5)}`);
}

async function simulator(name, page) {
  const after = page.locator(".sim .after").first();
  equal(await after.textContent(), "Nothing is ticked.", `${name}: simulator at first`);
  const ticks = page.locator(".sim input");
  await ticks.nth(0).check();
  expect(/→ .*computed exactly/.test(await after.textContent()), `${name}: one change: ${await after.textContent()}`);
  const one = Number(await page.locator(".sim .now").first().getAttribute("width"));
  expect(one < 100, `${name}: the bar shrinks`);
  await ticks.nth(1).check();
  const two = Number(await page.locator(".sim .now").first().getAttribute("width"));
  expect(two <= one, `${name}: two changes leave no more than one`);
  await ticks.nth(0).uncheck();
  await ticks.nth(1).uncheck();
  equal(await after.textContent(), "Nothing is ticked.", `${name}: simulator at last`);
}

async function printed(name, page, ids) {
  const file = join(folder, name + ".pdf");
  writeFileSync(file, await page.pdf({ format: "A4", preferCSSPageSize: true, printBackground: true }));
  const text = execFileSync("pdftotext", ["-raw", file, "-"], { maxBuffer: 1 << 28 }).toString().replace(/\s+/g, "");
  const missing = ids.filter((id) => !text.includes(id));
  equal(missing.length, 0, `${name}: the PDF holds every id: ${missing.slice(0, 5)}`);
  checks += ids.length;
}

// bare takes the scripts out, as a viewer that runs none sees the page.
function bare(file) {
  const to = file.replace(/\.html$/, ".bare.htm");
  writeFileSync(to, readFileSync(file, "utf8").replace(/<script[\s\S]*?<\/script>/g, "").replace(/<noscript>|<\/noscript>/g, ""));
  return to;
}

async function picture(p, name) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  const { width } = p.page.viewportSize();
  await p.page.setViewportSize({ width, height: 2600 });
  await p.page.screenshot({ path: join(pictures, name + ".png") });
}

const files = readdirSync(folder).filter((f) => f.endsWith(".html")).sort();
// use tries all of one page.
async function use(f) {
  const name = f.replace(/\.html$/, ""), file = join(folder, f);
  const facts = JSON.parse(readFileSync(join(folder, name + ".json"), "utf8"));
  const p = await open(file);
  if (name === "large") {
    const size = statSync(file).size;
    console.log(`large: ${facts.findings.length} findings, ${(size / 1e6).toFixed(2)} MB, open in ${p.millis} ms`);
    expect(size < 3e6, `large: ${size} bytes`);
    expect(p.millis < 3000, `large: opens in ${p.millis} ms`);
  }
  const title = await p.page.title();
  expect(title.startsWith("Provider exposure of "), `${name}: title ${title.slice(0, 60)}`);
  await harmless(name, p, title);
  if (facts.findings.length > 5) await filters(name, p, facts.findings);
  if (facts.providers > 2) await sorting(name, p.page);
  if (await p.page.locator("#picture").count()) await graph(name, p.page);
  if (await p.page.locator(".sim input").count() > 1 && name !== "hostile") await simulator(name, p.page);
  await p.page.evaluate(() => { for (const d of document.querySelectorAll("#findings details")) d.open = true; });
  await harmless(name + ", opened", p, title);
  await quiet(name, p);
  await p.close();

  const fresh = await open(file);
  await printed(name, fresh.page, facts.findings);
  await quiet(name + ", printed", fresh);
  await fresh.close();

  const linked = facts.findings.at(-1);
  if (linked) {
    const at = await open(file, {}, "#" + linked);
    equal(await at.page.evaluate(() => document.activeElement.id), linked, `${name}: opened at a finding`);
    await at.close();
  }
  const still = bare(file);
  for (const colorScheme of ["light", "dark"]) {
    for (const [how, where, width] of [["", file, 1280], ...(colorScheme === "light" ? [[" narrow", file, 390]] : []), [" without scripts", still, 1280]]) {
      const v = await open(where, { colorScheme, viewport: { width, height: 900 } });
      await picture(v, `${name}-${colorScheme}${how.replaceAll(" ", "-")}`);
      if (name === "large" && how !== "") { await v.close(); continue; } // 5,000 rows laid out: axe takes minutes
      if (name !== "large") await v.page.evaluate(() => { for (const d of document.querySelectorAll("details")) d.open = true; });
      await accessible(`${name} ${colorScheme}${how}`, v.page);
      if (width === 390) expect(await v.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}${how}: fits its width`);
      await v.close();
    }
  }
  const off = await open(file, { javaScriptEnabled: false });
  equal(await off.page.locator("#t-findings tbody tr").count(), facts.findings.length, `${name}: rows without scripts`);
  const visible = await off.page.locator(".js-only").evaluateAll((l) => l.filter((e) => e.getClientRects().length).length);
  equal(visible, 0, `${name}: nothing that needs scripts shows without them`);
  await quiet(name + ", without scripts", off);
  await off.close();
}
for (const f of files) {
  try {
    await use(f);
  } catch (e) { // a browser that fell over is no fault of the page, once
    console.log(`${f}: again, after: ${e.message.split("\n")[0]}`);
    await browser.close().catch(() => {});
    browser = await launch();
    await use(f).catch((again) => expect(false, `${f}: ${again.message}`));
  }
}
await browser.close();
console.log(`page: ${checks} checks on ${files.length} pages, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
