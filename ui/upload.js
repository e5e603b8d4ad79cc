// A button that takes one file to a route of ours, with progress. What came of it goes to the page as "kept": {id, name}.
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

function send(kept, file) {
  const { data } = kept;
  kept.request?.abort();
  if (file.size > data.at_most_mb * 1024 * 1024) return say(kept, data.words.too_large, "danger");
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
  request.send(file);
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
  input.accept = data.accept;
  input.hidden = true;
  input.tabIndex = -1;
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = ""; // the same file again, mended, is another choice
    if (file) send(kept, file);
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
    const [file] = event.dataTransfer.files;
    if (file) send(kept, file);
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
