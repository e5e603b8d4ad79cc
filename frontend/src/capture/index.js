// The capture form: from what somebody saw to a record that the office has. One door for every page that mounts it.

import { openForm } from "./form.js";

/**
 * Mounts the form into an element or a shadow root and returns {update(options), close()}.
 * options: {lang, words, sample, theme, person:{id?, name}, catalogue, api, assets, limits, position, cover, drafts, sender,
 *   onFinished({id, number, url}), onClose()}. words is the flat section [capture] of i18n.
 */
export function mountCapture(el, options) {
  return openForm(el, options);
}

const mounted = new WeakMap();

/** Streamlit v2 component: called again on every rerun with the same parentElement. */
export default function streamlitCapture({ parentElement, data, setTriggerValue }) {
  const options = {
    cover: true,
    ...data,
    onFinished: (receipt) => setTriggerValue("finished", receipt),
    onClose: data.home ? () => location.assign(data.home) : () => setTriggerValue("closed", Date.now()),
  };
  const known = mounted.get(parentElement);
  if (known) known.update(options);
  else mounted.set(parentElement, mountCapture(parentElement, options));
  return () => {
    mounted.get(parentElement)?.close();
    mounted.delete(parentElement);
  };
}

