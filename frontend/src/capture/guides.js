// Line drawings that show how to frame a shot, in place of a viewfinder. Own drawings on a 240 x 300 sheet.

const NS = "http://www.w3.org/2000/svg";

const CAR = "M62 196v-20q0-10 12-12l14-3 18-24q4-5 11-5h34q7 0 12 5l18 24 14 3q8 2 8 11v21z M96 196a12 12 0 1 0 .1 0z M166 196a12 12 0 1 0 .1 0z";
const DRAWINGS = {
  panorama: ["M20 60h70v176H20z M36 82h14v18H36z M62 82h14v18H62z M36 122h14v18H36z M62 122h14v18H62z M36 162h14v18H36z M62 162h14v18H62z", "M8 236h224", "M120 236v-42h74v42 M112 200l45-30 45 30"],
  closeup: ["M40 214v-98h160v98z M28 124l92-62 92 62", "M66 214v-50h46v50 M136 146h40v30h-40z", "M20 214h200"],
  plate: [CAR, "M84 226h72v26H84z", "M94 239h8 M110 239h36"],
  detail: ["M70 130a56 56 0 1 0 112 0a56 56 0 1 0-112 0", "M84 172l-42 50", "M100 130h52 M126 104v52"],
  ref: ["M60 90h120v62H60z", "M78 122h40 M132 108v28 M150 108v28", "M120 152v90", "M92 242h56"],
  scale: ["M34 190h172v36H34z", "M54 190v14 M76 190v20 M98 190v14 M120 190v20 M142 190v14 M164 190v20 M186 190v14", "M54 168v-72h132v72"],
  path: ["M44 226q0-60 52-62t56-50 40-46", "M36 218h16v16H36z M184 60h16v16h-16z", "M92 148l10 16-16 10"],
  people: ["M40 110l12-40h136l12 40z", "M52 110v120h136V110", "M110 230v-64h36v64 M68 140h28v36H68z"],
  extra: ["M120 108v84 M78 150h84"],
};

export function guide(code) {
  const svg = document.createElementNS(NS, "svg");
  const attributes = { viewBox: "0 0 240 300", class: "guide", "aria-hidden": "true" };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  for (const d of DRAWINGS[code] ?? DRAWINGS.closeup) {
    const path = document.createElementNS(NS, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}
