import { ProblemError } from '../../server/base';
import type { Dice } from '../dice';
import type { Life } from './life';
import { enriched } from './rich';
import { randomWorkflow } from './workflows';
import type { World } from './world';

type Sometime = (work: () => void) => void;

/** Starts the seed's runs at moments of its own; a start that was not acknowledged is tried again. */
export function startRuns(world: World, sometime: Sometime): void {
  const dice = world.dice.fork('runs');
  for (let i = 0; i < world.plan.runs; i++) {
    const title = `R${i}`;
    const plain = randomWorkflow(dice, title, world.plan.mostNodes);
    const workflow = world.plan.isRich ? enriched(dice, plain) : plain;
    let tries = 20;
    const later = (): void => {
      if (tries-- > 0) world.time.after(dice.between(10, 1000), world, start);
    };
    const start = (): void => {
      const { life } = world;
      if (!life?.engine) return later();
      let settled = false;
      life.engine.start({ title, kind: 'melody', workflow, facts: {} }).then(
        (run) => {
          settled = true;
          if (!world.model.runs.has(run)) world.model.fail('acknowledged event lost', `the start of ${run}`);
        },
        (thrown: unknown) => {
          settled = true;
          judge(world, life, 'start', thrown);
          later();
        },
      );
      // A process that died answers nobody: whoever asked tries again.
      world.time.after(2_000, world, () => {
        if (!settled && !life.isAlive()) later();
      });
    };
    if (i === 0) world.time.after(1, world, start);
    else sometime(start);
  }
}

/** People command, answer and decide at moments of their own. */
export function letPeopleAct(world: World, sometime: Sometime): void {
  const dice = world.dice.fork('people');
  for (let i = dice.between(1, 8); i > 0; i--) sometime(() => world.life && act(world, world.life, dice));
}

const wishes = [
  'pause',
  'resume',
  'resume',
  'cancel',
  'retry',
  'retryNode',
  'skip',
  'edit',
  'fork',
  'answer',
  'answer',
  'decide',
] as const;

function act(world: World, life: Life, dice: Dice): void {
  const { engine } = life;
  const runs = engine?.runs() ?? [];
  if (!engine || runs.length === 0) return;
  const { run, questions, nodes } = dice.pick(runs);
  const wish = dice.pick(wishes);
  const node = dice.pick([...nodes.keys()]);
  world.note(life, `a person: ${wish} ${run}`);
  const model = world.model.runs.get(run);
  const expect = (what: string, holds: boolean) => {
    if (life.isAlive() && !holds) world.model.fail('acknowledged event lost', `${wish} of ${run}: ${what}`);
  };
  switch (wish) {
    case 'answer': {
      const open = questions[0];
      if (!open) return;
      const { id, choices } = open.question;
      engine.answer(run, id, dice.pick(choices)).then(
        () => expect('the question is open', !model?.questions.has(id)),
        (thrown: unknown) => judge(world, life, wish, thrown),
      );
      return;
    }
    case 'decide':
      engine
        .record(run, {
          type: 'FileDecided',
          changeset: 'changes',
          path: `file ${dice.upTo(2)}`,
          decision: 'rejected',
          written: null,
        })
        .then(undefined, (thrown: unknown) => judge(world, life, wish, thrown));
      return;
    case 'retryNode':
    case 'skip':
    case 'edit':
      engine
        .wish(
          run,
          wish === 'retryNode'
            ? { wish: 'retry', nodes: [node] }
            : wish === 'skip'
              ? { wish, node, output: { value: 'given' } }
              : { wish, node, params: { edited: dice.upTo(9) } },
        )
        .then(undefined, (thrown: unknown) => judge(world, life, wish, thrown));
      return;
    case 'fork':
      if (runs.length < 6)
        engine.fork(run, [node]).then(
          (made) => {
            if (!world.model.runs.has(made))
              world.model.fail('acknowledged event lost', `the start of ${made}`);
          },
          (thrown: unknown) => judge(world, life, wish, thrown),
        );
      return;
    default:
      engine.command(run, wish).then(
        () =>
          expect(
            `it is ${model?.stage}`,
            wish !== 'cancel' || model?.stage === 'cancelling' || model!.isOver,
          ),
        (thrown: unknown) => judge(world, life, wish, thrown),
      );
  }
}

/** Whether what a person was told is something a person may be told. */
export function judge(world: World, life: Life, wish: string, thrown: unknown): void {
  if (!life.isAlive()) return;
  world.note(life, `refused: ${wish}: ${String(thrown)}`);
  const isExpected =
    thrown instanceof ProblemError
      ? thrown.problem.code !== 'data.corrupt' && thrown.problem.code !== 'internal.unexpected'
      : world.hasFaultyDisk && /disk I\/O|EIO/.test(String(thrown));
  if (!isExpected) world.model.fail('unexpected problem', `${wish}: ${String(thrown)}`);
}
