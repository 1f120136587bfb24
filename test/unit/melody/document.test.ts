import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { formatMelody, readMelody } from '../../../server/melody';
import { baseTypes, nodeKinds } from '../../../schemas/melody';

const page = readFileSync(path.resolve(__dirname, '../../../docs/melody.md'), 'utf8');

describe('the page about Melodies', () => {
  it('has an example without a fault', () => {
    const example = /```jsonc\n([\s\S]*?)```/.exec(page)![1]!;
    const { melody, findings } = readMelody(example, 'docs/melody.md');
    assert.deepEqual(findings, []);
    assert.ok(formatMelody(melody!).length > 1000);
  });

  it('names every kind and every type', () => {
    for (const name of [
      ...Object.keys(nodeKinds),
      ...baseTypes.filter((base) => base !== 'list'),
      'list<type>',
    ])
      assert.ok(page.includes(`\`${name}\``), name);
  });
});
