// Draws records as cards with their pictures. Pictures come from the checked route with the reader's own cookie;
// words from data only ever become text. A plain click stays inside the app, any other click is a link's own.
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

const chip = ({ word, tone, sign: name }) => made("span", `slg-chip ${tone}`, name ? sign(name) : "", word);

function picture(card, words) {
  const box = made("div", "pic slg-ticks");
  const empty = () => {
    const mark = sign(card.photo ? "hourglass_empty" : "no_photography");
    mark.title = words.no_picture;
    box.className = "pic empty";
    box.replaceChildren(mark);
  };
  if (!card.photo) empty();
  else {
    const image = made("img");
    image.alt = "";
    image.loading = "lazy";
    image.width = 116;
    image.height = 87;
    image.addEventListener("error", empty);
    image.src = card.photo;
    box.append(image);
  }
  return box;
}

function drawn(card, words, open) {
  const link = made("a", "slg-card",
    picture(card, words),
    made("div", "text",
      made("div", "top", made("span", "what", card.title), chip(card.state), ...card.marks.map(chip)),
      made("div", "where", card.where),
      made("div", "who", made("span", "slg-mono", card.number), made("span", "", card.when), made("span", "", card.by))));
  link.href = card.href;
  link.dataset.number = card.number;
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    open(card.number);
  });
  return made("li", "", link);
}

const known = new WeakMap();

export default function component({ parentElement, data, setTriggerValue }) {
  const seen = JSON.stringify(data);
  const before = known.get(parentElement) ?? {};
  before.open = (number) => setTriggerValue("open", number);
  known.set(parentElement, before);
  if (before.seen === seen && before.list?.isConnected) return;
  const list = made("ul", "slg-cards", ...data.cards.map((card) => drawn(card, data.words, (number) => before.open(number))));
  before.list?.remove();
  parentElement.append(list);
  Object.assign(before, { seen, list });
}
