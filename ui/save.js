// A button that saves a file which the page holds in memory alone: it was never on a disk and has no address.
const made = (tag, name, ...children) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...children);
  return node;
};

export default function component({ parentElement, data, setTriggerValue }) {
  const icon = made("span", "slg-icon", "download");
  icon.setAttribute("aria-hidden", "true");
  icon.translate = false;
  const button = made("button", "choose main", icon, data.label);
  button.type = "button";
  button.addEventListener("click", () => {
    const bytes = Uint8Array.from(atob(data.base64), (sign) => sign.charCodeAt(0));
    const link = made("a", "");
    link.href = URL.createObjectURL(new Blob([bytes], { type: data.media_type }));
    link.download = data.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    setTriggerValue("saved", true);
  });
  const isNew = !parentElement.firstChild;
  parentElement.replaceChildren(made("div", "slg-upload", made("div", "row", button)));
  if (isNew) button.scrollIntoView({ block: "center" }); // the page was longer a moment ago
}
