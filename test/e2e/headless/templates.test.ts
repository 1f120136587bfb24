/**
 * Every built-in template does its job on a small repository with a planted defect or gap: an outside command fails
 * before, and passes after what the run offered was accepted into the tree.
 */
import { strict as assert } from 'node:assert';
import { builtInTemplates, instantiate } from '../../../server/templates';
import { proofs, type Proof } from '../../fixtures/templates';
import { ctx, lookFromOutside, openBench, type Bench } from '../../fixtures/templates/bench';

/** Jobs under way at once: most of a run is waiting for other processes. */
const atOnce = 3;

/** In the first agent that changes files, between two agents, and in the second round. */
const moments = ['harden[1]/close 1', 'harden[1]/again 0', 'harden[2]/close 2'];

const jobs: readonly (readonly [title: string, work: () => Promise<void>])[] = [
  ...proofs.map((proof) => [`${proof.template} mends what is planted`, () => prove(proof)] as const),
  [
    'security-hardening goes on where it was when the sidecar is stopped in the middle',
    () =>
      prove(
        proofs.find(({ template }) => template === 'security-hardening')!,
        moments,
      ),
  ],
];

describe('built-in templates', function () {
  this.timeout(120_000);
  const done = new Map<string, Promise<void>>();

  before(() => {
    const places = Array.from({ length: atOnce }, () => Promise.resolve());
    jobs.forEach(([title, work], at) => {
      const one = places[at % atOnce]!.then(work);
      // A failure is told by the test of its job alone.
      places[at % atOnce] = one.catch(() => undefined);
      done.set(title, one);
    });
  });

  it('are each proved', () => {
    assert.deepEqual(
      proofs.map(({ template }) => template).sort(),
      builtInTemplates.map(({ id }) => id).sort(),
    );
  });

  for (const [title] of jobs) it(title, () => done.get(title));
});

/** `stops`: turns after which everything is stopped and begins anew. */
async function prove(proof: Proof, stops: readonly string[] = []): Promise<void> {
  const bench = await openBench(proof);
  try {
    assert.ok(lookFromOutside(proof, bench.root), 'the outside command fails before');
    await runToItsEnd(bench, proof, [...stops]);
    assert.equal(lookFromOutside(proof, bench.root), undefined);
    const asked = stops.length === 0 ? bench.asked : [...new Set(bench.asked)];
    assert.deepEqual(asked.toSorted(), everyTurnOf(proof), 'each turn was asked for once');
    // A request under way when everything stopped is sent again; none whose answer was recorded is.
    assert.ok(bench.asked.length <= asked.length + stops.length, bench.asked.join(', '));
    assert.deepEqual(bench.leftovers(), []);
  } finally {
    await bench.end();
  }
}

const everyTurnOf = ({ script }: Proof): string[] =>
  Object.entries(script)
    .flatMap(([plan, turns]) => turns.map((_, turn) => `${plan} ${turn}`))
    .sort();

/** Approves the commands, answers what is asked, waits for the end, and accepts what is offered. */
async function runToItsEnd(bench: Bench, proof: Proof, stops: string[]): Promise<void> {
  const { runs } = bench;
  const template = builtInTemplates.find(({ id }) => id === proof.template)!;
  const { melody, problems, findings } = instantiate(template, proof.values);
  assert.ok(melody, JSON.stringify([problems, findings]));
  const { commands } = await runs.melodyPreview(melody);
  const run = await runs.melodyRun(ctx, { melody, approved: commands.map(({ hash }) => hash) });
  for (;;) {
    if (stops.length > 0 && bench.asked.includes(stops[0]!)) {
      stops.shift();
      await bench.restart();
    }
    const { summary } = await bench.runs.runShow({ run });
    if (summary.state === 'completed') break;
    for (const { id } of summary.questions) {
      const answer = proof.answers?.[id.split('/')[0]!];
      assert.ok(answer !== undefined, `nobody answers ${id}: ${JSON.stringify(summary.questions)}`);
      await bench.runs.runAnswer({ run, question: id, answer });
    }
    assert.ok(summary.state === 'running' || summary.state === 'waiting', JSON.stringify(summary));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { summary } = await bench.runs.runShow({ run });
  assert.ok(summary.changeset, 'something is offered');
  const { files } = await bench.runs.reviewDecide(ctx, {
    changeset: summary.changeset,
    decision: 'accept',
    dirty: [],
  });
  assert.deepEqual(
    files.filter(({ result }) => result !== 'written').map(({ path }) => path),
    [],
  );
}
