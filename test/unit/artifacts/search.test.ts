import { strict as assert } from 'node:assert';
import type { ArtifactStore, SearchQuery } from '../../../server/artifacts';
import { problemFrom } from '../storage/support';
import { about, ctx, noise, stores, text } from './support';

const home = stores();

describe('searching artifacts', () => {
  let store: ArtifactStore;

  beforeEach(async () => {
    store = await home.open();
    const put = (name: string, words: string, more = {}) => store.put(ctx, text(words), about(name, more));
    await put('readme.md', 'The quick brown fox jumps over the lazy dog.', { tags: ['docs'] });
    await put('fox.ts', 'export const fox = "quick"; // fox, fox', { type: 'code', tags: ['code', 'src'] });
    await put('café.md', 'Un café crème, s’il vous plaît; déjà vu.', { run: 'run-2' });
    await put('empty.txt', '', { run: null });
    await store.put(ctx, noise(5000), about('fox.png', { type: 'blob' }));
    await store.indexed();
  });

  const names = async (query: SearchQuery): Promise<string[]> =>
    (await store.search(ctx, query)).hits.map(({ artifact }) => artifact.name);
  const check = async (query: SearchQuery, expected: readonly string[]) =>
    assert.deepEqual(await names(query), expected, JSON.stringify(query));

  it('finds by words in names, tags and texts, beginnings of the last word, and phrases', async () => {
    await check({ text: 'quick' }, ['fox.ts', 'readme.md']);
    await check({ text: 'brown qui' }, ['readme.md']);
    await check({ text: 'qui brown' }, []);
    await check({ text: '"quick brown"' }, ['readme.md']);
    await check({ text: '"brown quick"' }, []);
    await check({ text: 'cafe DEJA' }, ['café.md']);
    await check({ text: 'docs' }, ['readme.md']);
    await check({ text: 'png' }, ['fox.png']);
  });

  it('takes everything in a query for words', async () => {
    for (const words of [
      '"',
      '*',
      'NEAR(',
      "';--",
      'a AND',
      'name:',
      '^',
      '-',
      '((',
      '\u0000',
      '\ud800',
      '%',
    ])
      assert.ok(Array.isArray(await names({ text: `fox ${words}` })));
    await check({ text: '"' }, []);
    await problemFrom('artifact.query', () => names({ text: 'x '.repeat(100) }));
    await problemFrom('artifact.query', () => names({ text: 'x'.repeat(2000) }));
    for (const limit of [-1, 1.5, 101]) await problemFrom('artifact.query', () => names({ limit }));
    await problemFrom('artifact.query', () => names({ offset: -1 }));
  });

  it('filters by tags, type, run and time, and shows the newest first without words', async () => {
    await check({ tags: ['code'] }, ['fox.ts']);
    await check({ tags: ['code', 'docs'] }, []);
    await check({ text: 'fox', type: 'code' }, ['fox.ts']);
    await check({ run: 'run-2' }, ['café.md']);
    await check({ limit: 2 }, ['fox.png', 'empty.txt']);
    await check({ limit: 2, offset: 3 }, ['fox.ts', 'readme.md']);
    const { createdAt } = store.ofRun('run-2')[0]!;
    await check({ run: 'run-2', createdBefore: createdAt }, []);
    await check({ run: 'run-2', createdAfter: createdAt, createdBefore: createdAt + 1 }, ['café.md']);
  });

  it('shows what was found, and how all matches divide', async () => {
    const { hits, total, isTotalExact, facets } = await store.search(ctx, { text: 'fox', limit: 2 });
    assert.deepEqual([hits.length, total, isTotalExact], [2, 3, true]);
    assert.deepEqual(facets, {
      types: { code: 1, text: 1, blob: 1 },
      tags: { docs: 1, code: 1, src: 1 },
      runs: { 'run-1': 3 },
    });
    const code = hits.find(({ artifact }) => artifact.name === 'fox.ts')!;
    assert.deepEqual(
      code.highlights.flatMap(({ text: shown, marks }) => marks.map(([from, to]) => shown.slice(from, to))),
      ['fox', 'fox', 'fox'],
    );
    assert.ok(hits[0]!.score >= hits[1]!.score && hits[1]!.score > 0);
  });

  it('follows what is put and dropped, and tells its lag', async () => {
    const made = await store.put(ctx, text('a zebra'), about('zebra.txt'));
    assert.equal((await store.search(ctx, { text: 'zebra' })).indexLag, 1);
    assert.equal(store.report().totals['indexLag'], 1);
    await store.indexed();
    await check({ text: 'zebra' }, ['zebra.txt']);
    assert.equal(store.report().totals['indexLag'], 0);
    await store.drop(ctx, [made.id], 'a test');
    await check({ text: 'zebra' }, []);
    assert.deepEqual(await store.check(ctx), []);
  });

  it('goes on with what waits after a restart', async () => {
    await store.put(ctx, text('a zebra'), about('zebra.txt'));
    await store.stop(ctx);
    store = await home.open();
    await store.indexed();
    await check({ text: 'zebra' }, ['zebra.txt']);
  });

  it('rates what it looks at, with reasons', async () => {
    const rated = async (name: string, words: string, type = 'text') => {
      const { id } = await store.put(ctx, text(words), about(name, { type }));
      await store.indexed();
      return store.byId(id)!.quality;
    };
    assert.deepEqual(await rated('fine', 'A finished text.'), {
      score: 80,
      reasons: ['nothing is wrong with it'],
    });
    assert.deepEqual(await rated('none', '', 'code'), { score: 0, reasons: ['it is empty'] });
    assert.deepEqual(await rated('bad.json', '{', 'json'), { score: 40, reasons: ['it is no JSON'] });
    assert.deepEqual(await rated('conflict', '<<<<<<< a\nx\n>>>>>>> b\n', 'code'), {
      score: 50,
      reasons: ['it holds conflict markers'],
    });
    const { id, hash } = await store.put(ctx, text('a source'), about('source'));
    await store.put(ctx, text('a product'), about('product', { inputs: [hash] }));
    await store.indexed();
    assert.equal(store.byId(id)!.quality?.score, 88);
  });
});
