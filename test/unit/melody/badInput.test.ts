import { strict as assert } from 'node:assert';
import { zstd } from '../../../server/base/node';
import { formatMelody, readMelody, readMelodyFile, validateValue, writeBinary } from '../../../server/melody';
import type { Melody } from '../../../schemas/melody';
import { layered, wrap } from './make';

const node = '{"id":"a","kind":"operator","operator":"x"}';
const good = wrap(node);

describe('bad Melodies', () => {
  /** What is found first, as `code line:column`, in a text or in bytes. */
  function check(what: string, input: string | Uint8Array, expected: string): void {
    it(`${what}: ${expected}`, () => {
      const { melody, findings } =
        typeof input === 'string' ? readMelody(input, 't') : readMelodyFile(input, 't', zstd);
      const [first] = findings;
      assert.equal(melody, undefined);
      assert.equal(`${first?.problem.code} ${first?.place.line}:${first?.place.column}`, expected);
    });
  }

  check('nothing', '', 'melody.empty 0:0');
  check('blanks and a comment', '\n // nothing yet\n /* really */ \n', 'melody.empty 0:0');
  check('cut off', good.slice(0, -10), 'melody.syntax 6:1');
  check('cut off in a text', good.slice(0, 25), 'melody.syntax 2:24');
  check('no JSON', 'version: 1', 'melody.syntax 1:1');
  check('a list', '[]', 'melody.malformed 1:1');
  check('null', 'null', 'melody.malformed 1:1');
  check('an unclosed comment', `${good} /* `, 'melody.syntax 9:3');
  check('100 MB', ' '.repeat(100_000_000), 'melody.tooLarge 0:0');
  check('100 MB of bytes', new Uint8Array(100_000_000), 'melody.tooLarge 0:0');
  check('100,000 deep', '[\n'.repeat(100_000), 'melody.tooDeep 201:1');
  check(
    '100,000 deep and whole',
    '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000),
    'melody.tooDeep 1:1001',
  );
  check('a key twice', good.replace('"name"', '"version": 1,\n"name"'), 'melody.keyTwice 2:26');
  check(
    'a key twice in a node',
    wrap('{"id":"a","kind":"operator",\n"id":"b","operator":"x"}'),
    'melody.keyTwice 5:1',
  );
  check(
    '__proto__',
    wrap('{"id":"a","kind":"operator","operator":"x",\n"__proto__":{}}'),
    'melody.keyForbidden 5:1',
  );
  check(
    'constructor',
    wrap('{"id":"a","kind":"operator","operator":"x","config":\n{"constructor":1}}'),
    'melody.keyForbidden 5:2',
  );
  check(
    'an escaped __proto__',
    good.replace('"name"', '"\\u005f_proto__": 1, "name"'),
    'melody.keyForbidden 2:26',
  );
  check('no version', good.replace('"version": 1,', ''), 'melody.versionUnknown 1:1');
  check('version "1"', good.replace('1,', '"1",'), 'melody.versionUnknown 2:12');
  check('version -1', good.replace('1,', '-1,'), 'melody.versionUnknown 2:12');
  check('version 1.5', good.replace('1,', '1.5,'), 'melody.versionUnknown 2:12');
  check('version 2', good.replace('1,', '2,'), 'melody.newer 2:12');
  check('version 0 that is none', '{"version": 0, "nodes": 7}', 'melody.migration 1:1');
  check('no nodes', '{"version": 1, "id": "t", "name": "T", "edges": []}', 'melody.malformed 1:1');
  check('neither text nor binary', Uint8Array.of(0xff, 0xfe, 0x00), 'melody.damaged 0:0');

  it('tells a newer file what is known and leaves it alone', () => {
    const [found] = readMelody(good.replace('1,', '7,'), 't').findings;
    assert.deepEqual(found?.problem.args, { place: 't line 2, column 12', file: 't', found: 7, known: 1 });
  });

  it('says how deep bodies may lie', () => {
    let body = node;
    for (let depth = 0; depth < 10; depth++)
      body = `{"id":"l","kind":"loop","most":1,"body":{"nodes":[${body}],"edges":[]}}`;
    assert.deepEqual(codesOf(wrap(body)), ['melody.bodyTooDeep']);
  });

  it('refuses more nodes and edges than there may be before it looks at them', () => {
    const many = (count: number, edges: number): unknown => ({
      ...layered(2, 0),
      nodes: new Array(count).fill(null),
      edges: new Array(edges).fill(null),
    });
    const first = (value: unknown) => validateValue(value, 't').findings[0]?.problem;
    assert.deepEqual(first(many(10_001, 0))?.args, {
      place: 't at nodes',
      what: 'nodes',
      found: 10_001,
      most: 10_000,
    });
    assert.equal(first(many(1, 50_001))?.args['what'], 'edges');
  });

  it('shows a thousand findings and counts the rest', () => {
    const { findings } = readMelody(wrap(new Array(1500).fill('{"kind":"x"}').join(',')), 't');
    assert.equal(findings.length, 1001);
    assert.deepEqual(findings.at(-1)?.problem.args, { place: 't', file: 't', count: 500 });
  });

  it('takes values of programs that hold themselves or forbidden keys', () => {
    const ring: Record<string, unknown> = { ...layered(2, 1) };
    ring['metadata'] = ring;
    assert.equal(validateValue(ring, 't').findings[0]?.problem.code, 'melody.tooDeep');
    const own = JSON.parse('{"__proto__":{"x":1}}') as object;
    assert.equal(validateValue(own, 't').findings[0]?.problem.code, 'melody.keyForbidden');
    assert.equal(({} as { x?: number }).x, undefined);
  });

  describe('in binary form', () => {
    const whole = writeBinary(layered(5, 4), 't', zstd);
    const changed = (at: number, byte: number) => whole.map((old, index) => (index === at ? byte : old));
    check('cut off', whole.slice(0, -5), 'melody.damaged 0:0');
    check('only its header', whole.slice(0, 8), 'melody.damaged 0:0');
    check('a flipped bit', changed(whole.length - 9, whole[whole.length - 9]! ^ 1), 'melody.damaged 0:0');
    check('a newer container', changed(6, 2), 'melody.newer 0:0');
    check('container 0', changed(6, 0), 'melody.damaged 0:0');
    const pack = (bytes: number[]) =>
      Uint8Array.of(...whole.slice(0, 8), ...zstd.compress(Uint8Array.from(bytes)));
    check(
      'a bomb',
      Uint8Array.of(...whole.slice(0, 8), ...zstd.compress(new Uint8Array(64 << 20))),
      'melody.damaged 0:0',
    );
    check('100,000 deep', pack([...new Array<number>(100_000).fill(0x91), 0xc0]), 'melody.damaged 0:0');
    check('1,000 deep', pack([...new Array<number>(1000).fill(0x91), 0xc0]), 'melody.tooDeep 0:0');
    check('rubbish', pack([0xc1, 0x00]), 'melody.damaged 0:0');
    check('a number', pack([0x07]), 'melody.malformed 0:0');
    it('with a newer Melody', () => {
      const newer = writeBinary({ ...layered(1, 0), version: 2 } as unknown as Melody, 't', zstd);
      assert.equal(readMelodyFile(newer, 't', zstd).findings[0]?.problem.code, 'melody.newer');
    });
  });

  it('takes a byte order mark and Windows line ends', () => {
    const text = formatMelody(layered(3, 2)).replaceAll('\n', '\r\n');
    const { melody, findings } = readMelodyFile(Buffer.from(`\ufeff${text}`), 't', zstd);
    assert.deepEqual([melody === undefined, findings], [false, []]);
  });
});

const codesOf = (text: string): readonly string[] =>
  readMelody(text, 't').findings.map(({ problem }) => problem.code);
