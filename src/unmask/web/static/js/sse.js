/** Server-sent events, read with `fetch`, because `EventSource` can send neither a key nor a picture. */

function parse(block) {
  const found = { name: "message", data: "" };
  for (const line of block.split("\n")) {
    const [field, ...rest] = line.split(": ");
    if (field === "event") found.name = rest.join(": ");
    if (field === "data") found.data += rest.join(": ");
  }
  return found;
}

/** Call `onEvent(name, data)` for each event until the stream ends; comments are ignored. */
export async function readEvents(response, onEvent) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const { name, data } of blocks.map(parse)) if (data) await onEvent(name, JSON.parse(data));
  }
}

/** A function of the text received so far that calls `onEvent(name, data)` for each new event. */
export function eventParser(onEvent) {
  let read = 0;
  return (text) => {
    for (let end = text.indexOf("\n\n", read); end >= 0; end = text.indexOf("\n\n", read)) {
      const { name, data } = parse(text.slice(read, end));
      read = end + 2;
      if (data) onEvent(name, JSON.parse(data));
    }
  };
}
