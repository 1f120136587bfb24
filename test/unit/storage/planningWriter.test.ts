import { strict as assert } from 'node:assert';
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { silentLog, type Clock, type Log } from '../../../server/base';
import { sha256, systemClock, systemRandom } from '../../../server/base/node';
import { decodeText } from '../../../server/planning';
import { openPlanningWriter, type PlanningWriterOptions } from '../../../server/storage';
import { problemFrom, temporaryFolder } from './support';

const folder = temporaryFolder();
const ctx = { signal: new AbortController().signal, log: silentLog };
const state = '.planning/STATE.md';
const roadmap = '.planning/ROADMAP.md';
const stateText = '\ufeff# State\r\n\r\nStatus: planning\r\n';
const reason = { text: 'a test' };
const nobody = 65534;

const tree = (...names: string[]) => folder.at('project', ...names);
const read = (name: string) => fs.readFileSync(tree(name));
const hashOf = (name: string) => sha256(read(name));
const names = () => fs.readdirSync(tree('.planning')).sort();
const append = (name: string, text: string) => {
  const at = read(name).toString('utf8').length;
  return [{ start: at, end: at, text }];
};
const writerOf = (more: Partial<PlanningWriterOptions> = {}) =>
  openPlanningWriter({
    root: tree(),
    undoFolder: folder.at('undo'),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    ...more,
  });

/** Time that passes as soon as somebody waits for it. */
function hurried(): Clock & { waited: number } {
  const clock = {
    waited: 0,
    now: () => systemClock.now(),
    monotonic: () => clock.waited,
    sleep: async (ms: number) => {
      clock.waited += ms;
      await systemClock.sleep(1);
    },
  };
  return clock;
}

/** A log that does something when an edit has been journaled. */
const onJournaled = (act: () => void): Log => ({ ...silentLog, debug: act });

function run(mode: string): ChildProcess {
  const script = path.join(__dirname, 'planningEditor.ts');
  return spawn(process.execPath, ['--import', 'tsx', script, mode, tree(), folder.at('undo')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
const ended = (child: ChildProcess) =>
  new Promise<string>((resolve) => child.once('close', (code, signal) => resolve(signal ?? String(code))));

describe('the planning writer', () => {
  beforeEach(() => {
    fs.mkdirSync(tree('.planning'), { recursive: true });
    fs.writeFileSync(tree(state), stateText, { mode: 0o640 });
    fs.writeFileSync(tree(roadmap), '# Roadmap\n', { mode: 0o644 });
  });

  it('changes what the splices say, keeps the mode and leaves nothing behind', async () => {
    fs.chmodSync(tree(state), 0o640);
    const writer = await writerOf();
    const before = hashOf(state);
    const start = stateText.indexOf('planning');
    const edited = await writer.edit(
      ctx,
      state,
      before,
      [{ start, end: start + 8, text: 'executing' }],
      reason,
    );
    assert.equal(read(state).toString('utf8'), stateText.replace('planning', 'executing'));
    assert.equal(fs.statSync(tree(state)).mode & 0o777, 0o640);
    assert.deepEqual(names(), ['ROADMAP.md', 'STATE.md']);
    assert.deepEqual([edited.before, edited.after], [before, hashOf(state)]);
    assert.equal(fs.statSync(folder.at('undo', 'edits.jsonl')).mode & 0o777, 0o600);
  });

  it('writes nothing where nothing changes', async () => {
    const writer = await writerOf();
    const { mtimeMs, ino } = fs.statSync(tree(state));
    assert.equal((await writer.edit(ctx, state, hashOf(state), [], reason)).id, null);
    const now = fs.statSync(tree(state));
    assert.deepEqual([now.mtimeMs, now.ino], [mtimeMs, ino]);
    assert.deepEqual(await writer.history(), []);
  });

  it('refuses a file that changed since it was read', async () => {
    const writer = await writerOf();
    const expected = hashOf(state);
    fs.appendFileSync(tree(state), 'by somebody else\n');
    const theirs = read(state);
    await problemFrom('planning.changedMeanwhile', () =>
      writer.edit(ctx, state, expected, append(state, 'ours\n'), reason),
    );
    assert.deepEqual(read(state), theirs);
    assert.deepEqual(await writer.history(), []);
  });

  it('refuses a file that changes while it is being written', async () => {
    const writer = await writerOf({ log: onJournaled(() => fs.appendFileSync(tree(state), 'theirs\n')) });
    await problemFrom('planning.changedMeanwhile', () =>
      writer.edit(ctx, state, hashOf(state), append(state, 'ours\n'), reason),
    );
    assert.equal(read(state).toString('utf8'), `${stateText}theirs\n`);
    assert.deepEqual(names(), ['ROADMAP.md', 'STATE.md']);
    assert.deepEqual(
      (await writer.history()).map((edit) => edit.state),
      ['interrupted'],
    );
  });

  it('takes edits back to the identical bytes, and undos as well', async () => {
    const writer = await writerOf();
    const before = read(state);
    const edited = await writer.edit(ctx, state, hashOf(state), append(state, 'more\n'), {
      text: 'more',
      byHand: true,
    });
    const after = read(state);
    const undo = await writer.undo(ctx, edited.id!);
    assert.deepEqual(read(state), before);
    await problemFrom('planning.undoUnknown', () => writer.undo(ctx, edited.id!));
    await writer.undo(ctx, undo.id!);
    assert.deepEqual(read(state), after);
    const past = (await writer.history()).map(({ reason: why, byHand, state: now }) => [why, byHand, now]);
    assert.deepEqual(past, [
      ['take back: take back: more', false, 'applied'],
      ['take back: more', false, 'undone'],
      ['more', true, 'applied'],
    ]);
    await writer.undo(ctx, edited.id!);
    assert.deepEqual(read(state), before);
  });

  it('takes nothing back that was changed since', async () => {
    const writer = await writerOf();
    const { id } = await writer.edit(ctx, state, hashOf(state), append(state, 'more\n'), reason);
    fs.appendFileSync(tree(state), 'theirs\n');
    const theirs = read(state);
    await problemFrom('planning.changedMeanwhile', () => writer.undo(ctx, id!));
    await problemFrom('planning.undoUnknown', () => writer.undo(ctx, 'edit-unknown'));
    assert.deepEqual(read(state), theirs);
  });

  it('undoes edits of any bytes to the identical bytes', async () => {
    const writer = await writerOf();
    const bytes = fc.uint8Array({ maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.nat(), fc.nat(), fc.string(), async (content, one, other, text) => {
        fs.writeFileSync(tree(roadmap), content);
        const { length } = decodeText(content);
        const [start, end] = [one % (length + 1), other % (length + 1)].sort((a, b) => a - b) as [
          number,
          number,
        ];
        const splices = [{ start, end, text }];
        const edit = await writer.edit(ctx, roadmap, hashOf(roadmap), splices, reason).catch((thrown) => {
          // A splice may cut a character in two; that is refused and leaves the file alone.
          assert.match(String(thrown), /planning\.notLossless/);
          return undefined;
        });
        if (edit !== undefined && edit.id !== null) await writer.undo(ctx, edit.id);
        assert.deepEqual(new Uint8Array(read(roadmap)), content);
      }),
      { numRuns: 30 },
    );
  });

  it('knows its own writes from those of others', async () => {
    const writer = await writerOf();
    const { after } = await writer.edit(ctx, state, hashOf(state), append(state, 'more\n'), reason);
    assert.equal(writer.isOwnWrite(state, after), true);
    assert.equal(writer.isOwnWrite(state, after), true, 'watchers tell of one write several times');
    assert.equal(writer.isOwnWrite(roadmap, after), false);
    assert.equal(writer.isOwnWrite(state, 'f'.repeat(64)), false);
    assert.equal(writer.isOwnWrite(state, after), false, 'coming back to our bytes is news');
  });

  it('never writes through a link', async () => {
    const writer = await writerOf();
    fs.writeFileSync(folder.at('outside.md'), 'outside\n');
    fs.symlinkSync(folder.at('outside.md'), tree('.planning/LINK.md'));
    fs.mkdirSync(folder.at('elsewhere'));
    fs.writeFileSync(folder.at('elsewhere/A.md'), 'a\n');
    fs.symlinkSync(folder.at('elsewhere'), tree('.planning/phases'));
    const outside = sha256('outside\n');
    for (const name of ['.planning/LINK.md', '.planning/phases/A.md'])
      await problemFrom('planning.link', () => writer.edit(ctx, name, outside, append(state, 'x'), reason));
    for (const name of ['.planning/../a.md', 'STATE.md', '.planning/none.md', '.planning/a/b.md'])
      await problemFrom('planning.unreadable', () => writer.edit(ctx, name, outside, [], reason));
    assert.equal(fs.readFileSync(folder.at('outside.md'), 'utf8'), 'outside\n');
  });

  it('leaves a read-only tree alone', async () => {
    const writer = await writerOf();
    const isRoot = process.getuid?.() === 0;
    // Nothing is read-only for root, so root becomes nobody for this one.
    if (isRoot) fs.chownSync(folder.path, nobody, nobody);
    fs.chownSync(tree(state), isRoot ? nobody : process.getuid!(), process.getgid!());
    fs.chmodSync(tree('.planning'), 0o555);
    if (isRoot) process.seteuid!(nobody);
    try {
      await problemFrom('planning.writeFailed', () =>
        writer.edit(ctx, state, hashOf(state), append(state, 'x'), reason),
      );
      assert.equal(read(state).toString('utf8'), stateText);
      assert.deepEqual(names(), ['ROADMAP.md', 'STATE.md']);
    } finally {
      if (isRoot) process.seteuid!(0);
      fs.chmodSync(tree('.planning'), 0o755);
    }
  });

  describe('whose process is killed between journal and rename', () => {
    beforeEach(async () => assert.equal(await ended(run('kill')), 'SIGKILL'));

    it('has changed nothing, says so, and does not stand in the way', async () => {
      assert.equal(read(state).toString('utf8'), stateText);
      assert.ok(names().includes('.lock') && names().includes('STATE.md.lock'), 'its locks are left');
      const writer = await writerOf();
      const copy = Buffer.from(`${stateText}never\n`).subarray(0, 20);
      fs.writeFileSync(tree('.planning/.STATE.md.0123456789ab.tmp'), copy);
      fs.writeFileSync(tree('.planning/.STATE.md.ba9876543210.tmp'), 'of somebody else');
      const [interrupted] = await writer.history();
      assert.equal(interrupted?.state, 'interrupted');
      const clock = hurried();
      await (await writerOf({ clock })).edit(ctx, roadmap, hashOf(roadmap), append(roadmap, 'x'), reason);
      assert.equal(clock.waited, 0, 'the locks of the dead cost no waiting');
      await problemFrom('planning.undoUnknown', () => writer.undo(ctx, interrupted!.id));
      const { id } = await writer.edit(ctx, state, hashOf(state), append(state, 'now\n'), reason);
      assert.deepEqual(names(), ['.STATE.md.ba9876543210.tmp', 'ROADMAP.md', 'STATE.md']);
      await writer.undo(ctx, id!);
      assert.equal(read(state).toString('utf8'), stateText);
    });

    it('has half a line at the end of its journal passed over', async () => {
      const journal = folder.at('undo', 'edits.jsonl');
      fs.writeFileSync(journal, fs.readFileSync(journal).subarray(0, 100));
      const writer = await writerOf();
      assert.deepEqual(await writer.history(), []);
      await writer.edit(ctx, state, hashOf(state), append(state, 'now\n'), reason);
      assert.deepEqual(
        (await writer.history()).map((edit) => edit.state),
        ['applied'],
      );
    });
  });

  it('believes the file where a process ended after the rename and before it said so', async () => {
    const writer = await writerOf();
    const { id } = await writer.edit(ctx, state, hashOf(state), append(state, 'x\n'), reason);
    const journal = folder.at('undo', 'edits.jsonl');
    const [first] = fs.readFileSync(journal, 'utf8').split('\n');
    fs.writeFileSync(journal, `${first}\n`);
    assert.equal((await writer.history())[0]?.state, 'applied');
    await writer.undo(ctx, id!);
    assert.equal(read(state).toString('utf8'), stateText);
  });

  describe('locks', () => {
    const edit = (clock: Clock, name = state) =>
      writerOf({ clock }).then((writer) => writer.edit(ctx, name, hashOf(name), append(name, 'x\n'), reason));
    const dead = () => {
      const child = spawn(process.execPath, ['-e', '']);
      return ended(child).then(() => child.pid!);
    };
    const lockBody = (pid: number) => JSON.stringify({ pid, cwd: '/', acquired: '2026-01-01T00:00:00Z' });
    const age = (name: string, seconds: number) => {
      const at = systemClock.now() / 1000 - seconds;
      fs.utimesSync(tree(name), at, at);
    };

    it('of the living are waited for and left alone', async () => {
      const holder = run('hold');
      await new Promise((resolve) => holder.stdout!.once('data', resolve));
      const body = read('.planning/.lock');
      const clock = hurried();
      const found = await problemFrom('planning.locked', () => edit(clock));
      assert.deepEqual(found.args, { file: '.planning/.lock', pid: holder.pid, seconds: 10 });
      assert.equal(clock.waited, 10_000);
      assert.deepEqual(read('.planning/.lock'), body);
      assert.equal(read(state).toString('utf8'), stateText);
      const waiting = edit(systemClock);
      const isOver = ended(holder);
      holder.kill('SIGKILL');
      await isOver;
      await waiting;
      assert.equal(read(state).toString('utf8'), `${stateText}x\n`);
    });

    it('of STATE.md are waited for 30 seconds, and for no other file', async () => {
      fs.writeFileSync(tree('.planning/STATE.md.lock'), String(process.pid));
      await edit(hurried(), roadmap);
      const clock = hurried();
      const found = await problemFrom('planning.locked', () => edit(clock));
      assert.equal(found.args.file, '.planning/STATE.md.lock');
      assert.ok(clock.waited >= 30_000 && clock.waited < 30_250, `${clock.waited} ms`);
      assert.deepEqual(names(), ['ROADMAP.md', 'STATE.md', 'STATE.md.lock']);
    });

    it('of the dead are taken at once', async () => {
      const pid = await dead();
      fs.writeFileSync(tree('.planning/.lock'), lockBody(pid));
      fs.writeFileSync(tree('.planning/STATE.md.lock'), String(pid));
      const clock = hurried();
      await edit(clock);
      assert.equal(clock.waited, 0);
      assert.deepEqual(names(), ['ROADMAP.md', 'STATE.md']);
    });

    it('of the living are taken when they are older than a minute', async () => {
      fs.writeFileSync(tree('.planning/.lock'), lockBody(process.pid));
      age('.planning/.lock', 58);
      await problemFrom('planning.locked', () => edit(hurried()));
      age('.planning/.lock', 61);
      await edit(hurried());
    });

    it('without a body are left alone for a second', async () => {
      fs.writeFileSync(tree('.planning/STATE.md.lock'), '');
      const before = systemClock.monotonic();
      await edit(systemClock);
      assert.ok(systemClock.monotonic() - before > 900);
    });

    it('that are links or folders are never taken', async () => {
      fs.symlinkSync('/nowhere', tree('.planning/.lock'));
      await problemFrom('planning.locked', () => edit(hurried()));
      assert.equal(fs.readlinkSync(tree('.planning/.lock')), '/nowhere');
    });

    it('are waited for no longer than wanted', async () => {
      fs.writeFileSync(tree('.planning/.lock'), lockBody(process.pid));
      const abort = new AbortController();
      const writer = await writerOf();
      const work = writer.edit({ ...ctx, signal: abort.signal }, state, hashOf(state), [], reason);
      setTimeout(() => abort.abort(new Error('enough')), 30);
      await assert.rejects(work, /enough/);
    });

    it('let many edits of many processes all count', async () => {
      const children = [run('many'), run('many')];
      const writer = await writerOf();
      for (let made = 0; made < 20; made++)
        await writer
          .edit(ctx, state, hashOf(state), append(state, 'here\n'), reason)
          .catch((thrown) => void (made -= /changedMeanwhile/.test(String(thrown)) ? 1 : 0));
      assert.deepEqual(await Promise.all(children.map(ended)), ['0', '0']);
      const lines = read(state).toString('utf8').slice(stateText.length).split('\n').slice(0, -1);
      const counts = new Map<string, number>();
      for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
      assert.deepEqual([...counts.values()], [20, 20, 20]);
      assert.equal((await writer.history()).filter((one) => one.state === 'applied').length, 60);
    }).timeout(60_000);
  });
});
