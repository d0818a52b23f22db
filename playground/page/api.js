// The chat page's HTTP API. Every failure becomes an Error whose message is a
// sentence that can be shown as it is.

// A loopback server answers in milliseconds; what takes this long is lost.
const PATIENCE_MS = 15_000;

async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new Error("The playground does not answer. Is it still running?");
  }
  const data = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(data?.error ?? `The playground answered ${answer.status}.`);
  return data;
}

const query = (parameters) => new URLSearchParams(parameters).toString();

// As many as the simulator keeps of a chat.
const HISTORY = 300;

export const people = () => call("GET", "/api/people");
export const addPerson = (first_name, language_code) => call("POST", "/api/people", { first_name, language_code });
export const chatsOf = (as) => call("GET", `/api/chats?${query({ as })}`);
export const messagesOf = (as, chat) => call("GET", `/api/messages?${query({ as, chat, limit: HISTORY })}`);
export const commandsOf = (as, chat) => call("GET", `/api/commands?${query({ as, chat })}`);
export const send = (as, chat, text, reply_to) => call("POST", "/api/messages", { as, chat, text, reply_to });
export const sendPhoto = (as, chat) => call("POST", "/api/photos", { as, chat });
export const press = (as, chat, message, data) => call("POST", "/api/press", { as, chat, message, data });
export const setBlocked = (as, blocked) => call("POST", "/api/block", { as, blocked });
export const faults = () => call("GET", "/api/faults");
export const setFaults = (values) => call("POST", "/api/faults", values);
export const eventsAddress = (as) => `/api/events?${query({ as })}`;
