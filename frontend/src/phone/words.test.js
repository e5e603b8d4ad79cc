// Every sentence that the offline app asks for exists in both languages, with the same facts.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const here = new URL(".", import.meta.url);
const sources = readdirSync(here).filter((name) => name.endsWith(".js") && !name.endsWith(".test.js"));
const text = sources.map((name) => readFileSync(new URL(name, here), "utf8")).join("\n");

function section(lang, name) {
  const toml = readFileSync(new URL(`../../../i18n/${lang}.toml`, here), "utf8");
  const body = toml.split(new RegExp(`^\\[${name}\\]$`, "m"))[1].split(/^\[/m)[0];
  return Object.fromEntries([...body.matchAll(/^(\w+) = "(.*)"$/gm)].map(([, key, value]) => [key, value]));
}

const zh = { ...section("zh", "capture"), ...section("zh", "phone") };
const en = { ...section("en", "capture"), ...section("en", "phone") };

test("both languages have the same keys and the same facts to fill in", () => {
  assert.deepEqual(Object.keys(zh), Object.keys(en));
  const facts = (sentence) => [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const key of Object.keys(zh)) assert.deepEqual(facts(zh[key]), facts(en[key]), key);
});

test("every key that the sources name is there", () => {
  const fixed = [...text.matchAll(/\bsay\("(\w+)"/g)].map(([, key]) => key);
  const either = [...text.matchAll(/\bsay\([^()]*\? "(\w+)" : "(\w+)"/g)].flatMap(([, one, other]) => [one, other]);
  const tabs = [...text.matchAll(/tab\("\w+", "[\w-]+", "(\w+)"/g)].map(([, key]) => key);
  assert.ok(fixed.length > 60);
  for (const key of [...fixed, ...either, ...tabs]) assert.ok(key in zh, key);
});

test("every family of keys is whole", () => {
  const families = {
    webview_: ["wechat", "dingtalk"],
    lack_: ["https", "worker", "storage"],
    why_: ["away", "late", "stranger", "other"],
    correct_: ["title", "send", "done"],
    withdraw_: ["title", "send", "done"],
  };
  for (const [stem, ends] of Object.entries(families)) for (const end of ends) assert.ok(`${stem}${end}` in zh, `${stem}${end}`);
});
