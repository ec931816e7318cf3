import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attackedPod } from '../../support/attacked-pod.js';
import { ChatClient } from '../../support/chat-client.js';
import { launchChromium } from '../../support/chromium.js';

const ROOM = 'window';

const pod = attackedPod();
let browser: Browser;
let page: Page;

beforeAll(async () => void (browser = await launchChromium()));
afterAll(() => browser.close());

beforeEach(async () => {
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${pod.port}/`);
  return () => page.close();
});

/** What a page sees of its WebSocket. */
interface Seen {
  readonly opened?: { readonly protocol: string; readonly extensions: string };
  readonly texts: readonly string[];
  readonly closed: { readonly code: number; readonly reason: string; readonly wasClean: boolean };
}

interface Plan {
  /** Behind the host of the page. */
  readonly target?: string;
  readonly protocols?: readonly string[];
  /** Sent one after the other; a list is sent as binary. */
  readonly sends?: readonly (string | readonly number[])[];
  /** How many copies of messages to wait for before the page closes. @default closes at once */
  readonly copies?: number;
  /** What the page closes with. @default nothing */
  readonly close?: readonly [code?: number, reason?: string];
}

/** Lets the page connect, send, wait and close by Chromium's own WebSocket. */
function play(plan: Plan): Promise<Seen> {
  return page.evaluate(
    ({ target = '/api/chat-api/ws?room=window', protocols = [], sends = [], copies = 0, close }) =>
      new Promise<Seen>((resolve) => {
        const { host } = new URL(String(Reflect.get(globalThis, 'origin')));
        const ws = new WebSocket(`ws://${host}${target}`, [...protocols]);
        const texts: string[] = [];
        let opened: Seen['opened'];
        const endWhenDone = (): void => {
          if (close !== undefined && texts.filter((text) => text.includes('"room":"window"')).length >= copies)
            ws.close(...close);
        };
        ws.addEventListener('open', () => {
          opened = { protocol: ws.protocol, extensions: ws.extensions };
          for (const each of sends) ws.send(typeof each === 'string' ? each : new Uint8Array(each));
        });
        ws.addEventListener('message', ({ data }) => {
          const { type } = JSON.parse(String(data)) as { type: string };
          if (type === 'chat') texts.push(String(data));
          endWhenDone();
        });
        ws.addEventListener('close', ({ code, reason, wasClean }) =>
          resolve({ ...(opened !== undefined && { opened }), texts, closed: { code, reason, wasClean } }),
        );
      }),
    plan,
  );
}

const message = (content: string): string => JSON.stringify({ room: ROOM, data: { content } });

function contentsOf({ texts }: Seen): unknown[] {
  const frames = texts.map((text) => JSON.parse(text) as { room?: string; data: { content: unknown } });
  return frames.filter(({ room }) => room === ROOM).map(({ data }) => data.content);
}

describe("Chromium's WebSocket", () => {
  it('exchanges texts of all kinds and 65,536 bytes, offers compression in vain, and closes by its own code', async () => {
    const big = 'x'.repeat(65_536 - message('').length);
    const contents = ['Hello', '', 'Grüße, κόσμε, 日本語, 👋🏽', '\u0000\u2028\ufeff\uffff\u{10ffff}', big];
    const listener = await ChatClient.connect(pod.port, { rooms: [ROOM] });
    const seen = await play({
      protocols: ['soap', 'hubbub.v1'],
      sends: contents.map(message),
      copies: contents.length,
      close: [4321, 'bye, 再见'],
    });
    expect(seen.opened).toEqual({ protocol: 'hubbub.v1', extensions: '' });
    expect(contentsOf(seen)).toEqual(contents);
    expect(seen.closed).toEqual({ code: 4321, reason: 'bye, 再见', wasClean: true });
    await listener.hears(big, ROOM);
    expect(listener.contents(ROOM)).toEqual(contents);
    await listener.close();
  });

  it('closes without a code', async () => {
    expect((await play({ close: [] })).closed).toEqual({ code: 1005, reason: '', wasClean: true });
  });

  it.each([
    ['binary', [1, 2, 3], 1003, 'text frames only'],
    ['no bytes at all', [], 1003, 'text frames only'],
    ['a text over the limit', 'x'.repeat(65_537), 1009, ''],
  ] as const)('is told why %s is refused', async (_, sent, code, reason) => {
    const seen = await play({ sends: [message('before'), sent, message('behind')] });
    expect(seen.closed).toEqual({ code, reason, wasClean: true });
    expect(contentsOf(seen)).not.toContain('behind');
  });

  it.each([
    ['a path that is none', { target: '/api/chat-api/nowhere' }],
    ['a subprotocol of a version that is none', { protocols: ['hubbub.v9'] }],
    ['only subprotocols of others', { protocols: ['soap'] }],
  ])('does not open with %s', async (_, plan) => {
    const seen = await play(plan);
    expect(seen).toEqual({ texts: [], closed: { code: 1006, reason: '', wasClean: false } });
  });
});
