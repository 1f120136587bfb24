/** Numbers in [0, 1) that are the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const syllables = [
  'ba',
  'co',
  'di',
  'fu',
  'ge',
  'ha',
  'jo',
  'ku',
  'la',
  'me',
  'no',
  'pi',
  'ra',
  'so',
  'tu',
  'vi',
];

/** Word `at` of a vocabulary of any size. */
export function word(at: number): string {
  let text = '';
  for (let left = at + 16; left > 0; left = Math.floor(left / 16)) text += syllables[left % 16]!;
  return text;
}

/** Text of about `bytes` bytes whose words are as unevenly frequent as in a language; zstd makes it a third. */
export function prose(bytes: number, random: () => number): Buffer {
  let text = '';
  while (text.length < bytes)
    text += `${word(Math.floor(5000 ** random()) - 1)}${random() < 0.1 ? '.\n' : ' '}`;
  return Buffer.from(text.slice(0, bytes));
}
