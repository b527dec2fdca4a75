// SPDX-License-Identifier: MIT
// Runs the script of a page of `orderflow backtest --html` on just as much of a document as it uses, and prints what it
// made: {tags, texts, labels, outside: numbers of shapes beyond the plot}. usage: page.mjs FILE WIDTH
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

const [file, width] = process.argv.slice(2), html = readFileSync(file, "utf8"), parts = html.split(/<script[^>]*>/);
class Node {
  constructor(name) { this.name = name; this.children = []; this.attributes = {}; this.style = {}; this.dataset = {}; this.own = ""; this.on = {}; }
  get textContent() { return this.own + this.children.map(c => c.textContent).join(""); }
  set textContent(text) { this.own = String(text); this.children = []; }
  get clientWidth() { return Number(width); }
  get namespaceURI() { return "svg"; }
  get value() { return this.chosen ?? (this.name === "select" && this.children.length ? this.children[0].value : undefined); }
  set value(v) { this.chosen = String(v); }
  appendChild(c) { this.children.push(c); return c; }
  replaceChildren() { this.children = []; }
  setAttribute(k, v) { this.attributes[k] = String(v); }
  addEventListener(what, f) { this.on[what] = f; }
}
const byId = { data: new Node("script"), page: new Node("div"), title: new Node("h1"), blank: new Node("svg") };
byId.data.own = parts[1].split("</script>")[0];
const document = { getElementById: id => byId[id], createElement: name => new Node(name), createElementNS: (ns, name) => new Node(name) };
const all = node => [node, ...node.children.flatMap(all)];
runInNewContext(parts[2].split("</script>")[0], { document, Node, addEventListener() {}, requestAnimationFrame() {}, cancelAnimationFrame() {} });
const verdicts = [];
for (const select of all(byId.page).filter(n => n.name === "select")) {
  const now = select.value;
  for (const option of select.children) { select.value = option.value; select.on.change(); }
  select.value = now;
  select.on.change();
}
const latencies = all(byId.page).filter(n => n.name === "label" && n.own === "entry after ").map(n => n.children[0]);
for (const select of latencies) for (const option of select.children) {
  select.value = option.value;
  select.on.change();
  verdicts.push(all(byId.page).filter(n => n.name === "td" && /\bv\b/.test(n.className)).map(n => n.own));
}
const nodes = all(byId.page);
const wrong = nodes.flatMap(n => Object.values(n.attributes)).filter(v => /NaN|undefined|Infinity/.test(v));
console.log(JSON.stringify({ tags: [...new Set(nodes.map(n => n.name))], texts: nodes.map(n => n.own).filter(Boolean), wrong, verdicts,
  labels: nodes.filter(n => n.name === "svg").map(n => n.attributes["aria-label"] ?? "") }));
