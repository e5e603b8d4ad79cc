// A new record: the capture form as every page has it, over drafts that stay on the phone, into the outbox.

import { el } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { mountCapture } from "../capture/index.js";
import { locator } from "../capture/place.js";
import { phoneDrafts } from "./drafts.js";
import { placeKept, readKept } from "./place-kept.js";
import { storedScreen } from "./screen-stored.js";

export async function newScreen(app, id) {
  const node = el("div", { class: "alone" });
  const me = app.account.me;
  const resume = id ? await app.store.record(id) : null;
  const isMine = resume?.owner === me.person_id;
  const drafts = phoneDrafts({
    store: app.store,
    owner: me.person_id,
    resume: isMine ? id : null,
    onSaved: (record) => {
      app.recordChanged(record);
      // A reload, or the browser's return after a kill, comes back to this very draft.
      if (form?.isOn(record.id)) app.go(`new/${record.id}`, { replace: true });
    },
  });
  let form = null;
  const ask = locator({ api: app.boot.api, fetch: app.fetch });
  const kept = placeKept({ read: (name) => readKept(name, app.boot.api) });

  const options = () => ({
    lang: app.lang,
    theme: app.theme(),
    words: { ...app.words.map, ...app.words.capture, ...app.words.form },
    map_words: app.words.map,
    sample: app.isSample,
    person: { id: me.person_id, name: me.name },
    catalogue: app.catalogue,
    api: app.boot.api,
    assets: app.boot.assets,
    drafts,
    fetch: app.fetch,
    /** The office's answer; without one, what the kept borders say. */
    async locate(point) {
      try {
        return await ask(point);
      } catch (error) {
        const found = error.name === "AbortError" ? null : await kept(point);
        if (!found) throw error;
        return found;
      }
    },
    keepsDrafts: true,
    resume: isMine ? id : null,
    problem: isMine && resume.state === "refused" ? resume.refusal : null,
    screens: { sending: (theForm) => storedScreen(app, theForm, drafts), done: (theForm) => storedScreen(app, theForm, drafts) },
    notice: () => notice(app),
    onClose: () => app.go(app.records.length ? "outbox" : "mine"),
  });

  return {
    node,
    shown() {
      form = mountCapture(node, options());
    },
    settle: () => drafts.settled(),
    update(what) {
      if (what === "theme") form.update({ theme: app.theme() });
      if (what === "catalogue") form.update({ catalogue: app.catalogue });
      form.tell(what);
    },
    leave: () => form?.close(),
  };
}

/** Over the tiles: what lies unfinished or unsent on this phone, as one line to press. */
function notice(app) {
  const drafts = app.records.filter((record) => record.state === "draft").length;
  const refused = app.records.filter((record) => ["refused", "clash"].includes(record.state)).length;
  const left = app.left();
  const said = [
    refused && app.say("notice_refused", { n: refused }),
    drafts && app.say("notice_drafts", { n: drafts }),
    left && app.say("notice_left", { n: left }),
  ].filter(Boolean);
  if (!said.length) return null;
  return el(
    "a",
    { class: `notice-line ${refused ? "bad" : ""}`, href: "#/outbox", "data-testid": "notice" },
    icon(refused ? "alert-triangle" : drafts ? "pencil" : "inbox"),
    el("span", { class: "grow" }, said.join(app.say("semicolon"))),
    icon("chevron-right"),
  );
}
