// Calls to the sandbox; the token of the link is the permission.

// Kept in memory only: where storage of third parties is blocked, a framed page has none.
let token = new URLSearchParams(location.search).get("token") || "";

/** @param {string} value */
export function useToken(value) {
  token = value;
}

export class Refused extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`The sandbox answered ${status}`);
    this.status = status;
  }
}

/** @param {string} path @param {object} [body] @returns {Promise<any>} */
export async function call(path, body) {
  /** @type {Record<string, string>} */
  const headers = { Authorization: `Bearer ${token}` };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, {
    method: body ? "POST" : "GET",
    headers,
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Refused(answer.status);
  return answer.json();
}

/** @param {Look} look */
const query = (look) => Object.entries(look).map(([name, value]) => [name, String(value)]);

/** @param {Look} look */
export const figure = (look) => call(`/editor/figure?${new URLSearchParams(query(look))}`);

/** @param {Look} look @param {string} crop */
export const picture = (look, crop) =>
  `/editor/preview.png?${new URLSearchParams([["crop", crop], ...query(look)])}`;
