import { Chat } from './chat.js';
import { Link } from './link.js';
import { element, View } from './view.js';

const SESSION = 'hubbub.session';
const NAME = 'hubbub.name';

/** Much like the server's rule, because a page cannot read why an upgrade was refused. */
const UNFIT = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFFD]/u;
const SEEN = /[^\p{M}\p{Z}\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u;

const name = element('name', HTMLInputElement);
const firstRoom = element('first-room', HTMLInputElement);
const room = element('room', HTMLInputElement);
const text = element('text', HTMLTextAreaElement);

const view: View = new View({ older: (where) => chat.older(where) });
const link: Link = new Link({
  url,
  state: (state) => view.state(state),
  welcome(welcome) {
    // The secret that makes this tab the same guest after a reload or a lost connection.
    if (welcome.session !== undefined) sessionStorage.setItem(SESSION, welcome.session);
    chat.welcomed(welcome);
  },
  frame: (frame) => chat.received(frame),
});
const chat: Chat = new Chat(link, view);

function url(): string {
  const base = document.querySelector<HTMLMetaElement>('meta[name="base-path"]')?.content ?? '';
  const query = new URLSearchParams({ name: clean(name) });
  const session = sessionStorage.getItem(SESSION);
  if (session !== null) query.set('session', session);
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.host}${base}/ws?${query.toString()}`;
}

/** The server refuses room names that look alike but are not the same, rather than changing them. */
function clean(input: HTMLInputElement): string {
  return input.value.trim().normalize('NFC');
}

function isNameFit(): boolean {
  const value = clean(name);
  const fit = SEEN.test(value) && !UNFIT.test(value);
  name.setCustomValidity(fit ? '' : 'A name is 1 to 64 visible characters.');
  return name.reportValidity();
}

function enter(): void {
  if (!isNameFit()) return;
  sessionStorage.setItem(NAME, clean(name));
  element('entry', HTMLFormElement).hidden = true;
  element('chat', HTMLElement).hidden = false;
  view.show('');
  open(clean(firstRoom));
  link.connect();
}

function open(where: string): void {
  view.problem('');
  if (where !== '') chat.join(where);
  view.show(where);
  text.focus();
}

function say(): void {
  const value = text.value.trim();
  if (value === '') return;
  view.problem('');
  chat.say(view.current, value);
  text.value = '';
}

function onSubmit(id: string, act: () => void): void {
  element(id, HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    act();
  });
}

name.value = sessionStorage.getItem(NAME) ?? '';
name.addEventListener('input', () => name.setCustomValidity(''));
onSubmit('entry', enter);
onSubmit('join', () => {
  open(clean(room));
  room.value = '';
});
onSubmit('say', say);
element('leave', HTMLButtonElement).addEventListener('click', () => chat.leave(view.current));
text.addEventListener('keydown', (event) => {
  // While text is being composed, Enter belongs to the input method.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  say();
});
addEventListener('online', () => link.connect());
