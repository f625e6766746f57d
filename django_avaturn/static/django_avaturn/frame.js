/**
 * What <avaturn-editor> needs from the moment it opens: the official SDK made safe, the frame, and
 * the way of an export to the server. It is imported along with the SDK, by an address that the
 * page gives.
 *
 * avaturn.d.ts tells of the element's events and methods.
 *
 * `element.sdk` is the official SDK object while the editor is open, made safe: its methods may be
 * called without waiting for each other, each has a time limit, and what is refused rejects with an
 * Error. Its exportAvatar() alone saves nothing.
 */

const PATIENCE = 20; // s that the editor may take to answer a request
const EXPORT_PATIENCE = 120; // s; the file is made and sent meanwhile
const TOO_LARGE = { code: "too_large" }; // a web server in front of the site may say so in HTML
const SETTLE = 20000; // ms to wait for the model before the page says that it comes later
const PIECE = 2 ** 22; // characters of base64 that are decoded in one go; divisible by four

// The editor's events, and what the page hears of them.
/** @type {Record<string, (told: any) => [keyof Events, object?]>} */
const EVENTS = {
  load: () => ["avaturn:load"],
  assetSet: (id) => ["avaturn:asset", { id }],
  bodySet: (id) => ["avaturn:body", { id }],
  changeParam: (param) => ["avaturn:param", { ...param }],
};

let frames = 0;
/** @type {WeakMap<Exported, Promise<Blob>>} */
const models = new WeakMap(); // by export result: what its data URL holds

/** @param {string} code */
const failure = (code) => Object.assign(new Error(code), { code });

/**
 * The official class, made safe. It believes any window that speaks its protocol: this one believes
 * its own frame only. It forgets the first of two calls of one type in one millisecond: here they
 * wait for each other, an export for all of them, and whatever fails is an Error.
 *
 * @param {new () => OpenSdk} AvaturnSDK
 * @param {string} origin
 * @returns {new () => OpenSdk}
 */
export const guarded = (AvaturnSDK, origin) =>
  class extends AvaturnSDK {
    /** @type {Map<string, Promise<unknown>>} */
    #calls = new Map(); // by type: the last one
    #gone = new AbortController();

    /** @override @param {MessageEvent} event */
    messageHandler(event) {
      const frame = this.sceneRef?.contentWindow;
      const own = frame && event.source === frame && event.origin === origin;
      if (own && event.data && typeof event.data === "object") super.messageHandler(event);
    }

    /** @type {OpenSdk["sendMessage"]} @override */
    sendMessage(type, data, key, answered = true) {
      const send = () => super.sendMessage(type, data, key, answered);
      if (!answered || key === "sdk_handshake") return send();
      const all = type === "export_avatar";
      const before = all ? [...this.#calls.values()] : [this.#calls.get(type)];
      const call = Promise.allSettled(before).then(() => this.#ask(type, send));
      this.#calls.set(type, call);
      return call;
    }

    /** @override */
    destroy() {
      this.#gone.abort();
      super.destroy();
    }

    /** @param {string} type @param {() => Promise<unknown>} send */
    #ask(type, send) {
      const { signal } = this.#gone;
      const seconds = type === "export_avatar" ? EXPORT_PATIENCE : PATIENCE;
      let timer = 0;
      let closed = () => {};
      const answer = new Promise((resolve, reject) => {
        /** @param {string} why */
        const stop = (why) => reject(new Error(`${type}: ${why}`));
        closed = () => stop("the editor is closed");
        if (signal.aborted) return closed();
        signal.addEventListener("abort", closed);
        timer = setTimeout(() => stop(`no answer within ${seconds} seconds`), seconds * 1000);
        send().then(resolve, (why) => (why instanceof Error ? reject(why) : stop(refusal(why))));
      });
      return answer.finally(() => {
        clearTimeout(timer);
        signal.removeEventListener("abort", closed);
      });
    }
  };

/** @param {unknown} why */
const refusal = (why) => (why && typeof why === "string" ? why : "the editor refuses");

/** The inside of an <avaturn-editor>, from its first opening on. */
export class Frame {
  #element;
  #inside; // what the element keeps to itself: isCurrent, reported, post, fail, show, emit, text
  #saves = /** @type {Promise<unknown>} */ (Promise.resolve());

  /** @param {Editor & { sdk: Sdk | null }} element @param {Inside} inside */
  constructor(element, inside) {
    this.#element = element;
    this.#inside = inside;
  }

  /**
   * Opens the editor for this `attempt` and sets `element.sdk`; resolves when it answers.
   * @param {new () => OpenSdk} AvaturnSDK
   * @param {string} url
   * @param {AbortController} attempt
   */
  async open(AvaturnSDK, url, attempt) {
    const { protocol, origin } = new URL(url);
    if (!/^https?:$/.test(protocol)) throw failure("failed");
    const open = new (guarded(AvaturnSDK, origin))();
    const sdk = (this.#element.sdk = /** @type {any} */ (open)); // the same with its private side
    const { isCurrent, reported, emit } = this.#inside;
    /** @type {(name: any, handler: (data: any) => void) => void} */
    const on = (name, handler) =>
      sdk.on(name, (/** @type {any} */ data) => isCurrent(attempt) && handler(data));
    // Before init, or some would be missed, and with disableUi refused.
    on("export", (result) => this.#exported(result).catch(() => {})); // the element has told
    on("error", reported);
    for (const [name, event] of Object.entries(EVENTS)) on(name, (data) => emit(...event(data)));
    watchPolicy(origin, attempt);
    await embed(sdk, url, this.#element, this.#inside.text("frame"));
  }

  /**
   * See the element's method.
   * @param {Sdk} sdk
   */
  async save(sdk) {
    return this.#exported(await sdk.exportAvatar());
  }

  /**
   * See the element's method.
   * @param {Exported} result
   */
  modelOf(result) {
    return modelOf(result);
  }

  /**
   * A promise of the saved avatar, or of nothing where the page handles the export by itself.
   * @param {Exported} result
   */
  async #exported(result) {
    if (!result?.avatarId) throw new Error("export_avatar: the editor names no avatar");
    if (!this.#inside.emit("avaturn:export", result, true)) return undefined;
    const saved = this.#saves.then(() => this.#save(result));
    this.#saves = saved.catch(() => {});
    return saved;
  }

  /** @param {Exported} result @returns {Promise<Avatar>} */
  async #save(result) {
    const { show, emit, post, fail } = this.#inside;
    const { dataset } = this.#element;
    show("saving");
    try {
      const avatar = await deliver(result, dataset, post, (share) => this.#sent(share));
      if (avatar.model?.state === "pending") this.#settle(avatar.id);
      else show("saved");
      emit("avaturn:saved", { avatar });
      if (this.#element.querySelector("dialog")?.open) this.#element.close();
      return avatar;
    } catch (error) {
      const retry = () => this.#save(result).catch(() => {});
      throw fail(/** @type {Failure} */ (error), retry, result.avatarId);
    }
  }

  /** @param {number} share from 0 to 1 */
  #sent(share) {
    const percent = Math.floor(share * 10) * 10; // in few steps, for each is read out
    const { show, text } = this.#inside;
    show("saving", percent < 100 ? text("sending").replace("{}", `${percent}`) : undefined);
  }

  /** @param {string} id */
  async #settle(id) {
    const { show, text } = this.#inside;
    const state = await settled(id);
    if (this.#element.dataset.state !== "saving") return;
    show("saved", state === "ready" ? undefined : text("later"));
  }
}

/** @param {Sdk} sdk @param {string} url @param {Editor} element @param {string} title */
const embed = async (sdk, url, element, title) => {
  const { defaultAssets, overrideSaved, disableUi } = element.dataset;
  const stage = element.querySelector(".avaturn-stage");
  const opened = sdk.init(stage, {
    url,
    iframeClassName: "avaturn-frame",
    disableUi: disableUi !== undefined,
    defaultAssets: defaultAssets
      ? { overrideSaved: overrideSaved !== undefined, assets: defaultAssets.split(" ") }
      : undefined,
  });
  const frame = stage.querySelector("iframe");
  if (frame) {
    frame.id = `avaturn-frame-${++frames}`; // the SDK would remove a second frame of its own id
    frame.title = title;
  }
  await opened.catch(() => {
    throw failure("failed");
  });
};

/**
 * A frame that the page's Content-Security-Policy forbids stays silent: say so at once.
 * @param {string} origin
 * @param {AbortController} attempt
 */
const watchPolicy = (origin, attempt) => {
  /** @param {SecurityPolicyViolationEvent} event */
  const watch = (event) => {
    const blocked = /^(frame|child|default)-src/.test(event.effectiveDirective);
    if (blocked && event.blockedURI.startsWith(origin)) attempt.abort(failure("blocked"));
  };
  document.addEventListener("securitypolicyviolation", watch, { signal: attempt.signal });
};

/**
 * Tells the server of an export; resolves with the avatar. With Avaturn's API the server fetches
 * the model by itself. Without it, where `upload` is the largest size in bytes, a model that the
 * browser holds is sent along, and `progress` hears the share that has gone out.
 *
 * @param {Exported} result
 * @param {{ avatarsUrl: string, upload?: string }} page
 * @param {Post} post
 * @param {(share: number) => void} progress
 * @returns {Promise<Avatar>}
 */
export const deliver = async (result, { avatarsUrl, upload }, post, progress) => {
  const { url, ...rest } = result;
  const place = `${avatarsUrl}${encodeURIComponent(result.avatarId)}/exports/`;
  // keepalive: leaving the page right after Next must not lose the avatar.
  if (result.urlType === "httpURL") return post(place, result, { keepalive: true });
  if (!upload) return post(place, rest, { keepalive: true });
  const model = await fileOf(result);
  if (model.size > Number(upload)) throw failure("too_large");
  const form = new FormData();
  for (const [name, value] of Object.entries(rest))
    if (value != null) form.append(name, `${value}`);
  form.append("file", model, "model.glb");
  addEventListener("beforeunload", stay); // so long a request cannot outlive the page
  try {
    return await post(place, form, {}, sender(progress));
  } finally {
    removeEventListener("beforeunload", stay);
  }
};

/** @param {Event} event */
const stay = (event) => event.preventDefault();

/**
 * Does what fetch does, for fetch tells nothing of how far it is.
 * @param {(share: number) => void} progress
 * @returns {Send}
 */
const sender =
  (progress) =>
  (url, { method, headers, body }) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, url);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded, total }) => progress(loaded / total);
      request.onerror = reject;
      request.onload = () =>
        resolve({
          ok: request.status >= 200 && request.status < 300,
          redirected: request.responseURL !== new URL(url, document.baseURI).href,
          json: async () => (request.status === 413 ? TOO_LARGE : JSON.parse(request.responseText)),
        });
      request.send(body);
    });

/**
 * The file that came with an export, as a Blob; null where there is but a link.
 * @param {Exported} result
 */
export const modelOf = async (result) => (result.urlType === "httpURL" ? null : fileOf(result));

/** @param {Exported} result */
const fileOf = (result) => {
  const file = models.get(result) ?? decode(result.url);
  models.set(result, file);
  return file;
};

/** @param {string} url */
const decode = async (url) => {
  const head = /^data:[^,]*;base64,/.exec(url)?.[0];
  if (!head) throw failure("file_refused");
  const parts = [];
  for (let at = head.length; at < url.length; at += PIECE) {
    parts.push(bytesOf(url.slice(at, at + PIECE)));
    await new Promise((resolve) => setTimeout(resolve)); // let the page draw
  }
  return new Blob(parts, { type: "model/gltf-binary" });
};

/** @param {string} base64 */
const bytesOf = (base64) => {
  let text;
  try {
    text = atob(base64);
  } catch {
    throw failure("file_refused");
  }
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
};

/**
 * The state of a model that was on its way, once files.js tells; undefined if it takes long.
 * @param {string} id
 * @returns {Promise<string | undefined>}
 */
const settled = (id) =>
  new Promise((resolve) => {
    const over = new AbortController();
    /** @param {string} [state] */
    const settle = (state) => {
      over.abort();
      clearTimeout(timer);
      resolve(state);
    };
    /** @param {CustomEvent<Events["avaturn:stored"]>} event */
    const stored = ({ detail: { avatar } }) => {
      const state = avatar.id === id && avatar.model?.state;
      if (state && state !== "pending") settle(state);
    };
    const timer = setTimeout(() => settle(), SETTLE);
    document.addEventListener("avaturn:stored", stored, { signal: over.signal });
  });
