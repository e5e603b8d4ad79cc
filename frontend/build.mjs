// Turns frontend/src into web/dist: bundles, style sheets, icons, font, licences, and the manifest last of all.
// node build.mjs DIST SOURCES_DIGEST [ICON...]

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { appIcon, markOf } from "./app-icon.mjs";

const [dist, sources, ...issueIcons] = process.argv.slice(2);
const src = "src";
const tabler = "node_modules/@tabler/icons/icons/outline";
const font = "node_modules/@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf";
const textFiles = new Set([".js", ".css", ".svg", ".txt"]);

/** One entry a room: src/map/index.js -> map.js, src/map/map.css -> map.css; src/shared gives look.css alone. */
function entries() {
  const found = { look: join(src, "shared/look.css") };
  found["maplibre-worker"] = "maplibre-gl/dist/maplibre-gl-worker.mjs";
  for (const room of readdirSync(src).filter((name) => name !== "phone")) {
    const script = join(src, room, "index.js");
    const sheet = join(src, room, `${room}.css`);
    if (existsSync(script)) found[room] = script;
    if (existsSync(sheet)) found[`${room}-sheet`] = sheet;
  }
  return found;
}

/** Tabler icons by name: those of icons.txt and those that the catalogue of problems names. */
function icons() {
  const listed = readFileSync(join(src, "shared/icons.txt"), "utf8").split("\n");
  const names = [...listed.map((line) => line.split("#")[0].trim()).filter(Boolean), ...issueIcons];
  const found = {};
  for (const name of [...new Set(names)].sort()) {
    const file = join(tabler, `${name}.svg`);
    if (!existsSync(file)) throw new Error(`There is no Tabler icon "${name}"`);
    const body = readFileSync(file, "utf8").replace(/<!--[\s\S]*?-->/g, "").match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1];
    found[name] = body.replace(/<path stroke="none"[^>]*\/>/, "").replace(/\s+/g, " ").trim();
  }
  return found;
}

function sprite(found) {
  const symbols = Object.entries(found).map(([name, body]) => `<symbol id="i-${name}" viewBox="0 0 24 24">${body}</symbol>`);
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

/** Lets src/shared/icons.js import the chosen icons as one plain object. */
function iconModule(found) {
  return {
    name: "icons",
    setup(build) {
      build.onResolve({ filter: /^virtual:icons$/ }, (asked) => ({ path: asked.path, namespace: "icons" }));
      build.onLoad({ filter: /.*/, namespace: "icons" }, () => ({ contents: JSON.stringify(found), loader: "json" }));
    },
  };
}

/** The licences of everything that reaches a browser or a stamped photo. */
function notice() {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const parts = ["Third-party software in the files beside this one.\n"];
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (!path || entry.dev || path.includes("/@types/") || !existsSync(path)) continue;
    const described = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
    const texts = readdirSync(path).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name)).sort();
    parts.push(`${"=".repeat(78)}\n${described.name} ${described.version}  (${described.license ?? "see below"})\n`);
    parts.push(...texts.map((name) => readFileSync(join(path, name), "utf8").trim() + "\n"));
    if (!texts.length) parts.push(origin(described));
  }
  return parts.join("\n");
}

/** Who to ask, for a package that names its licence but carries no text of it. */
function origin({ author, repository, homepage }) {
  const named = [typeof author === "object" ? author.name : author, repository?.url ?? repository, homepage].filter(Boolean);
  return `The package carries no licence text. ${named.join("  ")}\n`;
}

function hashed(name, content) {
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 10).toUpperCase();
  return `${basename(name, extname(name))}.${digest}${extname(name)}`;
}

/** Writes a file once with its compressed twins; a hashed name that exists already holds the same bytes. */
function put(name, content) {
  const path = join(dist, name);
  const kept = [name];
  if (!existsSync(path)) write(path, content);
  if (!textFiles.has(extname(name))) return kept;
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_SIZE_HINT]: content.length } };
  if (!existsSync(`${path}.br`)) write(`${path}.br`, brotliCompressSync(content, quality));
  if (!existsSync(`${path}.gz`)) write(`${path}.gz`, gzipSync(content, { level: 9 }));
  return [...kept, `${name}.br`, `${name}.gz`];
}

function write(path, content) {
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}

const chosenIcons = icons();
const common = {
  outdir: dist,
  entryNames: "[name].[hash]",
  chunkNames: "part.[hash]",
  assetNames: "[name].[hash]",
  bundle: true,
  target: ["chrome87", "safari15"],
  minify: true,
  legalComments: "none",
  charset: "utf8",
  metafile: true,
  write: false,
  logLevel: "warning",
  plugins: [iconModule(chosenIcons)],
};
const parts = { splitting: true, format: "esm" };
const result = await esbuild.build({ ...common, ...parts, entryPoints: entries() });
// The offline app is built by itself: what its first screen needs is one file, and no other page's parts.
const phone = await esbuild.build({
  ...common,
  ...parts,
  entryPoints: { phone: join(src, "phone/index.js"), "phone-sheet": join(src, "phone/phone.css") },
});
const worker = await esbuild.build({
  ...common,
  format: "iife",
  entryPoints: { "phone-worker": join(src, "phone/worker.js") },
});

/** What the offline app loads at once, and what it fetches when a person opens it: two lists of file names. */
function phoneFiles({ outputs }) {
  const name = (path) => basename(path);
  const entry = Object.keys(outputs).find((path) => /^phone\.[^.]+\.js$/.test(name(path)));
  const first = new Set([entry]);
  for (const path of first) {
    for (const { path: next, kind } of outputs[path].imports) if (kind === "import-statement") first.add(next);
  }
  const all = Object.keys(outputs).filter((path) => path.endsWith(".js"));
  return { first: [...first].map(name), later: all.filter((path) => !first.has(path)).map(name) };
}

mkdirSync(dist, { recursive: true });
const manifest = {};
const kept = new Set(["manifest.json"]);
const keep = (logical, name, content) => {
  manifest[logical] = name;
  for (const file of put(name, content)) kept.add(file);
};

for (const file of [...result.outputFiles, ...phone.outputFiles, ...worker.outputFiles]) {
  const name = basename(file.path);
  const [stem] = name.split(".");
  // A shared part has no logical name of its own: its hashed name stands for itself, so the server may serve it.
  const logical = stem === "part" ? name : `${stem.replace(/-sheet$/, "")}${extname(name)}`;
  keep(logical, name, Buffer.from(file.contents));
}
const spriteText = Buffer.from(sprite(chosenIcons));
keep("icons.svg", hashed("icons.svg", spriteText), spriteText);
const mark = markOf(readFileSync(join("..", "ui", "mark.svg"), "utf8"));
for (const [logical, size, share] of [
  ["app-192.png", 192, 0.62],
  ["app-512.png", 512, 0.62],
  ["app-maskable-512.png", 512, 0.5],
  ["app-apple-180.png", 180, 0.58],
]) {
  const picture = appIcon(mark, { size, share });
  keep(logical, hashed(logical, picture), picture);
}
const list = Buffer.from(JSON.stringify(phoneFiles(phone.metafile)));
keep("phone.json", hashed("phone.json", list), list);
const fontBytes = readFileSync(font);
keep("font.ttf", hashed("NotoSansSC.ttf", fontBytes), fontBytes);
const noticeText = Buffer.from(notice());
write(join(dist, "NOTICE.txt"), noticeText);
manifest["NOTICE.txt"] = "NOTICE.txt";
kept.add("NOTICE.txt");
manifest.sources = sources;

for (const name of readdirSync(dist)) if (!kept.has(name) && name !== ".gitkeep") rmSync(join(dist, name), { recursive: true });
write(join(dist, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
