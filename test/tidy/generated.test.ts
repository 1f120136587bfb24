import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { generatedFiles } from '../../schemas/generate';
import { messages } from '../../schemas';

const root = path.resolve(__dirname, '../..');

describe('generated files', () => {
  for (const [file, text] of Object.entries(generatedFiles()))
    it(`${file} is what “npm run generate” writes`, () => {
      const found = readFileSync(path.join(root, file), 'utf8');
      assert.ok(found === text, `${file} is stale; run “npm run generate”`);
    });

  it('hold every message once', () => {
    const text = generatedFiles()['docs/protocol.md']!;
    for (const { method } of Object.values(messages))
      assert.equal(text.split(`\n### ${method}\n`).length, 2, method);
  });
});
