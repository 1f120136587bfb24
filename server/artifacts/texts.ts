/** The beginning of a content that is looked at as text; what is found further on is rarely what is searched for. */
export const mostTextBytes = 64 * 1024;

/** The beginning of bytes as text; undefined for what is no text. */
export function textOf(bytes: Uint8Array, most = mostTextBytes): string | undefined {
  const beginning = bytes.subarray(0, most);
  if (beginning.includes(0)) return undefined;
  try {
    // A character cut in two at the end is no fault.
    return new TextDecoder('utf-8', { fatal: true }).decode(beginning, { stream: bytes.length > most });
  } catch {
    return undefined;
  }
}
