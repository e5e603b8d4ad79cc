// Line drawings that show how to frame a shot, in place of a viewfinder. Own drawings on a 240 x 220 sheet.

const NS = "http://www.w3.org/2000/svg";

const HOUSE = "M40 200V96h160v104 M28 104l92-66 92 66";
const TOWER =
  "M22 24h72v176H22z M38 46h14v18H38z M64 46h14v18H64z M38 86h14v18H38z M64 86h14v18H64z " +
  "M38 126h14v18H38z M64 126h14v18H64z";
const SMALL_CAR =
  "M104 186h-6v-20q0-8 9-9l14-3 18-20q3-4 9-4h30q6 0 10 4l16 20 12 3q8 1 8 9v20h-8 M132 186h52 " +
  "M104 186a14 14 0 1 0 28 0a14 14 0 1 0-28 0 M184 186a14 14 0 1 0 28 0a14 14 0 1 0-28 0";
const CAR_FRONT =
  "M52 176v-58q0-10 10-13l14-50q3-9 12-9h64q9 0 12 9l14 50q10 3 10 13v58z M72 104h96 M64 126h26 " +
  "M150 126h26 M62 176v20h24v-20 M154 176v20h24v-20";
const WHEEL =
  "M52 128a68 68 0 1 0 136 0a68 68 0 1 0-136 0 M82 128a38 38 0 1 0 76 0a38 38 0 1 0-76 0 M120 90v76 " +
  "M82 128h76 M8 118q14-2 20-14q20-64 92-64t92 64q6 12 20 14";

const DRAWINGS = {
  panorama: [TOWER, "M8 200h224", "M118 200v-46h72v46 M110 160l44-32 44 32"],
  closeup: [HOUSE, "M66 200v-60h46v60 M136 126h40v32h-40z", "M20 200h200"],
  plate: [CAR_FRONT, "M92 142h56v22H92z M100 153h8 M116 153h24"],
  detail: ["M64 96a56 56 0 1 0 112 0a56 56 0 1 0-112 0", "M80 136l-44 52", "M98 96h44 M120 74v44"],
  ref: ["M60 44h120v66H60z", "M78 77h38 M132 62v30 M152 62v30", "M120 110v92", "M92 202h56"],
  scale: [
    "M30 150h180v40H30z",
    "M52 150v16 M75 150v22 M98 150v16 M120 150v22 M142 150v16 M165 150v22 M188 150v16",
    "M52 128V48h136v80",
  ],
  path: ["M44 190q0-60 52-62t56-50 40-40", "M36 182h16v16H36z M184 30h16v16h-16z", "M92 116l10 14-16 10"],
  people: ["M40 80l12-44h136l12 44z", "M52 80v120h136V80", "M112 200v-66h34v66 M68 110h28v34H68z"],
  extra: ["M120 70v84 M78 112h84"],
};
const VEHICLE = {
  panorama: [TOWER, "M8 200h80 M216 200h16", SMALL_CAR],
  closeup: [WHEEL],
};

/** The drawing for a shot; a kind about vehicles gets a car where others get a house. */
export function guide(code, { isVehicle = false } = {}) {
  const lines = (isVehicle && VEHICLE[code]) || DRAWINGS[code] || DRAWINGS.closeup;
  const svg = document.createElementNS(NS, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 240 220", class: "guide", "aria-hidden": "true" })) {
    svg.setAttribute(name, value);
  }
  for (const d of lines) {
    const path = document.createElementNS(NS, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}
