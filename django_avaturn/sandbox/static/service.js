// Calls to the sandbox; the token of the link is the permission.

// Kept in memory only: where storage of third parties is blocked, a framed page has none.
let token = new URLSearchParams(location.search).get("token") || "";

export function useToken(value) {
  token = value;
}

export class Refused extends Error {
  constructor(status) {
    super(`The sandbox answered ${status}`);
    this.status = status;
  }
}

export async function call(path, body) {
  const headers = { Authorization: `Bearer ${token}` };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Refused(answer.status);
  return answer.json();
}

export const figure = (look) => call(`/editor/figure?${new URLSearchParams(look)}`);
export const picture = (look, crop) => `/editor/preview.png?${new URLSearchParams({ crop, ...look })}`;
