import { textOf, type ServerFrame } from './frames.js';

const LONGEST = 500;
const NEAR_PX = 80;

const timeFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** The messages of one room. Everything from outside becomes text, never markup. */
export class RoomLog {
  readonly element = document.createElement('div');
  readonly #list = document.createElement('ol');
  readonly #more = document.createElement('button');

  constructor(label: string, onOlder: () => void) {
    this.element.className = 'log';
    this.element.tabIndex = 0;
    this.#list.setAttribute('role', 'log');
    this.#list.setAttribute('aria-live', 'polite');
    this.#list.setAttribute('aria-label', `Messages in ${label}`);
    this.#more.type = 'button';
    this.#more.textContent = 'Earlier messages';
    this.#more.hidden = true;
    this.#more.addEventListener('click', onOlder);
    this.element.append(this.#more, this.#list);
  }

  set more(more: boolean) {
    this.#more.hidden = !more;
  }

  append(...items: readonly HTMLElement[]): void {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    const follows = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    this.#list.append(...items);
    // Whoever reads further up keeps what they read.
    if (!follows) return;
    while (this.#list.childElementCount > LONGEST) this.#list.firstElementChild?.remove();
    this.toEnd();
  }

  prepend(...items: readonly HTMLElement[]): void {
    const before = this.element.scrollHeight - this.element.scrollTop;
    this.#list.prepend(...items);
    this.element.scrollTop = this.element.scrollHeight - before;
  }

  toEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
  }
}

export function messageItem(frame: ServerFrame, own: boolean): HTMLElement {
  const name = document.createElement('strong');
  name.textContent = own ? `${frame.from?.name ?? ''} (you)` : (frame.from?.name ?? 'Somebody');
  const body = document.createElement('p');
  body.textContent = textOf(frame);
  const head = document.createElement('header');
  head.append(name, timeElement(frame.ts));
  const item = document.createElement('li');
  item.className = own ? 'message own' : 'message';
  item.append(head, body);
  return item;
}

export function noteItem(text: string): HTMLElement {
  const item = document.createElement('li');
  item.className = 'note';
  item.textContent = text;
  return item;
}

function timeElement(ts: number | undefined): HTMLElement {
  const element = document.createElement('time');
  const date = new Date(ts ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return element;
  element.dateTime = date.toISOString();
  element.title = fullFormat.format(date);
  element.textContent = timeFormat.format(date);
  return element;
}
