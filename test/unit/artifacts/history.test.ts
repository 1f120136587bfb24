import { strict as assert } from 'node:assert';
import type { NewArtifact } from '../../../server/artifacts';
import { problemFrom } from '../storage/support';
import { about, ctx, noise, said, stores, text } from './support';

const home = stores();

describe('versions of artifacts', () => {
  it('are compared by line where they are text', async () => {
    const store = await home.open();
    const one = await store.put(ctx, text('a\nb\nc\n'), about('list'));
    const other = await store.put(ctx, text('a\nB\nc\n'), about('list'));
    const patch = await store.diff(ctx, one.id, other.id);
    assert.match(patch, /^--- list \(1\)\n\+\+\+ list \(2\)\n@@ -1,3 \+1,3 @@\n a\n-b\n\+B\n c$/m);
    const binary = await store.put(ctx, noise(100), about('list'));
    await problemFrom('artifact.binary', () => store.diff(ctx, one.id, binary.id));
    await problemFrom('artifact.versionUnknown', () => store.diff(ctx, one.id, 'artifact-none'));
    const large = await store.put(ctx, text('x'.repeat(5_000_000)), about('list'));
    await problemFrom('artifact.tooLarge', () => store.diff(ctx, one.id, large.id));
  });

  it('are restored as a new version, and nothing is rewritten', async () => {
    const store = await home.open();
    const one = await store.put(ctx, text('one'), about('notes', { tags: ['t'] }));
    await store.put(ctx, text('two'), about('notes'));
    const restored = await store.restore(ctx, one.id);
    assert.deepEqual([restored.version, restored.hash, restored.facts], [3, one.hash, { restored: 1 }]);
    assert.equal(said(await store.get(restored.hash)), 'one');
    assert.deepEqual(store.versions('run-1', 'notes').map(({ hash }) => hash)[0], one.hash);
    assert.equal(store.report().totals['blobs'], 2);
  });

  it('tell what they were made from and what was made from them', async () => {
    const store = await home.open();
    const put = async (name: string, ...inputs: string[]) =>
      (await store.put(ctx, text(name), about(name, { inputs }))).hash;
    const a = await put('a');
    const b = await put('b', a);
    const c = await put('c', a, b);
    const d = await put('d', c, 'f'.repeat(64));
    const steps = (found: readonly { hash: string; distance: number }[]) =>
      found.map(({ hash, distance }) => [hash, distance]);
    const { up, down, artifacts } = store.lineage(c);
    assert.deepEqual(
      [steps(up), steps(down)],
      [
        [
          [a, 1],
          [b, 1],
        ],
        [[d, 1]],
      ],
    );
    assert.equal(artifacts[0]?.name, 'c');
    assert.deepEqual(steps(store.lineage(d).up), [
      [c, 1],
      ['f'.repeat(64), 1],
      [a, 2],
      [b, 2],
    ]);
    // A circle, as equal bytes can make it, is followed once.
    await store.put(ctx, text('a'), about('a again', { inputs: [d] }));
    assert.equal(store.lineage(a).down.length, 3);
  });
});

describe('what is told about an artifact', () => {
  const check = async (more: Partial<NewArtifact>, place: string) => {
    const store = await home.open();
    const { args } = await problemFrom('artifact.invalid', () => store.put(ctx, text('x'), about('x', more)));
    assert.equal(args['place'], place);
    assert.equal(store.report().totals['artifacts'], 0);
    await store.stop(ctx);
  };

  it('is refused where it names things nobody could show', async () => {
    for (const name of ['', 'x'.repeat(501), 'a\u0000b', 'a\nb', '\u202egnp.exe', 'half \ud83d'])
      await check({ name }, 'name');
    await check({ type: '../x' }, 'type');
    await check({ inputs: ['not a hash'] }, 'inputs.0');
    await check({ tags: ['fine', ''] }, 'tags.1');
    await check({ tags: Array(51).fill('x') as string[] }, 'tags');
    await check({ facts: { text: 'x'.repeat(70_000) } }, 'facts');
  });

  it('may be any path: names are never files', async () => {
    const store = await home.open();
    for (const name of ['../../etc/passwd', '/', '..', "'; DROP TABLE blobs; --", 'ünï/🦊.ts', 'CON'])
      assert.equal((await store.put(ctx, text(name), about(name))).name, name);
    assert.deepEqual(await store.check(ctx), []);
  });
});

describe('types of artifacts', () => {
  it('hold JSON against their schema, also after a restart', async () => {
    const store = await home.open();
    const schema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } };
    await store.register({ name: 'count', content: 'json', schema });
    await store.stop(ctx);
    await store.start(ctx);
    await store.put(ctx, text('{"n":1}'), about('c', { type: 'count' }));
    for (const bad of ['{"n":"1"}', '{}', '{', '\u0000'])
      await problemFrom('artifact.misfit', () => store.put(ctx, text(bad), about('c', { type: 'count' })));
    assert.equal(store.versions('run-1', 'c').length, 1);
    await problemFrom('artifact.typeInvalid', () => store.register({ name: 'text', content: 'binary' }));
    await problemFrom('artifact.typeInvalid', () =>
      store.register({ name: 'odd', content: 'json', schema: { type: 'nothing' } }),
    );
    assert.ok(store.types().some(({ name }) => name === 'count'));
  });
});
