// Whose phone it is: the browser's login wins, a token speaks for one person, nothing is taken over by accident.
import assert from "node:assert/strict";
import { test } from "node:test";

import { account, deviceName } from "./account.js";
import { NoAnswer } from "./server.js";

const person = (id) => ({ person_id: id, name: id.toUpperCase(), lang: "zh", is_sample: true });

/** cookie: who the browser is logged in as (null: nobody; "away": no answer). devices: whether tokens exist there. */
function rig({ cookie = "a", devices = true, fact = null } = {}) {
  const world = { cookie, devices, wiped: 0, fact, calls: [] };
  const store = {
    fact: async () => world.fact,
    keepFact: async (key, value) => (world.fact = value),
    wipeCaches: async () => (world.wiped += 1),
  };
  const asks = {
    async ask(method, path, { cookie: withCookie = false } = {}) {
      world.calls.push(`${method} ${path}`);
      if (method === "DELETE") world.ended = withCookie ? world.cookie : phone.token();
      if (world.cookie === "away") throw new NoAnswer("away");
      const token = phone.token();
      if (path === "/devices") return world.devices ? { status: 201, body: { id: "t1", token: `slgd_${world.cookie}`, person_id: world.other ?? world.cookie } } : { status: 404, body: {} };
      const who = withCookie || !token ? world.cookie : world.revoked ? null : token.slice(5);
      return who ? { status: 200, body: person(who) } : { status: 401, body: {} };
    },
  };
  const phone = account({ store, asks, deviceName: () => "test" });
  return { world, phone };
}

test("the first login is remembered, with a token of its own", async () => {
  const { world, phone } = rig();
  assert.equal(await phone.check(), "ok");
  await phone.made();
  assert.deepEqual([world.fact.person_id, world.fact.token, phone.token()], ["a", "slgd_a", "slgd_a"]);
});

test("a server without tokens: each record asks whose login this is", async () => {
  const { world, phone } = rig({ devices: false });
  await phone.check();
  await phone.made();
  assert.equal(phone.token(), null);
  assert.equal(await phone.identify("a"), "same");
  world.cookie = "b";
  assert.equal(await phone.identify("a"), "other");
  assert.equal(phone.me.person_id, "b");
  world.cookie = null;
  assert.equal(await phone.identify("b"), "login");
});

test("another person logs in on this phone: a new account, the old one's caches gone, no token carried over", async () => {
  const { world, phone } = rig();
  await phone.check();
  await phone.made();
  world.cookie = "b";
  assert.equal(await phone.check(), "ok");
  await phone.made();
  assert.deepEqual([phone.me.person_id, phone.token(), world.wiped], ["b", "slgd_b", 1]);
  assert.equal(world.ended, "slgd_a", "the first person's token ended by itself");
  assert.equal(await phone.identify("a"), "other");
});

test("a request for one person's record never takes another person's token", async () => {
  const { world, phone } = rig();
  await phone.check();
  await phone.made();
  assert.equal(phone.token("a"), "slgd_a");
  world.cookie = "b";
  await phone.check();
  await phone.made();
  assert.throws(() => phone.token("a"), NoAnswer);
  assert.equal(phone.token("b"), "slgd_b");
});

test("an ended browser login goes on with the token; a revoked token asks for a login and forgets nobody", async () => {
  const { world, phone } = rig();
  await phone.check();
  await phone.made();
  world.cookie = null;
  assert.equal(await phone.check(), "ok");
  await phone.made();
  world.revoked = true;
  assert.equal(await phone.ended(), "login");
  assert.deepEqual([phone.me.person_id, phone.token(), phone.isOver], ["a", null, true]);
});

test("no answer changes nothing", async () => {
  const { world, phone } = rig({ fact: { ...person("a"), token: "slgd_a" } });
  await phone.open();
  world.cookie = "away";
  assert.equal(await phone.check(), "away");
  assert.equal(phone.token(), "slgd_a");
});

test("a device is named so that a person knows it again", () => {
  assert.equal(deviceName("Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"), "Android Chrome");
  assert.equal(deviceName("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1"), "iPhone Safari");
});

test("logging out ends the token by itself, also when the browser's login is over", async () => {
  const { world, phone } = rig();
  await phone.check();
  await phone.made();
  world.cookie = null;
  await phone.logOut();
  assert.equal(world.ended, "slgd_a");
  assert.deepEqual([phone.me, phone.token(), world.wiped], [null, null, 1]);
});

test("a token that another login got in between is not kept", async () => {
  const { world, phone } = rig();
  world.other = "b";
  await phone.check();
  await phone.made();
  assert.deepEqual([phone.me.person_id, phone.token()], ["a", null]);
});
