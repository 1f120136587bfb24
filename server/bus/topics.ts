/**
 * Types and topics are the same kind of name: levels of letters, digits, `_`, `-`, `:` and `/`, joined by dots. In a
 * pattern `*` stands for one level and `#` for any number of them, none included.
 */
export const topicLimits = { bytes: 255, levels: 32 } as const;

export const isTopic = (text: string): boolean => isWellFormed(text) && topicText.test(text);
export const isPattern = (text: string): boolean => isWellFormed(text) && patternText.test(text);
export const hasWildcard = (pattern: string): boolean => pattern.includes('*') || pattern.includes('#');

const topicText = /^[\w:/-]+(\.[\w:/-]+)*$/;
const patternText = /^([\w:/-]+|\*|#)(\.([\w:/-]+|\*|#))*$/;

function isWellFormed(text: string): boolean {
  if (text.length === 0 || text.length > topicLimits.bytes) return false;
  let levels = 1;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) === 0x2e) levels++;
  return levels <= topicLimits.levels;
}

/** Whether the topic is one of those the pattern stands for. */
export const matches = (pattern: string, topic: string): boolean =>
  globs(pattern.split('.'), topic.split('.'), (wanted, level) => wanted === '*' || wanted === level);

/** Whether every topic of `inner` is surely one of `outer`'s: what a permission asks about a subscription. */
export const covers = (outer: string, inner: string): boolean =>
  globs(outer.split('.'), inner.split('.'), (wanted, level) =>
    wanted === '*' ? level !== '#' : wanted === level,
  );

/** `#` first takes nothing and then one level more each time the rest does not fit: at most levels² comparisons. */
function globs(
  pattern: readonly string[],
  levels: readonly string[],
  fits: (wanted: string, level: string) => boolean,
): boolean {
  let [p, l, lastMany, resume] = [0, 0, -1, 0];
  while (l < levels.length) {
    if (p < pattern.length && pattern[p] === '#') {
      lastMany = p++;
      resume = l;
    } else if (p < pattern.length && fits(pattern[p]!, levels[l]!)) {
      p++;
      l++;
    } else if (lastMany >= 0) {
      p = lastMany + 1;
      l = ++resume;
    } else return false;
  }
  while (p < pattern.length && pattern[p] === '#') p++;
  return p === pattern.length;
}
