import type { CallOptions, Http, WriteOptions } from "./http.js";
import type {
  Message,
  MessageCreate,
  MessageLength,
  MessagePage,
  MessagePatch,
  MessagesAppended,
  QueryOf,
} from "./schema.js";

export interface ChatMethods {
  /** Appends one message, or up to 100, all or none. Ids are made where there are none. */
  append(
    sessionId: string,
    messages: MessageCreate | readonly MessageCreate[],
    options?: WriteOptions,
  ): Promise<MessagesAppended>;
  /** One page, oldest first; the latest where neither `before` nor `after` is given. */
  list(
    sessionId: string,
    query?: QueryOf<"list_messages">,
    options?: CallOptions,
  ): Promise<MessagePage>;
  /** Pages from the latest back to the first message, each oldest first. */
  pages(
    sessionId: string,
    query?: { limit?: number; before?: number },
    options?: CallOptions,
  ): AsyncGenerator<MessagePage, void, undefined>;
  get(sessionId: string, messageId: string, options?: CallOptions): Promise<Message>;
  /** Edits it, or ends one that is in progress by its `status`. */
  update(
    sessionId: string,
    messageId: string,
    patch: MessagePatch,
    options?: WriteOptions,
  ): Promise<Message>;
  /**
   * Adds text to a message that is in progress. `offset` is its length so far **in code points**
   * (`lengthOf`, not `.length`), so that a repeat is safe.
   */
  grow(
    sessionId: string,
    messageId: string,
    growth: { offset: number; text: string },
    options?: WriteOptions,
  ): Promise<MessageLength>;
  /** Stops a message that is in progress, from any device; the text so far stays. */
  stop(sessionId: string, messageId: string, options?: WriteOptions): Promise<Message>;
  delete(sessionId: string, messageId: string, options?: WriteOptions): Promise<void>;
}

/** The length of a text in code points, as offsets count. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

export function createChatMethods(http: Http): ChatMethods {
  const at = (session_id: string, message_id: string) => ({ path: { session_id, message_id } });
  const withId = (message: MessageCreate) => ({ ...message, id: message.id ?? http.ports.ids() });
  const list: ChatMethods["list"] = (id, query, options) =>
    http.call("list_messages", { path: { session_id: id }, query }, options);

  return {
    list,
    append(id, messages, options) {
      const body = isMany(messages) ? { messages: messages.map(withId) } : withId(messages);
      return http.call("append_messages", { path: { session_id: id }, body }, options);
    },
    async *pages(id, { limit, before } = {}, options) {
      for (;;) {
        const query = { ...(limit && { limit }), ...(before && { before }) };
        const page = await list(id, query, options);
        yield page;
        if (!page.has_more || page.next_before === null) return;
        before = page.next_before;
      }
    },
    get: (id, messageId, options) => http.call("get_message", at(id, messageId), options),
    update: (id, messageId, body, options) =>
      http.call("update_message", { ...at(id, messageId), body }, options),
    grow: (id, messageId, body, options) =>
      http.call("append_to_message", { ...at(id, messageId), body }, options),
    stop: (id, messageId, options) =>
      http.call("update_message", { ...at(id, messageId), body: { status: "cancelled" } }, options),
    delete: (id, messageId, options) => http.call("delete_message", at(id, messageId), options),
  };
}

function isMany(
  messages: MessageCreate | readonly MessageCreate[],
): messages is readonly MessageCreate[] {
  return Array.isArray(messages);
}
