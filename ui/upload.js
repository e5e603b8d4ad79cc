// A button that takes one file (or the loose parts of one, zipped here) to a route of ours, with progress. What came of it goes to the page as "kept": {id, name}.
const made = (tag, name, ...children) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
};

const sign = (name) => {
  const node = made("span", "slg-icon", name);
  node.setAttribute("aria-hidden", "true");
  node.translate = false;
  return node;
};

const filled = (sentence, facts) => sentence.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");

/** The server's own sentence where it sent one. */
function whyNot(request, words) {
  try {
    return JSON.parse(request.responseText).detail || words.failed;
  } catch {
    return words.failed;
  }
}

const ending = (name) => (/\.[^.]+$/.exec(name.toLowerCase()) ?? [""])[0];

/** The table of CRC-32 (the polynomial that zip uses). */
const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

async function crcOf(file) {
  let crc = 0xffffffff;
  for (let at = 0; at < file.size; at += 1048576) {
    for (const byte of new Uint8Array(await file.slice(at, at + 1048576).arrayBuffer())) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The loose parts of one Shapefile as a zip without compression: the bytes stay where they are until they are sent. */
async function zipped(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const file of files) {
    const name = new TextEncoder().encode(file.name);
    const crc = await crcOf(file);
    const head = (isCentral) => {
      const bytes = new Uint8Array((isCentral ? 46 : 30) + name.length);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, isCentral ? 0x02014b50 : 0x04034b50, true);
      const at = isCentral ? 6 : 4;
      if (isCentral) view.setUint16(4, 20, true);
      view.setUint16(at, 20, true);
      view.setUint16(at + 2, 0x800, true); // names are UTF-8
      view.setUint16(at + 8, 33, true); // a day, the same each time: 1 January 1980
      view.setUint32(at + 10, crc, true);
      view.setUint32(at + 14, file.size, true);
      view.setUint32(at + 18, file.size, true);
      view.setUint16(at + 22, name.length, true);
      if (isCentral) view.setUint32(42, offset, true);
      bytes.set(name, isCentral ? 46 : 30);
      return bytes;
    };
    const local = head(false);
    directory.push(head(true));
    parts.push(local, file);
    offset += local.length + file.size;
  }
  const size = directory.reduce((sum, each) => sum + each.length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, files.length, true);
  end.setUint16(10, files.length, true);
  end.setUint32(12, size, true);
  end.setUint32(16, offset, true);
  return new Blob([...parts, ...directory, end.buffer]);
}

/** { name, body } to send, or { refusal }: one file, or parts that belong together. */
async function wanted(files, { words, parts, accept, at_most_mb, more_mb, too_large }) {
  const isPart = (file) => parts.includes(ending(file.name));
  if (files.length && files.every(isPart)) {
    const main = files.find((file) => ending(file.name) === parts[0]);
    if (!main || files.length < 2) return { refusal: words.parts_missing };
    return { name: main.name.replace(/\.[^.]+$/, ".zip"), body: await zipped(files) };
  }
  if (files.length !== 1) return { refusal: words.one_file };
  const [file] = files;
  const its = ending(file.name);
  if (accept && !accept.split(",").includes(its)) return { refusal: words.wrong_kind };
  if (file.size > (more_mb[its] ?? at_most_mb) * 1024 * 1024) return { refusal: too_large[its] ?? words.too_large };
  return file.size ? { name: file.name, body: file } : { refusal: words.empty };
}

async function send(kept, files) {
  const { data } = kept;
  kept.request?.abort();
  const file = await wanted([...files], data);
  if (file.refusal) return say(kept, file.refusal, "danger");
  const request = new XMLHttpRequest();
  kept.request = request;
  const facts = { name: file.name, percent: 0 };
  say(kept, filled(data.words.sending, facts), "busy");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) facts.percent = Math.floor((event.loaded / event.total) * 100);
    say(kept, filled(data.words.sending, facts), "busy");
  });
  const over = () => { if (kept.request === request) kept.request = null; };
  request.addEventListener("load", () => {
    over();
    if (request.status !== 201) return say(kept, whyNot(request, data.words), "danger");
    say(kept, filled(data.words.reading, facts), "wait");
    kept.tell("kept", { id: JSON.parse(request.responseText).id, name: file.name });
  });
  request.addEventListener("error", () => { over(); say(kept, data.words.failed, "danger"); });
  request.addEventListener("abort", () => { over(); say(kept, "", ""); });
  request.open("POST", `${data.url}?name=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.send(file.body);
}

function say(kept, sentence, tone) {
  kept.told.className = `told ${tone}`;
  kept.told.setAttribute("role", tone === "danger" ? "alert" : "status");
  kept.sentence.textContent = sentence;
  kept.stop.hidden = tone !== "busy";
}

const isTouch = () => matchMedia("(pointer: coarse)").matches; // nothing is dragged there

function draw(kept) {
  const { data } = kept;
  const input = made("input");
  input.type = "file";
  input.accept = [data.accept, ...data.parts].join(",");
  input.multiple = data.parts.length > 0;
  input.hidden = true;
  input.tabIndex = -1;
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = ""; // the same file again, mended, is another choice
    if (files.length) send(kept, files);
  });
  const choose = made("button", data.is_again ? "choose" : "choose main", sign("upload_file"), data.words.choose);
  choose.type = "button";
  choose.addEventListener("click", () => input.click());
  const links = data.links.map(({ href, label, sign: name }) => {
    const link = made("a", "choose", sign(name), label);
    link.href = href;
    link.download = "";
    return link;
  });
  kept.sentence = made("span", "");
  kept.stop = made("button", "stop", data.words.stop);
  kept.stop.type = "button";
  kept.stop.addEventListener("click", () => kept.request?.abort());
  kept.told = made("div", "told", kept.sentence, kept.stop);
  kept.root.replaceChildren(made("div", "row", choose, ...links), made("p", "hint", isTouch() ? data.words.takes : data.words.drop), kept.told, input);
  say(kept, "", "");
}

/** Files may be dropped on the whole of it. */
function takesDrops(kept) {
  const mark = (isOver) => kept.root.classList.toggle("over", isOver);
  kept.root.addEventListener("dragover", (event) => { event.preventDefault(); mark(true); });
  kept.root.addEventListener("dragleave", () => mark(false));
  kept.root.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    if (event.dataTransfer.files.length) send(kept, event.dataTransfer.files);
  });
}

const known = new WeakMap();

export default function component({ parentElement, data, setTriggerValue }) {
  const kept = known.get(parentElement) ?? { root: made("div", "slg-upload") };
  const seen = JSON.stringify(data);
  kept.tell = setTriggerValue;
  if (!known.has(parentElement)) takesDrops(kept);
  known.set(parentElement, kept);
  if (kept.seen === seen && kept.root.isConnected) {
    if (!kept.request && kept.told.classList.contains("wait")) say(kept, "", "");
    return;
  }
  Object.assign(kept, { data, seen });
  if (!kept.root.isConnected) parentElement.append(kept.root);
  draw(kept);
}
