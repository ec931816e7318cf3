import type { ChatView } from './chat.js';
import type { ServerFrame } from './frames.js';
import type { LinkState } from './link.js';
import { messageItem, noteItem, RoomLog } from './room-log.js';

export interface ViewEvents {
  older(room: string): void;
}

interface Tab {
  readonly log: RoomLog;
  readonly item: HTMLLIElement;
  readonly button: HTMLButtonElement;
  readonly badge: HTMLSpanElement;
  unread: number;
  sending: readonly string[];
}

/** Finds an element of the page's own markup, which is there or the page is broken. */
export function element<E extends HTMLElement>(id: string, type: new () => E): E {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`expected a ${type.name} with the id ${id}`);
}

/** Rooms as tabs, one log on show. */
export class View implements ChatView {
  readonly #events: ViewEvents;
  readonly #tabs = new Map<string, Tab>();
  readonly #rooms = element('rooms', HTMLUListElement);
  readonly #logs = element('logs', HTMLDivElement);
  readonly #title = element('title', HTMLHeadingElement);
  readonly #leave = element('leave', HTMLButtonElement);
  readonly #sending = element('sending', HTMLUListElement);
  readonly #problem = element('problem', HTMLParagraphElement);
  #current = '';

  constructor(events: ViewEvents) {
    this.#events = events;
  }

  /** The room on show; empty for the global channel. */
  get current(): string {
    return this.#current;
  }

  show(room: string): void {
    const tab = this.#tab(room);
    this.#current = room;
    tab.unread = 0;
    tab.badge.textContent = '';
    for (const [name, { button }] of this.#tabs) button.setAttribute('aria-current', String(name === room));
    this.#title.textContent = labelOf(room);
    this.#leave.hidden = room === '';
    this.#logs.replaceChildren(tab.log.element);
    this.#showSending(tab);
    tab.log.toEnd();
  }

  messages(room: string, frames: readonly ServerFrame[], me: string, place: 'before' | 'after'): void {
    const tab = this.#tab(room);
    const items = frames.map((frame) => messageItem(frame, frame.from?.id === me));
    if (place === 'before') tab.log.prepend(...items);
    else tab.log.append(...items);
    if (room === this.#current || place === 'before') return;
    tab.unread += frames.length;
    tab.badge.textContent = String(tab.unread);
    tab.badge.setAttribute('aria-label', `${tab.unread} unread`);
  }

  note(room: string, text: string): void {
    this.#tab(room).log.append(noteItem(text));
  }

  sending(room: string, texts: readonly string[]): void {
    const tab = this.#tab(room);
    tab.sending = texts;
    if (room === this.#current) this.#showSending(tab);
  }

  more(room: string, more: boolean): void {
    this.#tab(room).log.more = more;
  }

  removed(room: string): void {
    this.#tabs.get(room)?.item.remove();
    this.#tabs.delete(room);
    if (room === this.#current) this.show('');
  }

  problem(text: string): void {
    this.#problem.textContent = text;
    this.#problem.hidden = text === '';
  }

  state(state: LinkState): void {
    const status = element('status', HTMLParagraphElement);
    status.dataset['is'] = state.is;
    status.textContent = wordsFor(state);
  }

  #tab(room: string): Tab {
    const known = this.#tabs.get(room);
    if (known) return known;
    const button = document.createElement('button');
    button.type = 'button';
    button.addEventListener('click', () => this.show(room));
    const badge = document.createElement('span');
    badge.className = 'unread';
    button.append(labelOf(room), ' ', badge);
    const item = document.createElement('li');
    item.append(button);
    this.#rooms.append(item);
    const log = new RoomLog(labelOf(room), () => this.#events.older(room));
    const tab: Tab = { log, item, button, badge, unread: 0, sending: [] };
    this.#tabs.set(room, tab);
    return tab;
  }

  #showSending({ sending }: Tab): void {
    const items = sending.map((text) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    });
    this.#sending.replaceChildren(...items);
  }
}

function labelOf(room: string): string {
  return room === '' ? 'Everybody' : room;
}

function wordsFor(state: LinkState): string {
  if (state.is === 'open') return 'Connected';
  if (state.is === 'waiting') return `Disconnected, trying again in ${Math.ceil(state.delayMs / 1000)} s`;
  return state.is === 'ended' ? `Disconnected (${state.code}). Reload to come back.` : 'Connecting…';
}
