// As much of a browser as the modules need without one; loaded ahead of every test.
import { mock } from "node:test";

const elements = new Map();

/** An element that has every part it is asked for, but `null` where a test has put it. */
class Part extends EventTarget {
  dataset = {};
  classList = { add: () => {}, remove: () => {}, toggle: () => {} };
  isConnected = true;
  parts = new Map();
  #attributes = new Map();
  querySelector(selector) {
    if (!this.parts.has(selector)) this.parts.set(selector, new Part());
    return this.parts.get(selector);
  }
  querySelectorAll = () => [];
  closest = () => null;
  contains = () => false;
  hasAttribute = (name) => this.#attributes.has(name);
  getAttribute = (name) => this.#attributes.get(name) ?? null;
  setAttribute = (name, value) => void this.#attributes.set(name, value);
  removeAttribute = (name) => void this.#attributes.delete(name);
  toggleAttribute(name, has) {
    if (has) this.setAttribute(name, "");
    else this.removeAttribute(name);
  }
  append() {}
  close() {}
  focus() {}
  remove() {}
  replaceChildren() {}
}

Object.assign(globalThis, {
  HTMLElement: Part,
  Element: Part,
  customElements: {
    get: (name) => elements.get(name),
    define: (name, element) => elements.set(name, element),
  },
  document: Object.assign(new EventTarget(), {
    baseURI: "https://site.example/profile/",
    cookie: "theme=dark; csrftoken=from-the-cookie; other=1",
    querySelectorAll: () => [],
    querySelector: () => null,
  }),
  location: { search: "", href: "https://site.example/profile/", origin: "https://site.example" },
});

/** The class of an element that an imported module has defined. */
export const defined = (name) => elements.get(name);

export const part = (properties = {}) => Object.assign(new Part(), properties);

/** Dispatches an event of an element from one of its parts. */
export const from = (element, name, target) =>
  element.dispatchEvent(Object.defineProperty(new Event(name), "target", { value: target }));

/** What a click on a button is from; `data` are its data-attributes. */
export const button = (dataset) =>
  part({ closest: (selector) => selector.startsWith("[") && { dataset } });

/** Answers every fetch by `answer(url, request)`, and returns the calls. */
export const answering = (answer) => {
  const calls = [];
  mock.method(globalThis, "fetch", async (url, request) => {
    calls.push({ url, ...request });
    return answer(url, request);
  });
  return calls;
};

/** A Response with a body of JSON, or whatever is given as a string. */
export const reply = (status, body = {}) =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), { status });

/** A promise, and what resolves it. */
export const deferred = () => {
  let resolve;
  return [new Promise((done) => (resolve = done)), resolve];
};

/** Lets everything run that waits for nothing but promises. */
export const settle = async () => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};
