import { strict as assert } from 'node:assert';
import path from 'node:path';
import { systemClock, sha256 } from '../../../server/base/node';
import { inspectUserRepository } from '../../../server/git';
import { workspacePorts } from '../../../server/triggers';
import { git, makeRepository, removeFolders, write } from '../git/fixture';
import { ctx, temporaryFolder, until, World } from './support';

const folder = temporaryFolder();
const file = 'a.melody.json';

describe('triggers of a real workspace', function () {
  this.timeout(20_000);
  let world: World;
  let top = '';

  beforeEach(async () => {
    top = makeRepository({ 'src/a.ts': '1', '.gitignore': 'out\n' });
    const user = await inspectUserRepository(ctx, top);
    world = new World(systemClock, folder.at('triggers.db'));
    world.melody(file, [
      { on: 'file', id: 'f', files: ['**/*.ts'] },
      { on: 'git', id: 'g', event: 'commit', branches: ['main'] },
    ]);
    await world.open(workspacePorts({ clock: systemClock, root: top, user, environment: {} }));
    await world.triggers.arm(ctx, file, 'f');
    await world.triggers.arm(ctx, file, 'g');
  });
  afterEach(async () => {
    await world.close();
    removeFolders();
  });

  const started = () => world.started.map(({ trigger, cause }) => ({ trigger, cause }));
  const runs = (count: number) => until(() => world.started.length >= count, `run ${count}`);

  it('start runs when files change and commits are made', async () => {
    write(top, { 'src/new/b.ts': '1', 'out/c.ts': '1' });
    await runs(1);
    git(top, 'add', '-A');
    git(top, 'commit', '-q', '-m', 'two');
    await runs(2);
    const commit = git(top, 'rev-parse', 'HEAD').trim();
    const event = { event: 'commit', branch: 'main', commit, ref: 'refs/heads/main' };
    assert.deepEqual(started(), [
      { trigger: 'f', cause: { files: [{ path: 'src/new/b.ts', change: 'created' }], count: 1 } },
      { trigger: 'g', cause: { events: [event], count: 1 } },
    ]);
  });

  it('do not start runs for what a review writes', async () => {
    world.triggers.ignore([
      { path: 'src/a.ts', hash: sha256('accepted') },
      { path: 'src/gone.ts', hash: null },
    ]);
    write(top, { 'src/a.ts': 'accepted', 'src/mine.ts': 'x' });
    await runs(1);
    const files = [{ path: 'src/mine.ts', change: 'created' }];
    assert.deepEqual(started(), [{ trigger: 'f', cause: { files, count: 1 } }]);
    write(top, { 'src/a.ts': 'by hand' });
    await runs(2);
    assert.equal(path.basename(JSON.stringify(started()[1]!.cause)).includes('a.ts'), true);
  });

  it('hear nothing any more when they are disarmed', async () => {
    await world.triggers.disarm(ctx, file, 'f');
    await world.triggers.disarm(ctx, file, 'g');
    write(top, { 'src/a.ts': '2' });
    git(top, 'commit', '-q', '-am', 'two');
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.deepEqual(started(), []);
  });
});
