import { openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LineWriter } from '../../../src/adapters/node/line-writer.js';
import { eventually } from '../../support/eventually.js';
import { StalledPipe } from '../../support/stalled-pipe.js';

describe('a line that cannot be written', () => {
  it('waits for a reader that hangs, and comes in its place', async () => {
    const pipe = new StalledPipe().fill();
    const writer = new LineWriter(pipe.fd);
    const lines = Array.from({ length: 100 }, (_, n) => `line ${n} ${'x'.repeat(3000)}`);
    for (const line of lines) writer.write(`${line}\n`);
    await eventually(() => pipe.read(), lines);
    writer.write('later\n');
    expect(pipe.read().at(-1)).toBe('later');
  });

  it('is dropped where too much waits, and the number is reported where the lines are missing', async () => {
    const pipe = new StalledPipe().fill();
    const writer = new LineWriter(pipe.fd, {
      waitingMax: 100,
      onDropped: (lines) => writer.write(`dropped ${lines}\n`),
    });
    for (let n = 0; n < 50; n++) writer.write(`line ${n}\n`);
    await eventually(() => pipe.read().at(-1), 'dropped 37');
    writer.write('later\n');
    const kept = Array.from({ length: 13 }, (_, n) => `line ${n}`);
    expect(pipe.read()).toEqual([...kept, 'dropped 37', 'later']);
  });

  it('is dropped too while what waits is written, so that there is one hole', async () => {
    const pipe = new StalledPipe().fill();
    const reports: number[] = [];
    const writer = new LineWriter(pipe.fd, { waitingMax: 10, onDropped: (lines) => reports.push(lines) });
    for (const line of ['a', 'long long long', 'b']) writer.write(`${line}\n`);
    await eventually(() => pipe.read(), ['a']);
    await eventually(() => reports, [2]);
  });

  it.each([
    ['a full disk', () => openSync('/dev/full', 'w')],
    [
      'a pipe that nobody reads any more',
      () => {
        const pipe = new StalledPipe();
        pipe.close();
        return pipe.fd;
      },
    ],
  ])('does no harm: %s', (_what, open) => {
    const fd = open();
    const writer = new LineWriter(fd, { waitingMax: 10 });
    expect(() => {
      for (let n = 0; n < 3; n++) writer.write('line\n');
    }).not.toThrow();
  });
});
