// Every sentence that the form asks for exists in both languages.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const here = new URL(".", import.meta.url);
const sources = readdirSync(here).filter((name) => name.endsWith(".js") && !name.endsWith(".test.js"));
const text = sources.map((name) => readFileSync(new URL(name, here), "utf8")).join("\n");

function section(lang) {
  const toml = readFileSync(new URL(`../../../i18n/${lang}.toml`, here), "utf8");
  const body = toml.split(/^\[capture\]$/m)[1].split(/^\[/m)[0];
  return Object.fromEntries([...body.matchAll(/^(\w+) = "(.*)"$/gm)].map(([, key, value]) => [key, value]));
}

const zh = section("zh");
const en = section("en");

test("both languages have the same keys and the same facts to fill in", () => {
  assert.deepEqual(Object.keys(zh), Object.keys(en));
  const facts = (sentence) => [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const key of Object.keys(zh)) assert.deepEqual(facts(zh[key]), facts(en[key]), key);
});

test("every key that the sources name is there", () => {
  const fixed = [...text.matchAll(/say\("(\w+)"/g)].map(([, key]) => key);
  const either = [...text.matchAll(/say\([^)]*\? "(\w+)" : "(\w+)"/g)].flatMap(([, one, other]) => [one, other]);
  assert.ok(fixed.length > 60);
  for (const key of [...fixed, ...either]) assert.ok(key in zh, key);
});

test("every family of keys is whole", () => {
  const families = {
    step_: ["kind", "shots", "place"],
    position_: ["good", "fair", "poor", "waiting", "denied", "unavailable", "insecure"],
    photo_: ["too_large", "empty", "not_image", "twice", "unreadable", "many"],
    plate_: ["empty", "no_province", "no_letter", "short", "long", "odd", "ok", "free", "missing"],
    reason_: ["indoor", "blocked", "off", "other"],
    mode_: ["professional", "soe_backstop", "self_managed", "trusteeship", "community_trust", "unmanaged"],
    glyph_: ["professional", "soe_backstop", "self_managed", "trusteeship", "community_trust", "unmanaged"],
    first_: ["panorama", "closeup", "panorama_hint", "closeup_hint"],
    "": ["building", "unit", "floor", "camera", "gallery"],
  };
  for (const [stem, ends] of Object.entries(families))
    for (const end of ends) assert.ok(`${stem}${end}` in zh, `${stem}${end}`);
});
