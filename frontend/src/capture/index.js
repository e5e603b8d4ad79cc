// The capture form: from what somebody saw to a record that the office has. One door for every page that mounts it.

import { openForm } from "./form.js";

/**
 * Mounts the form into an element or a shadow root; gives { update(options), close() }.
 *
 * options: { lang, words, theme, sample, person: { id, name }, catalogue, api, assets, limits: { photo_bytes },
 *   position: { good_m, poor_m, max_age_s }, cover, home, login, drafts, sender,
 *   onFinished({ id, number, url }), onClose(), app_href }. The offline app adds: screens, notice(), problem, resume,
 *   keepsDrafts (see src/phone/screen-new.js).
 * words: the flat section [capture]; the pin map also needs [map], merged in or as map_words.
 * assets: logical name to address; capture.css and map.js (or map) are used, and all are handed on to the map.
 * app_href: where the offline app is; the first screen of the online page shows the way.
 * cover: on a phone, lie over the whole page. drafts, sender: see drafts.js and sender.js.
 */
export function mountCapture(el, options) {
  return openForm(el, options);
}

const mounted = new WeakMap();

/**
 * Streamlit v2 component, called again on every rerun with the same parentElement.
 * Triggers: "finished" { id, number, url } once the record is in; "closed" when there is no home to go to.
 */
export default function component({ parentElement, data, setTriggerValue }) {
  const options = {
    cover: true,
    ...data,
    onFinished: (receipt) => setTriggerValue("finished", receipt),
    onClose: data.home ? null : () => setTriggerValue("closed", Date.now()),
  };
  const known = mounted.get(parentElement);
  if (known) known.update(options);
  else mounted.set(parentElement, mountCapture(parentElement, options));
  return () => {
    // A rerun may call this and mount again at once; only a parent that really left the page loses its form.
    setTimeout(() => {
      if ((parentElement.host ?? parentElement).isConnected) return;
      mounted.get(parentElement)?.close();
      mounted.delete(parentElement);
    }, 1000);
  };
}
