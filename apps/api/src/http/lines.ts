/** Lines of a byte stream, without their ends. A line longer than 1 MiB ends the reading with an Error. */
export async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    rest += decoder.decode(piece, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > 1024 * 1024) throw new Error('A line is too long.');
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

/** Newline-delimited JSON; empty lines are passed over. */
export async function* jsonLines<Line>(body: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  for await (const line of linesOf(body)) if (line.trim() !== '') yield JSON.parse(line) as Line;
}
