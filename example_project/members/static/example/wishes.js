// A slider changes with every pixel, and each change takes a while: of the wishes that come
// meanwhile, only the last one counts.

export class Wishes {
  #grant;
  /** @type {Map<string, string>} by name: the newest wish, while one is on its way */
  #latest = new Map();
  /** @type {Set<Promise<void>>} */
  #onTheWay = new Set();

  /** @param {(name: string, value: string) => Promise<unknown>} grant what makes a wish come true */
  constructor(grant) {
    this.#grant = grant;
  }

  /**
   * Resolves once it and the later ones of that name are granted, or at once where one is on its
   * way already; rejects if one is refused.
   * @param {string} name
   * @param {string} value
   */
  async wish(name, value) {
    const busy = this.#latest.has(name);
    this.#latest.set(name, value);
    if (busy) return;
    const done = this.#run(name);
    this.#onTheWay.add(done);
    await done.finally(() => this.#onTheWay.delete(done));
  }

  /** Resolves once nothing is on its way, whatever became of it. */
  async settled() {
    await Promise.allSettled(this.#onTheWay);
  }

  /** @param {string} name */
  async #run(name) {
    try {
      for (let sent; sent !== this.#latest.get(name); ) {
        sent = /** @type {string} */ (this.#latest.get(name));
        await this.#grant(name, sent);
      }
    } finally {
      this.#latest.delete(name);
    }
  }
}
