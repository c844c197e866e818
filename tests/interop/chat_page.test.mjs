// Headless Chromium with the page of examples/chat.cpp in two tabs: people talk, and both documents say so.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { DEADLINE, URL_ } from "./peers.mjs";

const pictures = process.env.SIOKIT_PICTURES ?? mkdtempSync(join(tmpdir(), "siokit-chat-"));
const profile = mkdtempSync(join(tmpdir(), "siokit-chromium-"));
let browser, ada, ben;
const problems = [];

before(async () => {
  mkdirSync(pictures, { recursive: true });
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.SIOKIT_CHROMIUM ?? "/usr/bin/chromium", headless: true, viewport: { width: 1100, height: 720 },
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync"],
  });
  browser.setDefaultTimeout(DEADLINE);
  [ada, ben] = [await browser.newPage(), await browser.newPage()];
  for (const page of [ada, ben]) {
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => { if (message.type() === "error") problems.push(message.text()); });
    await page.goto(`${URL_}/`);
    await page.locator('#status[data-state="on"]').waitFor();
  }
});
after(async () => {
  await browser?.close();
  rmSync(profile, { recursive: true, force: true });
});

const text = async (page, selector) => (await page.locator(selector).allTextContents()).map((each) => each.trim());

/** Waits until the texts of `selector` are `wanted`; on giving up, shows what they were. */
async function shows(page, selector, wanted) {
  try {
    await page.waitForFunction(([css, list]) =>
      JSON.stringify([...document.querySelectorAll(css)].map((each) => each.textContent.trim())) === list, [selector, JSON.stringify(wanted)], { polling: 20 });
  } catch (error) {
    if (error.name !== "TimeoutError") throw error;
    assert.deepEqual(await text(page, selector), wanted);
  }
}

// A tab in the background paints once a second: who acts comes to the front.
async function come(page, name, room) {
  await page.bringToFront();
  await page.fill("#name", name);
  await page.fill("#room", room);
  await page.click("#join");
}
async function say(page, words) {
  await page.bringToFront();
  await page.fill("#text", words);
  await page.click("#send");
}

test("the client comes from this server", async () => {
  assert.ok((await ada.evaluate(() => document.querySelector("script[src]").src)).startsWith(URL_));
  assert.equal(await ada.title(), "siokit chat");
});

test("two people come in and see each other", async () => {
  await come(ada, "Ada", "lobby");
  await shows(ada, "#room-title", ["# lobby"]);
  await come(ben, "Ada", "lobby");
  await shows(ben, "#join-error", ["Somebody has that name already."]);
  await come(ben, "Ben", "lobby");
  await shows(ben, "#room-title", ["# lobby"]);
  await shows(ada, "#people li", ["Ada (you)", "Ben"]);
  await shows(ben, "#people li", ["Ada", "Ben (you)"]);
  await shows(ada, "#rooms li", ["lobby2"]);
  await shows(ada, "#log li.notice", ["Ben came in"]);
});

test("they talk; markup stays text", async () => {
  await say(ada, "Hello Ben 😀");
  await shows(ben, "#log li.theirs span", ["Hello Ben 😀"]);
  await say(ben, "<b>Hi</b> & <img src=x onerror=alert(1)>");
  await shows(ada, "#log li.theirs span", ["<b>Hi</b> & <img src=x onerror=alert(1)>"]);
  await shows(ada, "#log li.mine span", ["Hello Ben 😀"]);
  assert.equal(await ada.locator("#log img").count(), 0);
  for (let i = 0; i < 20; i++) await say(ada, `number ${i}`);
  await shows(ben, "#log li.theirs span", ["Hello Ben 😀", ...Array.from({ length: 20 }, (_, i) => `number ${i}`)]);
});

test("typing shows, and stops", async () => {
  await ada.bringToFront();
  await ada.locator("#text").pressSequentially("I am wri");
  await shows(ben, "#typing", ["Ada is typing…"]);
  await shows(ada, "#typing", [""]);
  await ada.fill("#text", "");
  await shows(ben, "#typing", [""]);
});

test("a private message reaches one person", async () => {
  await ada.bringToFront();
  await ada.click("#people button:has-text('Ben')");
  await shows(ada, "#to-name", ["Ben"]);
  await say(ada, "Just for you");
  await shows(ben, "#log li.private", ["Ada, only to youJust for you"]);
  await shows(ada, "#log li.private", ["Only to BenJust for you"]);
  await ada.screenshot({ path: join(pictures, "chat_ada.png") });
  await ada.click("#to-clear");
  assert.equal(await ada.locator("#to").isVisible(), false);
  await ben.bringToFront();
  await ben.screenshot({ path: join(pictures, "chat_ben.png") });
});

test("rooms are apart", async () => {
  await ada.bringToFront();
  await ada.fill("#new-room", "garden");
  await ada.click("#open-room");
  await shows(ada, "#room-title", ["# garden"]);
  await shows(ben, "#people li", ["Ben (you)"]);
  await shows(ben, "#rooms li", ["garden1", "lobby1"]);
  await say(ada, "Nobody hears me");
  await shows(ada, "#log li.mine span", ["Nobody hears me"]);
  await ben.bringToFront();
  await ben.click("#rooms button:has-text('garden')");
  await shows(ben, "#room-title", ["# garden"]);
  await shows(ada, "#people li", ["Ada (you)", "Ben"]);
  await say(ada, "Welcome");
  await shows(ben, "#log li.theirs span", ["Welcome"]);
});

test("it upgraded to a WebSocket", async () => {
  for (const page of [ada, ben]) await page.waitForFunction(() => socket.io.engine.transport.name === "websocket", null, { polling: 20 });
});

test("a lost connection is taken up again", async () => {
  await ben.evaluate(() => { socket.io.engine.close(); });
  await shows(ada, "#log li.notice", ["Ben came in", "Ben left", "Ben came in"]);
  await shows(ben, "#status", ["Connected"]);
  await say(ada, "Still there?");
  await ben.locator("#log li.theirs span", { hasText: "Still there?" }).waitFor();
});

test("who closes the tab is gone", async () => {
  await ben.close();
  await shows(ada, "#people li", ["Ada (you)"]);
  await shows(ada, "#rooms li", ["garden1"]);
});

test("a narrow screen, and no error on any page", async () => {
  await ada.bringToFront();
  await ada.setViewportSize({ width: 390, height: 760 });
  assert.ok(await ada.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await ada.screenshot({ path: join(pictures, "chat_narrow.png") });
  assert.deepEqual(problems, []);
});
