import type { BroadcastReceiver } from '../../src/ports/broadcast-port.js';
import type { Mutant } from './mutant.js';

const EVERY_POD = 'an announcement is told to every pod, in the order of the pod that makes it';
const OWN_POD = 'an announcement is told to the pod that makes it, whatever its text';

/** Broadcasters that don't spread the word. */
export const announcingMutants: readonly Mutant[] = [
  {
    name: 'announces to the other pods only',
    port: (port, bus) => ({
      announce: async (text) => {
        for (const pod of bus.pods) if (pod !== port) pod.hearAnnouncement(text);
        return { status: 'announced' };
      },
    }),
    bites: [OWN_POD],
  },
  {
    name: 'announces to its own pod only',
    port: (port) => {
      let receiver: BroadcastReceiver | undefined;
      return {
        start: (given) => port.start((receiver = given)),
        announce: async (text) => {
          receiver?.announced(text);
          return { status: 'announced' };
        },
      };
    },
    bites: [EVERY_POD],
  },
  {
    name: 'announces two at a time, the later one first',
    port: (port) => {
      let kept: string | undefined;
      return {
        announce: async (text) => {
          if (kept === undefined && /[02468]$/.test(text)) kept = text;
          else await port.announce(text);
          if (kept === undefined || kept === text) return { status: 'announced' };
          const earlier = kept;
          kept = undefined;
          return await port.announce(earlier);
        },
      };
    },
    bites: [EVERY_POD],
  },
  {
    name: 'forgets what was announced before a pod started',
    port: (port, bus) => ({
      start: (receiver) => {
        bus.announcements.length = 0;
        return port.start(receiver);
      },
    }),
    bites: ['an announcement is told to a pod that starts later'],
  },
  {
    name: 'cuts announcements at 255 characters',
    receiver: (receiver) => ({ announced: (text) => receiver.announced(text.slice(0, 255)) }),
    bites: [OWN_POD],
  },
  {
    name: 'announces in the global channel too',
    receiver: (receiver) => ({
      announced: (text) => {
        receiver.foreign('', Buffer.from(text));
        receiver.announced(text);
      },
    }),
    bites: ['an announcement is in no channel'],
  },
  {
    name: 'announces after it was closed',
    port: (port) => ({
      announce: async (text) => {
        await port.announce(text);
        return { status: 'announced' };
      },
    }),
    bites: ['a closed broadcaster announces nothing'],
  },
];
