import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { PodProcess } from '../support/pod-process.js';
import { layCable } from './cable.js';

let browser: Browser;
let pod: PodProcess;
const complaints: string[] = [];

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

beforeEach(async () => {
  complaints.length = 0;
  pod = await PodProcess.start();
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await pod.stop();
});

/** Opens the page in a profile of its own and enters by keyboard alone. */
async function enter(name: string, port = pod.port, room = 'lobby'): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 900, height: 640 } });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A connection that can't be made is the browser's to report and the test's to cause.
    if (message.type() === 'error' && !message.text().startsWith('WebSocket')) complaints.push(message.text());
  });
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.keyboard.type(name);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Control+A');
  await page.keyboard.type(room);
  await page.keyboard.press('Enter');
  await page.getByText('Connected', { exact: true }).waitFor();
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill(text);
  await page.keyboard.press('Enter');
}

const messages = (page: Page, room = 'lobby'): Locator =>
  page.getByRole('log', { name: `Messages in ${room}` }).locator('.message');

/** Waits for the last of them, then compares all. */
async function expectMessages(page: Page, texts: readonly string[], room = 'lobby'): Promise<void> {
  await messages(page, room)
    .nth(texts.length - 1)
    .waitFor();
  expect(await messages(page, room).locator('p').allTextContents()).toStrictEqual(texts);
}

describe('the chat page', () => {
  it('lets two people talk', async () => {
    const [ada, grace] = [await enter('Ada'), await enter('Grace')];
    await say(ada, 'Hello!');
    await expectMessages(grace, ['Hello!']);
    await say(grace, 'Hi Ada\nhow are you?');
    for (const page of [ada, grace]) await expectMessages(page, ['Hello!', 'Hi Ada\nhow are you?']);
    expect(await messages(ada).locator('strong').allTextContents()).toStrictEqual(['Ada (you)', 'Grace']);
    expect(await messages(grace).locator('strong').allTextContents()).toStrictEqual(['Ada', 'Grace (you)']);
    expect(await messages(ada).locator('time').first().getAttribute('datetime')).toMatch(/^\d{4}-.*Z$/);
    expect(complaints).toStrictEqual([]);
  });

  it('shows text as text, whatever is in it', async () => {
    const ada = await enter('<b>Ada</b>');
    const text = '<img src=x onerror="document.title = 1"><script>document.title = 2</script>';
    await say(ada, text);
    await expectMessages(ada, [text]);
    expect(await messages(ada).locator('img, script, b').count()).toBe(0);
    expect(await ada.title()).toBe('Hubbub');
    expect(complaints).toStrictEqual([]);
  });

  it('keeps rooms apart, counts what is unread, and speaks to everybody', async () => {
    const [ada, grace] = [await enter('Ada'), await enter('Grace', pod.port, 'attic')];
    await say(grace, 'only here');
    await expectMessages(grace, ['only here'], 'attic');
    await grace.getByRole('button', { name: 'Everybody' }).click();
    await say(grace, 'to all');
    await ada.getByRole('button', { name: 'Everybody 1 unread' }).click();
    await expectMessages(ada, ['to all'], 'Everybody');
    await ada.getByLabel('Room to join').fill('attic');
    await ada.keyboard.press('Enter');
    await expectMessages(ada, ['only here'], 'attic');
    await ada.getByRole('button', { name: 'Leave' }).click();
    expect(await ada.getByRole('button', { name: 'attic' }).count()).toBe(0);
  });

  it('shows history to those who come later, page by page', async () => {
    const ada = await enter('Ada');
    const texts = Array.from({ length: 60 }, (_, index) => `message ${index}`);
    for (const text of texts) await say(ada, text);
    await expectMessages(ada, texts);
    const grace = await enter('Grace');
    await expectMessages(grace, texts.slice(10));
    await grace.getByRole('button', { name: 'Earlier messages' }).click();
    await expectMessages(grace, texts);
    await grace.getByRole('button', { name: 'Earlier messages' }).waitFor({ state: 'hidden' });
  });

  it('resumes after a lost connection, without a hole and without a double', async () => {
    const cable = await layCable(pod.port);
    const [ada, grace] = [await enter('Ada', cable.port), await enter('Grace')];
    await say(ada, 'before');
    await expectMessages(grace, ['before']);
    cable.cut();
    await ada.getByText('trying again').waitFor();
    for (const text of ['one', 'two', 'three']) await say(grace, text);
    await say(ada, 'written offline');
    expect(await ada.getByRole('list', { name: 'Being sent' }).textContent()).toBe('written offline');
    await expectMessages(grace, ['before', 'one', 'two', 'three']);
    cable.mend();
    for (const page of [ada, grace]) await expectMessages(page, ['before', 'one', 'two', 'three', 'written offline']);
    expect(await messages(ada).last().locator('strong').textContent()).toBe('Ada (you)');
    await ada.getByRole('list', { name: 'Being sent' }).getByRole('listitem').waitFor({ state: 'detached' });
    expect(complaints).toStrictEqual([]);
    await cable.close();
  });

  it('comes back after a restart, as the same guest, and says that history was lost', async () => {
    const ada = await enter('Ada');
    await say(ada, 'before');
    await expectMessages(ada, ['before']);
    const { port } = pod;
    await pod.stop();
    await ada.getByText('trying again').waitFor();
    pod = await PodProcess.start({ PORT: String(port) });
    await ada.getByText('The server lost the history of this room.').waitFor();
    await say(ada, 'after');
    await expectMessages(ada, ['before', 'after']);
    expect(await messages(ada).locator('strong').allTextContents()).toStrictEqual(['Ada (you)', 'Ada (you)']);
  });

  it('tells what the server refuses', async () => {
    const ada = await enter('Ada');
    await ada.getByLabel('Room to join').fill('no such name!');
    await ada.keyboard.press('Enter');
    await ada.getByRole('alert').getByText('room name').waitFor();
    expect(await ada.getByRole('button', { name: 'no such name!' }).count()).toBe(0);
    await say(ada, 'still here');
    await expectMessages(ada, ['still here'], 'Everybody');
  });

  it('fits a phone', async () => {
    const ada = await enter('Ada');
    await ada.setViewportSize({ width: 320, height: 560 });
    await say(ada, 'x'.repeat(300));
    await messages(ada).waitFor();
    expect(await ada.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    expect(await ada.getByRole('button', { name: 'Send' }).isVisible()).toBe(true);
  });
});
