// Talks to the page that embeds the editor, in the protocol of the web SDK.

const SDK = "v1.avaturn-sdk";
const OURS = "v1.avaturn-sdk-server";
const HANDSHAKE = "sdk_handshake";

export class Host {
  // `requests` maps an event name to a function that returns the answer or throws the refusal;
  // `events` names the callbacks that are told of, all when it is left out.
  /** @param {Requests} requests @param {string[]} [events] */
  constructor(requests, events) {
    const query = new URLSearchParams(location.search);
    this.talks = query.getAll("sdk").includes("true");
    this.requests = requests;
    this.events = events;
    this.peer = window.parent;
    /** @type {Map<string, (answer: any) => void>} */
    this.waiting = new Map();
    this.silent = true;
    this.accepts = true;
    if (this.talks) window.addEventListener("message", (event) => this.hear(event));
  }

  // The SDK's first message is lost while the frame is blank: the editor has to speak first.
  open({ accepts = true } = {}) {
    this.silent = false;
    this.accepts = accepts;
    this.handshake();
  }

  handshake() {
    this.answer(HANDSHAKE, HANDSHAKE, { advancedFeatures: false }, this.accepts);
  }

  /** @param {string} name @param {unknown} [data] */
  callback(name, data) {
    if (this.events && !this.events.includes(name)) return;
    this.post({ type: "MESSAGE", eventName: "callback_event", key: name, data, isOk: true });
  }

  /** @param {string} type @param {string} message */
  report(type, message) {
    this.post({
      type: "MESSAGE",
      eventName: "report_error",
      key: "report_error",
      data: { type, message },
      isOk: true,
    });
  }

  // The SDK's answer, or undefined when none comes in time.
  /** @param {string} eventName @returns {Promise<any>} */
  ask(eventName, milliseconds = 400) {
    if (!this.talks || this.silent) return Promise.resolve(undefined);
    const key = `${eventName}${Date.now()}`;
    return new Promise((resolve) => {
      this.waiting.set(key, resolve);
      setTimeout(resolve, milliseconds);
      this.post({ type: "MESSAGE", eventName, key, isOk: true });
    }).finally(() => this.waiting.delete(key));
  }

  /** @param {string} eventName @param {string} key @param {unknown} data */
  answer(eventName, key, data, isOk = true) {
    this.post({ type: "RESPONSE", eventName, key, data, isOk });
  }

  /** @param {Message} message */
  post(message) {
    if (!this.talks || this.silent) return;
    this.peer.postMessage({ ...message, source: OURS, date: Date.now() }, "*");
  }

  /** @param {MessageEvent} event */
  hear(event) {
    const message = event.data;
    if (event.source !== this.peer || !message || message.source !== SDK) return;
    if (message.type === "RESPONSE") this.waiting.get(message.key)?.(message.data);
    else if (message.type === "MESSAGE") this.obey(message);
  }

  /** @param {Message} message */
  async obey({ eventName, key, data }) {
    if (eventName === `${HANDSHAKE}_confirmation`) return;
    if (eventName === HANDSHAKE) return void this.handshake();
    try {
      const request = this.requests[eventName];
      if (!request) throw new Error(`There is no ${eventName} here`);
      this.answer(eventName, key, (await request(data)) ?? null);
    } catch (fault) {
      this.answer(eventName, key, /** @type {Error} */ (fault).message, false);
    }
  }
}
