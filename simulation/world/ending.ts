import { judge } from './people';
import type { World } from './world';

/** With no fault left, a run that does not go on must wait for something that has a name. */
export function sayWhatRunsWaitFor(world: World): void {
  for (const [run, model] of world.model.runs) {
    if (model.isOver || model.stage === 'paused' || model.questions.size > 0) continue;
    // What is still at work after an hour without faults hangs, and may hold a place others wait for.
    const sharesPlaces = world.plan.limits !== undefined;
    if (world.model.performances().some((one) => sharesPlaces || one.run === run)) continue;
    const nodes = [...model.nodes].map(([id, { state, attempt }]) => `${id} ${state} ${attempt}`);
    world.model.fail('waits for nothing', `${run} is ${model.stage}: ${nodes.join(', ')}`);
  }
}

/** People bring to an end what only they can: they answer, resume, and cancel what hangs. False when nothing is open. */
export function closeRuns(world: World): boolean {
  const { life } = world;
  if (!life?.engine) return false;
  const { engine } = life;
  let open = false;
  const refused = (wish: string) => (thrown: unknown) => judge(world, life, wish, thrown);
  for (const [run, model] of world.model.runs) {
    if (model.isOver) continue;
    open = true;
    if (model.stage === 'paused') engine.command(run, 'resume').catch(refused('resume'));
    for (const id of model.questions.keys()) engine.answer(run, id, 'yes').catch(refused('answer'));
    const hangs = world.model.performances().some((one) => one.run === run) && model.questions.size === 0;
    if (hangs && model.stage === 'running') engine.command(run, 'cancel').catch(refused('cancel'));
  }
  return open;
}
