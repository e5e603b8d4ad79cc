// Which screen an address asks for: "#/outbox" -> { name: "outbox", id: null }.

const NAMES = ["new", "outbox", "mine", "map"];

export function screenOf(hash) {
  const [, name = "", id = null] = /^#?\/?([a-z]*)(?:\/([\w-]+))?$/.exec(hash ?? "") ?? [];
  return NAMES.includes(name) ? { name, id } : { name: "new", id: null };
}
