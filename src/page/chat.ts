import { Channel } from './channel.js';
import { isMessage, isOf, type Ack, type Gap, type ServerFrame, type Welcome } from './frames.js';
import { randomId, type Link } from './link.js';

/** What the chat shows. A channel is named by its room, the global one by the empty string. */
export interface ChatView {
  /** @param place `before` puts messages, given in order, above all others */
  messages(room: string, frames: readonly ServerFrame[], me: string, place: 'before' | 'after'): void;
  note(room: string, text: string): void;
  /** Texts of one's own that the server has not confirmed. */
  sending(room: string, texts: readonly string[]): void;
  /** Whether older messages can be asked for. */
  more(room: string, more: boolean): void;
  removed(room: string): void;
  problem(text: string): void;
}

interface Outgoing {
  readonly id: string;
  readonly room: string;
  readonly text: string;
}

const PAGE_SIZE = 50;
const RETRY_MS = 1_000;

/** The chat's rules: joins, resumes and sends again, so that what is shown has no silent holes. */
export class Chat {
  readonly #link: Link;
  readonly #view: ChatView;
  readonly #channels = new Map<string, Channel>([['', new Channel(undefined)]]);
  /** Oldest offset shown, by room: where older messages are asked from. */
  readonly #oldest = new Map<string, number>();
  /** Kept until answered: the id lets the server tell a repetition from a new message. */
  readonly #outbox = new Map<string, Outgoing>();
  #me = '';

  constructor(link: Link, view: ChatView) {
    this.#link = link;
    this.#view = view;
  }

  get rooms(): readonly string[] {
    return [...this.#channels.keys()].filter((room) => room !== '');
  }

  /** A new connection stands: become a member everywhere again, then send what has no answer. */
  welcomed({ user, global }: Welcome): void {
    this.#me = user.id;
    for (const [room, channel] of this.#channels) {
      const frame = channel.join();
      if (frame) void this.#join(room, channel, frame);
      else if (global) this.#joined(room, channel, global);
    }
    for (const outgoing of this.#outbox.values()) void this.#send(outgoing);
  }

  join(room: string): void {
    if (this.#channels.has(room)) return;
    const channel = new Channel(room);
    this.#channels.set(room, channel);
    const frame = channel.join();
    if (frame) void this.#join(room, channel, frame);
  }

  leave(room: string): void {
    if (room === '' || !this.#channels.delete(room)) return;
    this.#oldest.delete(room);
    for (const { id } of this.#outgoing(room)) this.#outbox.delete(id);
    void this.#link.ask({ type: 'leave', room });
    this.#view.removed(room);
  }

  say(room: string, text: string): void {
    const outgoing = { id: randomId(), room, text };
    this.#outbox.set(outgoing.id, outgoing);
    this.#showOutbox(room);
    void this.#send(outgoing);
  }

  older(room: string): void {
    const before = this.#oldest.get(room);
    if (before !== undefined) void this.#history(room, before);
  }

  received(frame: ServerFrame): void {
    const room = frame.room ?? '';
    const channel = this.#channels.get(room);
    if (isOf('error', frame)) this.#view.problem(frame.data.message);
    else if (!channel) return;
    else if (isOf('gap', frame)) this.#gap(room, channel, frame.data);
    else if (frame.type === 'join') this.#note(room, `${frame.from?.name ?? 'Somebody'} joined.`);
    else if (frame.type === 'leave') this.#note(room, `${frame.from?.name ?? 'Somebody'} left.`);
    else if (isMessage(frame) && channel.takes(frame)) this.#view.messages(room, [frame], this.#me, 'after');
  }

  #gap(room: string, channel: Channel, gap: Gap): void {
    this.#note(room, channel.gap(gap));
    if (gap.cause !== 'reset') return;
    // What was oldest belongs to another life of the room: nothing lies before it any more.
    this.#oldest.delete(room);
    this.#view.more(room, false);
  }

  async #join(room: string, channel: Channel, frame: object): Promise<void> {
    const answer = await this.#link.ask(frame);
    if (this.#channels.get(room) !== channel || answer.is === 'lost') return;
    if (answer.is === 'ack') {
      this.#joined(room, channel, answer.ack);
    } else if (answer.problem.retryable) {
      setTimeout(() => this.#rejoin(room, channel), answer.problem.retryAfterMs ?? RETRY_MS);
    } else {
      this.#view.problem(`${room}: ${answer.problem.message}`);
      if (room !== '' && this.#channels.delete(room)) this.#view.removed(room);
    }
  }

  #rejoin(room: string, channel: Channel): void {
    const frame = channel.join();
    if (frame && this.#channels.get(room) === channel) void this.#join(room, channel, frame);
  }

  #joined(room: string, channel: Channel, ack: Ack): void {
    const before = channel.joined(ack);
    if (before !== undefined && before > 1) void this.#history(room, before);
  }

  async #history(room: string, before: number): Promise<void> {
    const frame = { type: 'history', ...(room !== '' && { room }), data: { before, limit: PAGE_SIZE } };
    const answer = await this.#link.ask(frame);
    if (answer.is === 'lost' || !this.#channels.has(room)) return;
    if (answer.is === 'error') {
      this.#view.problem(`Earlier messages: ${answer.problem.message}`);
      this.#oldest.set(room, before);
      this.#view.more(room, answer.problem.retryable === true);
      return;
    }
    const { messages = [], more = false } = answer.ack;
    this.#view.messages(room, messages, this.#me, 'before');
    this.#oldest.set(room, messages[0]?.offset ?? before);
    this.#view.more(room, more);
  }

  async #send(outgoing: Outgoing): Promise<void> {
    const { id, room, text } = outgoing;
    const frame = { type: 'chat', ...(room !== '' && { room }), data: { content: text } };
    const answer = await this.#link.ask(frame, id);
    if (answer.is === 'lost' || !this.#outbox.has(id)) return;
    if (answer.is === 'error' && answer.problem.retryable) {
      setTimeout(() => this.#outbox.has(id) && void this.#send(outgoing), answer.problem.retryAfterMs ?? RETRY_MS);
      return;
    }
    this.#outbox.delete(id);
    this.#showOutbox(room);
    if (answer.is === 'error') this.#view.problem(`Not sent: ${answer.problem.message}`);
  }

  #outgoing(room: string): readonly Outgoing[] {
    return [...this.#outbox.values()].filter((outgoing) => outgoing.room === room);
  }

  #showOutbox(room: string): void {
    this.#view.sending(
      room,
      this.#outgoing(room).map(({ text }) => text),
    );
  }

  #note(room: string, text: string | undefined): void {
    if (text !== undefined) this.#view.note(room, text);
  }
}
