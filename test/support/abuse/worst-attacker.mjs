/*
 * One attacker in a process of its own, by turns in all roles: for a while all of its connections do the same, which
 * is the worst that one kind of attack can be, then each does something else. It reports once a second what it sent
 * and what it was answered, and goes on until it is killed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Client, newTally } from './worst-client.mjs';
import { ROLES } from './worst-roles.mjs';

/** A connection that is refused knocks again after a moment, in milliseconds: so the pod has something else to do too. */
const REFUSED_MS = 50;

const {
  slots,
  port,
  from,
  who,
  session,
  token,
  toAll,
  playMs,
  togetherMs,
  togetherIn,
  roles = Object.keys(ROLES),
} = JSON.parse(process.argv[2] ?? '{}');
const tallies = Object.fromEntries(roles.map((name) => [name, newTally()]));
const began = performance.now();

/** The role of a slot. In one third of a period all slots have the same, in the others each has its own. */
function roleOf(slot, turn) {
  const third = Math.floor((performance.now() - began) / togetherMs);
  return roles[(third % 3 === togetherIn ? Math.floor(third / 3) : slot + turn) % roles.length];
}

function identity() {
  if (token) return '';
  return session ? `session=${session}&` : '';
}

async function playOnce(slot, turn) {
  const name = roleOf(slot, turn);
  const role = ROLES[name];
  const asked = role.query({ who, isGuest: !token });
  const client = new Client({ port, from, token, query: `${identity()}${asked}` }, tallies[name]);
  if (!(await client.open())) return pause(REFUSED_MS);
  const leave = setTimeout(() => client.leave(), playMs * (0.5 + Math.random()));
  await role.play(client, { who, turn, asked, toAll });
  while (!client.over) await pause(50);
  clearTimeout(leave);
}

async function attack(slot) {
  for (let turn = 0; ; turn++) await playOnce(slot, turn);
}

const report = () => process.send?.(tallies);
setInterval(report, 1000);
process.on('disconnect', () => process.exit());
await Promise.all(Array.from({ length: slots }, (_, slot) => attack(slot)));
