// As much of a browser as the modules need without one; loaded ahead of every test.
import { mock } from "node:test";

const elements = new Map();

Object.assign(globalThis, {
  HTMLElement: class extends EventTarget {
    dataset = {};
  },
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

/** Lets everything run that waits for nothing but promises. */
export const settle = async () => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};
