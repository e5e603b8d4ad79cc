// Shows one record's photos: a large stamped view with corner ticks, thumbs below it, and what is known of each original.
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

const AGAIN_MS = 3000;
const AGAIN_AT_MOST = 20;
const PREVIEW_AT_MOST_PX = 640;

/** Until the server has made its own view it sends the phone's small preview: ask again for a while. */
function lookAgain(image, link, photo) {
  let asked = 0;
  image.addEventListener("load", () => {
    if (Math.max(image.naturalWidth, image.naturalHeight) > PREVIEW_AT_MOST_PX) link.classList.remove("slg-ticks");
    else if (asked++ < AGAIN_AT_MOST) {
      setTimeout(() => { if (image.isConnected) image.src = `${photo.view}?again=${asked}`; }, AGAIN_MS);
    }
  });
}

function bigView(photo, words) {
  // The stamped view carries its corner ticks in the picture; only a phone's preview needs ours.
  const link = made("a", photo.has_ticks ? "big" : "big slg-ticks");
  link.href = photo.view;
  link.target = "_blank";
  link.rel = "noopener";
  link.title = words.open_large;
  const image = made("img");
  image.alt = photo.alt;
  image.addEventListener("error", () => {
    // A link to a picture that is not there would open an error page.
    link.removeAttribute("href");
    link.classList.remove("slg-ticks");
    link.replaceChildren(made("div", "none", photo.trouble || words.not_ready));
  });
  if (!photo.has_ticks) lookAgain(image, link, photo);
  image.src = photo.view;
  link.append(image);
  return link;
}

function thumb(photo, isChosen, choose) {
  const box = made("span", "pic");
  const image = made("img");
  image.alt = "";
  image.addEventListener("error", () => box.replaceChildren());
  image.src = photo.thumb;
  box.append(image);
  const button = made("button", "thumb", box, photo.label);
  button.type = "button";
  button.dataset.shot = photo.shot;
  button.setAttribute("aria-pressed", String(isChosen));
  button.addEventListener("click", choose);
  return button;
}

function about(photo) {
  const proof = made("div", "proof", made("span", photo.proof.tone, sign(photo.proof.sign), photo.proof.word));
  if (photo.hash) {
    const hash = made("span", "slg-mono", photo.hash);
    hash.title = photo.sha256;
    proof.append(hash);
  }
  const node = made("div", "about", proof, ...photo.lines.map((line) => made("div", "", line)));
  node.setAttribute("role", "status");
  return node;
}

function draw(kept) {
  const { photos, words } = kept.data;
  if (photos.length === 0) return kept.root.replaceChildren(made("div", "big", made("div", "none", words.no_photos)));
  const at = Math.max(0, photos.findIndex((photo) => photo.id === kept.chosen));
  const choose = (photo) => () => {
    kept.chosen = photo.id;
    draw(kept);
    kept.root.querySelector("[aria-pressed=true]")?.focus();
  };
  const row = made("div", "thumbs", ...photos.map((photo, i) => thumb(photo, i === at, choose(photo))));
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", words.choose);
  kept.root.replaceChildren(bigView(photos[at], words), made("div", "under", row, about(photos[at])));
}

const known = new WeakMap();

export default function component({ parentElement, data }) {
  const kept = known.get(parentElement) ?? { root: made("div", "slg-viewer"), chosen: null };
  const seen = JSON.stringify(data);
  if (kept.seen === seen && kept.root.isConnected) return;
  Object.assign(kept, { data, seen });
  known.set(parentElement, kept);
  if (!kept.root.isConnected) parentElement.append(kept.root);
  draw(kept);
}
