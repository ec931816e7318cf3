import { badIds, badJson, badRooms, badShape, noObject } from '../bad-requests.js';
import { NASTY, TWINS } from './json-texts.js';

const ID = '"id":"#ID#"';

/** Frames that are refused, by the code that says why. `#ID#` becomes the frame's id. */
export const refused: Readonly<Record<string, readonly string[]>> = {
  bad_json: badJson,
  bad_request: [
    ...noObject,
    ...badShape.map(([, frame]) => frame.replace('"id":"x"', ID)),
    // The crowd is in this room: it would notice.
    `{"__proto__":{"data":1,"room":"home"},${ID}}`,
    ...badIds.map((id) => `{"data":1,"id":${id}}`),
  ],
  room_name: badRooms
    .map((room) => JSON.stringify(room))
    .flatMap((room) => [
      `{"type":"join","room":${room},${ID}}`,
      `{"type":"leave","room":${room},${ID}}`,
      `{"type":"history","room":${room},${ID}}`,
      `{"data":"canary-nowhere","room":${room},${ID}}`,
    ]),
  not_a_member: ['home', 'another-home', 'constructor', 'toString', 'hasOwnProperty'].flatMap((room) => [
    `{"type":"leave","room":"${room}",${ID}}`,
    `{"type":"history","room":"${room}",${ID}}`,
    `{"data":{"number":1},"room":"${room}",${ID}}`,
  ]),
  unsupported: ['welcome', 'ack', 'error', 'pong', 'gap', 'draining'].map(
    (type) => `{"type":"${type}","data":{},${ID}}`,
  ),
  too_large: [`{"data":[${Array.from({ length: 12_000 }, () => '1e20').join()}],${ID}}`],
};

/** What a client may claim to be in the query of its upgrade. */
export const claims: readonly string[] = [...NASTY, ...TWINS];
