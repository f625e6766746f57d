// editor.js: what is sent, and what becomes of the answer.
import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { post } from "../../django_avaturn/static/django_avaturn/editor.js";
import { answering, reply } from "./page.js";

const PAGE = { csrfCookie: "csrftoken", csrfHeader: "X-CSRFToken" };
const send = (page = PAGE, body = { type: "create" }) => post(page, "/sessions/", body, {});

afterEach(() => mock.restoreAll());

test("JSON goes out with the token from the cookie", async () => {
  const calls = answering(() => reply(201, { id: "x" }));
  assert.deepEqual(await send(), { id: "x" });
  const [{ url, method, headers, body }] = calls;
  assert.deepEqual([calls.length, url, method], [1, "/sessions/", "POST"]);
  assert.equal(body, '{"type":"create"}');
  assert.deepEqual(headers, {
    Accept: "application/json",
    "Content-Type": "application/json",
    "X-CSRFToken": "from-the-cookie",
  });
});

for (const [page, token] of [
  [{ ...PAGE, csrfToken: "from-the-page" }, "from-the-page"],
  [{ ...PAGE, csrfCookie: "csrf" }, ""], // but the beginning of a name
  [{ ...PAGE, csrfCookie: "missing" }, ""],
])
  test(`the token is ${token || "nowhere"}`, async () => {
    const calls = answering(() => reply(201));
    await send(page);
    assert.equal(calls[0].headers["X-CSRFToken"], token);
  });

test("a form chooses its own type", async () => {
  const calls = answering(() => reply(201));
  const form = new FormData();
  await send(PAGE, form);
  assert.equal(calls[0].body, form);
  assert.ok(!("Content-Type" in calls[0].headers));
});

const redirected = () => Object.defineProperty(reply(200), "redirected", { value: true });
for (const [what, answer, code, detail] of [
  [
    "an error of ours",
    () => reply(410, { code: "avatar_gone", detail: "Gone." }),
    "avatar_gone",
    "Gone.",
  ],
  ["an error of others", () => reply(502, "<h1>Bad Gateway</h1>"), "unavailable", ""],
  ["an error of another API", () => reply(400, { error: "?" }), "unavailable", ""],
  ["the way to the log-in", redirected, "not_authenticated", ""],
  ["no network", () => Promise.reject(new TypeError("Failed to fetch")), "network", ""],
])
  test(`${what} is ${code}`, async () => {
    answering(answer);
    await assert.rejects(send(), { code, detail, message: detail || code });
  });
