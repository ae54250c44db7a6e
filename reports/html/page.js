"use strict";
(() => {
  const STEP = 200; // rows that a long table shows at once
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const all = (q, root = document) => Array.from(root.querySelectorAll(q));
  const say = (text) => { byId("said").textContent = text; };

  const money = (x) => {
    const a = Math.abs(x);
    const short = a >= 999.5e6 ? (x / 1e9).toFixed(2) + "B" : a >= 9.995e6 ? (x / 1e6).toFixed(1) + "M"
      : a >= 999500 ? (x / 1e6).toFixed(2) + "M" : a >= 1000 ? (x / 1e3).toFixed(0) + "k" : x.toFixed(0);
    return (data.currency + " " + short).trim();
  };

  const make = (tag, cls, text) => {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    if (text !== undefined) e.textContent = text;
    return e;
  };

  // Very many findings come in short; what they lack is put in as they show.
  const findings = byId("t-findings");
  const places = new Map(); // row of a finding -> its place in the data
  if (findings) Array.from(findings.tBodies[0].rows).forEach((row, i) => places.set(row, i));
  const link = (to, node) => {
    const a = make("a");
    a.href = "#" + to;
    node.replaceWith(a);
    a.append(node);
  };
  let lines = null;
  const texts = []; // what the text filter looks at, by place
  const fill = (row) => {
    const details = row.querySelector("details");
    if (!lines || !details || details.childElementCount > 1) return;
    for (const [kind, text] of lines[places.get(row)] || []) details.append(make(kind === "dig" ? "code" : "div", kind, text));
  };
  const dress = (row) => {
    if (!data.packed || !places.has(row) || row.querySelector("details")) return;
    link(row.id, row.querySelector("code"));
    const to = data.anchors[data.findings[places.get(row)][1]];
    if (to) link(to, row.cells[2].firstChild);
    const details = make("details");
    details.append(make("summary", "", "Evidence"));
    row.cells[1].append(details);
  };
  if (data.packed) {
    const bytes = Uint8Array.from(atob(data.packed), (c) => c.charCodeAt(0));
    new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).json().then((l) => {
      lines = l;
      texts.length = 0;
      for (const d of all("#t-findings details[open]")) fill(d.closest("tr"));
    });
  }

  // Long tables: only some rows are laid out; the button brings more.
  const pages = new Map();
  const page = (table) => {
    const p = pages.get(table);
    if (!p) return;
    let shown = 0, fit = 0;
    for (const row of table.tBodies[0].rows) {
      if (!row.hidden) fit++;
      const on = !row.hidden && fit <= p.limit;
      row.classList.toggle("on", on);
      if (on) { shown++; dress(row); }
    }
    p.bar.hidden = shown === fit;
    p.text.textContent = shown + " of " + fit + " rows are shown.";
  };
  const button = (text, act) => {
    const b = make("button", "", text);
    b.type = "button";
    b.addEventListener("click", act);
    return b;
  };
  for (const table of all("table.paged")) {
    const bar = make("div", "pager"), text = make("span");
    const step = Number(table.dataset.step) || STEP;
    const grow = (n) => () => { pages.get(table).limit += n; page(table); };
    bar.append(text, button("Show " + step + " more", grow(step)), button("Show all", grow(Infinity)));
    table.parentElement.after(bar);
    pages.set(table, { limit: step, bar, text });
    page(table);
  }

  // Tables sort by their heads.
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const key = (row, i) => {
    const cell = row.cells[i];
    if (/^s\d$/.test(cell.className)) return Number(cell.className[1]);
    if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
    const lead = cell.querySelector("b, a");
    const text = (lead && cell.firstElementChild === lead ? lead : cell).textContent.trim();
    return text !== "" && !isNaN(text) ? Number(text) : text;
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b)));
  const sort = (table, head, i) => {
    const numeric = head.classList.contains("num") || head.textContent.startsWith("Severity");
    const now = head.getAttribute("aria-sort");
    const down = now ? now === "ascending" : numeric;
    for (const h of table.tHead.rows[0].cells) h.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = Array.from(table.tBodies[0].rows, (row) => [key(row, i), row]);
    rows.sort((a, b) => (down ? compare(b[0], a[0]) : compare(a[0], b[0])));
    table.tBodies[0].append(...rows.map((r) => r[1]));
    page(table);
  };
  for (const table of all("table.sortable")) {
    Array.from(table.tHead.rows[0].cells).forEach((head, i) => {
      if (head.classList.contains("nosort")) return;
      const b = button(head.textContent, () => sort(table, head, i));
      head.textContent = "";
      head.append(b);
    });
  }

  // Findings are filtered by what the head of the page knows of each row.
  const table = findings, form = byId("filters");
  let filter = () => {};
  if (table && form) {
    const rows = Array.from(places.keys());
    const ruleOf = (i) => byId("f-rule").options[data.findings[i][2] + 1].text;
    const evidence = (i) => (lines ? lines[i].map((l) => l[1]).join(" ") : "");
    const selects = ["f-severity", "f-provider", "f-rule", "f-state"].map(byId);
    filter = () => {
      const want = selects.map((s) => s.value);
      const words = byId("f-text").value.toLowerCase().split(/\s+/).filter(Boolean);
      let n = 0;
      rows.forEach((row, i) => {
        let ok = want.every((w, k) => w === "" || Number(w) === data.findings[i][k]);
        if (ok && words.length) {
          texts[i] = texts[i] || (row.textContent + " " + ruleOf(i) + " " + evidence(i)).toLowerCase();
          ok = words.every((w) => texts[i].includes(w));
        }
        row.hidden = !ok;
        if (ok) n++;
      });
      if (pages.has(table)) pages.get(table).limit = STEP;
      page(table);
      const text = n === rows.length ? n + " findings." : n + " of " + rows.length + " findings match.";
      byId("f-count").textContent = text;
      say(text);
    };
    let timer = 0;
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 120); });
    form.addEventListener("reset", () => setTimeout(filter));
    form.addEventListener("submit", (e) => e.preventDefault());
    for (const tile of all("[data-severity]")) {
      tile.addEventListener("click", () => {
        form.reset();
        byId("f-severity").value = tile.dataset.severity;
        filter();
      });
    }
    table.addEventListener("toggle", (e) => remedy(e.target), true);
  }

  // An opened finding shows the remedy of its rule, which the page holds once.
  const remedy = (details) => {
    if (!details.open || details.dataset.full) return;
    details.dataset.full = "1";
    fill(details.closest("tr"));
    const to = details.parentElement.querySelector("a[href^='#rule-']");
    const rule = to && byId(to.getAttribute("href").slice(1));
    const text = rule && rule.querySelector(".remedy");
    if (text) details.querySelector("summary").after(text.cloneNode(true));
  };

  // A permalink shows its row whatever is filtered, folded or not yet shown.
  const arrive = () => {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch (_) { return; }
    const row = id && byId(id);
    if (!row || row.tagName !== "TR") return;
    for (const other of all("tr.here")) other.classList.remove("here");
    if (row.hidden) { form.reset(); filter(); }
    if (row.closest(".paged")) { row.classList.add("on"); dress(row); }
    row.classList.add("here");
    const details = row.querySelector("details");
    if (details) details.open = true;
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "start" });
  };
  addEventListener("hashchange", arrive);
  document.addEventListener("click", (e) => { // the same link twice changes no hash
    const a = e.target.closest && e.target.closest("a[href^='#']");
    if (a && a.getAttribute("href") === location.hash) setTimeout(arrive);
  });

  // Ticked changes: the sets that were computed bound what is left, as another
  // change never raises the exposure.
  const within = (small, big) => small.every((x) => big.includes(x));
  const left = (group, ticked) => {
    let most = group.before, least = 0, sum = null;
    for (const set of group.sets) {
      if (within(set.changes, ticked)) most = Math.min(most, set.after);
      if (within(ticked, set.changes)) least = Math.max(least, set.after);
      if (set.changes.length === ticked.length && within(ticked, set.changes)) { most = least = set.after; sum = set.sum; break; }
    }
    return { most, least: Math.min(least, most), sum };
  };
  for (const box of all(".sim")) {
    const group = data.groups[Number(box.dataset.group)];
    const ticks = all("input[data-change]", box);
    const show = () => {
      const ticked = ticks.filter((t) => t.checked).map((t) => Number(t.dataset.change));
      const after = left(group, ticked);
      box.querySelector(".now").setAttribute("width", group.before > 0 ? 100 * after.most / group.before : 0);
      let text = "Nothing is ticked.";
      if (ticked.length && after.sum !== null) {
        text = money(group.before) + " → " + money(after.most) + ": cuts " + money(group.before - after.most) + " (computed exactly).";
        if (after.sum > group.before - after.most) text += " Over all providers: " + money(after.sum) + ".";
      } else if (ticked.length) {
        text = money(group.before) + " → at most " + money(after.most) + (after.least > 0 ? ", at least " + money(after.least) : "") + ": this set was not computed together; mspscan whatif computes it.";
      }
      box.querySelector(".after").textContent = text;
    };
    for (const t of ticks) { t.checked = false; t.addEventListener("change", show); }
  }

  // The graph moves by its view box.
  const canvas = byId("canvas"), svg = byId("picture");
  let showAll = () => {};
  if (canvas && svg) {
    const whole = svg.viewBox.baseVal, full = { x: 0, y: 0, w: whole.width, h: whole.height };
    let view = { ...full };
    const look = (v) => {
      const w = Math.min(full.w * 1.5, Math.max(full.w / 12, v.w)), h = w * full.h / full.w;
      const x = Math.min(full.w - w * .2, Math.max(-w * .8, v.x)), y = Math.min(full.h - h * .2, Math.max(-h * .8, v.y));
      view = { x, y, w, h };
      canvas.classList.toggle("near", w < full.w); // a finger moves the graph then, not the page
      svg.setAttribute("viewBox", [x, y, w, h].map((n) => n.toFixed(1)).join(" "));
    };
    const zoom = (f, cx = view.x + view.w / 2, cy = view.y + view.h / 2) =>
      look({ x: cx - (cx - view.x) * f, y: cy - (cy - view.y) * f, w: view.w * f });
    const move = (dx, dy) => look({ ...view, x: view.x + dx * view.w, y: view.y + dy * view.h });
    showAll = () => look(full);
    const acts = { in: () => zoom(.75), out: () => zoom(1 / .75), all: () => look(full) };
    for (const b of all("[data-zoom]")) b.addEventListener("click", acts[b.dataset.zoom]);
    const keys = {
      ArrowLeft: () => move(-.1, 0), ArrowRight: () => move(.1, 0), ArrowUp: () => move(0, -.1), ArrowDown: () => move(0, .1),
      "+": acts.in, "=": acts.in, "-": acts.out, "0": acts.all,
    };
    canvas.addEventListener("keydown", (e) => {
      if (!keys[e.key] || e.ctrlKey || e.metaKey || e.altKey) return;
      e.preventDefault();
      keys[e.key]();
    });
    const at = (e) => {
      const r = svg.getScreenCTM().inverse();
      return new DOMPoint(e.clientX, e.clientY).matrixTransform(r);
    };
    canvas.addEventListener("wheel", (e) => {
      if (!e.ctrlKey) return;
      e.preventDefault();
      const p = at(e);
      zoom(e.deltaY < 0 ? .85 : 1 / .85, p.x, p.y);
    }, { passive: false });
    let drag = null, moved = false;
    svg.addEventListener("pointerdown", (e) => { if (e.button === 0 && (e.pointerType !== "touch" || view.w < full.w)) { drag = at(e); moved = false; } });
    addEventListener("pointermove", (e) => {
      if (!drag) return;
      const p = at(e);
      if (!moved && Math.hypot(p.x - drag.x, p.y - drag.y) < 5) return;
      moved = true;
      canvas.classList.add("drag");
      look({ ...view, x: view.x + drag.x - p.x, y: view.y + drag.y - p.y });
    });
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { drag = null; canvas.classList.remove("drag"); });
    svg.addEventListener("click", (e) => { if (moved) { e.preventDefault(); moved = false; } }, true);
    svg.addEventListener("dragstart", (e) => e.preventDefault());

    // What a node reaches lights up while it is pointed at.
    const ways = all("#lines path");
    const light = (id) => {
      const lit = new Set([id]);
      for (let grown = true; grown;) {
        grown = false;
        for (const l of ways) {
          if (lit.has(l.dataset.f) && !lit.has(l.dataset.t)) { lit.add(l.dataset.t); grown = true; }
        }
      }
      svg.classList.add("dim");
      for (const l of ways) l.classList.toggle("lit", lit.has(l.dataset.f) && lit.has(l.dataset.t));
      for (const n of all("a.n", svg)) n.classList.toggle("lit", lit.has(n.id));
    };
    const dark = () => svg.classList.remove("dim");
    for (const n of all("a.n", svg)) {
      n.addEventListener("pointerenter", () => light(n.id));
      n.addEventListener("pointerleave", dark);
      n.addEventListener("focus", () => light(n.id));
      n.addEventListener("blur", dark);
    }
  }

  // On paper everything is open.
  let closed = [];
  addEventListener("beforeprint", () => {
    for (const row of places.keys()) { dress(row); fill(row); }
    closed = all("details:not([open])");
    for (const d of closed) d.open = true;
    showAll();
  });
  addEventListener("afterprint", () => { for (const d of closed) d.open = false; });

  arrive();
})();
