const FENCE = /^ {0,3}(```+|~~~+)/;

/**
 * Cuts Markdown into blocks at blank lines outside fenced code, so that while an answer streams in only its last
 * block is parsed again. A list keeps its items together: a cut is made only before a line that starts at the margin.
 */
export function splitBlocks(text: string): string[] {
  const blocks: string[] = [];
  let current: string[] = [];
  let fence: string | null = null;
  let blank = false;
  for (const line of text.split('\n')) {
    const mark = FENCE.exec(line)?.[1] ?? null;
    const continues = /^(\s|[-*+] |\d+[.)] )/.test(line);
    if (fence === null && blank && line !== '' && !continues) {
      blocks.push(current.join('\n'));
      current = [];
    }
    if (fence === null) fence = mark;
    else if (mark !== null && mark[0] === fence[0] && mark.length >= fence.length) fence = null;
    current.push(line);
    blank = line.trim() === '';
  }
  if (current.some((line) => line.trim() !== '')) blocks.push(current.join('\n'));
  return blocks;
}
