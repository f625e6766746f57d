import assert from "node:assert/strict";
import { test } from "node:test";
import { Wishes } from "../../example_project/members/static/example/wishes.js";
import { settle } from "./page.js";

const slow = () => {
  const granted = [];
  const wishes = new Wishes(
    (name, value) =>
      new Promise((resolve, reject) => granted.push({ text: `${name}=${value}`, resolve, reject })),
  );
  return { wishes, granted, texts: () => granted.map(({ text }) => text) };
};

test("of the wishes that come meanwhile only the last one counts", async () => {
  const { wishes, granted, texts } = slow();
  const first = wishes.wish("skin", "1");
  for (const value of ["2", "3", "4"]) await wishes.wish("skin", value);
  assert.deepEqual(texts(), ["skin=1"]);
  granted[0].resolve();
  await settle();
  assert.deepEqual(texts(), ["skin=1", "skin=4"]);
  granted[1].resolve();
  await first;
  assert.equal(granted.length, 2);
});

test("other names do not wait", () => {
  const { wishes, texts } = slow();
  wishes.wish("skin", "1");
  wishes.wish("head", "1");
  assert.deepEqual(texts(), ["skin=1", "head=1"]);
});

test("the same value is not sent again meanwhile", async () => {
  const { wishes, granted } = slow();
  const first = wishes.wish("skin", "1");
  await wishes.wish("skin", "2");
  await wishes.wish("skin", "1");
  granted[0].resolve();
  await first;
  assert.equal(granted.length, 1);
});

test("a refused wish is told of, and does not stand in the way", async () => {
  const { wishes, granted, texts } = slow();
  const first = wishes.wish("skin", "1");
  granted[0].reject(new Error("no"));
  await assert.rejects(first, { message: "no" });
  wishes.wish("skin", "2");
  assert.deepEqual(texts(), ["skin=1", "skin=2"]);
});

test("settled waits for all, whatever becomes of them", async () => {
  const { wishes, granted } = slow();
  wishes.wish("skin", "1").catch(() => {});
  wishes.wish("head", "1");
  let isSettled = false;
  const settled = wishes.settled().then(() => (isSettled = true));
  granted[0].reject(new Error("no"));
  await settle();
  assert.equal(isSettled, false);
  granted[1].resolve();
  await settled;
});
