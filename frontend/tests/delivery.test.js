// frame.js: the way of an export to the server.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { deliver, modelOf } from "../../django_avaturn/static/django_avaturn/frame.js";

const ID = "0198/5b7e";
const bytes = Buffer.alloc(2 ** 22 + 5, "glTF"); // more than is decoded in one go
const HEAD = "data:application/octet-stream;base64,";
const link = { url: "https://files.example/a.glb", urlType: "httpURL", avatarId: ID };
const held = () => ({
  url: HEAD + bytes.toString("base64"),
  urlType: "dataURL",
  avatarId: ID,
  sessionId: null,
  gender: "female",
  avatarSupportsFaceAnimations: false,
});

let posts;
const post = async (url, body, options, send) => {
  posts.push({ url, body, options, send });
  return { id: ID };
};

beforeEach(() => {
  posts = [];
  globalThis.addEventListener = (name) => posts.push(`on ${name}`);
  globalThis.removeEventListener = (name) => posts.push(`off ${name}`);
});

const page = { avatarsUrl: "/avatar/avatars/" };

test("a link goes as it is, and outlives the page", async () => {
  assert.deepEqual(await deliver(link, page, post), { id: ID });
  const [{ url, body, options }] = posts;
  assert.equal(url, "/avatar/avatars/0198%2F5b7e/exports/");
  assert.deepEqual(body, link);
  assert.deepEqual(options, { keepalive: true });
});

test("with the API a file that the browser holds stays here", async () => {
  const { url, ...rest } = held();
  await deliver({ url, ...rest }, page, post);
  assert.deepEqual(posts[0].body, rest);
  assert.deepEqual(posts[0].options, { keepalive: true });
});

test("without the API the file goes along, and the page is asked to stay", async () => {
  await deliver(held(), { ...page, upload: `${bytes.length}` }, post);
  const [before, { body, options, send }, after] = posts;
  assert.deepEqual([before, after], ["on beforeunload", "off beforeunload"]);
  assert.equal(typeof send, "function");
  assert.deepEqual(options, {});
  const { file, ...fields } = Object.fromEntries(body);
  assert.deepEqual(fields, {
    urlType: "dataURL",
    avatarId: ID,
    gender: "female",
    avatarSupportsFaceAnimations: "false",
  });
  assert.equal(file.name, "model.glb");
  assert.ok(bytes.equals(Buffer.from(await file.arrayBuffer())));
});

test("the page may go again after a failure, too", async () => {
  const refused = Object.assign(new Error(), { code: "file_refused" });
  const refusing = async () => {
    throw refused;
  };
  const sending = deliver(held(), { ...page, upload: `${bytes.length}` }, refusing);
  await assert.rejects(sending, refused);
  assert.deepEqual(posts, ["on beforeunload", "off beforeunload"]);
});

test("what is too large is not sent", async () => {
  const sending = deliver(held(), { ...page, upload: `${bytes.length - 1}` }, post);
  await assert.rejects(sending, { code: "too_large" });
  assert.deepEqual(posts, []);
});

for (const url of ["", "https://evil.example/a.glb", `${HEAD}***`, "data:model/gltf-binary,glTF"])
  test(`no file: ${url}`, async () => {
    const sending = deliver({ ...held(), url }, { ...page, upload: "9" }, post);
    await assert.rejects(sending, { code: "file_refused" });
    assert.deepEqual(posts, []);
  });

test("a file is decoded once", async () => {
  const result = held();
  const file = await modelOf(result);
  assert.equal(file.type, "model/gltf-binary");
  assert.equal(file.size, bytes.length);
  assert.equal(await modelOf(result), file);
  assert.notEqual(await modelOf(held()), file);
});

test("of a link there is no file", async () => assert.equal(await modelOf(link), null));
