// The drawing of one zone.
export function draw() { return { update() {}, destroy() {} }; }
