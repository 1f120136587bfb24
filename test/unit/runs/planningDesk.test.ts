import { strict as assert } from 'node:assert';
import { silentLog } from '../../../server/base';
import { PlanningDesk } from '../../../server/runs/planningDesk';
import type { PlanningFiles } from '../../../server/planning';

describe('the planning desk', () => {
  it('never reads twice at once, and shares a reading that has not begun', async () => {
    let [under, most, begun] = [0, 0, 0];
    const files: PlanningFiles = {
      list: async () => {
        begun += 1;
        most = Math.max(most, ++under);
        await new Promise((resolve) => setTimeout(resolve, 5));
        under -= 1;
        return ['.planning/ROADMAP.md'];
      },
      read: async () => new TextEncoder().encode('# Roadmap\n\n### Phase 1: One\n'),
    };
    // Without a folder to watch, every question reads again.
    const desk = new PlanningDesk('/nowhere/at/all', files, silentLog);
    await desk.current();
    await new Promise((resolve) => setTimeout(resolve, 20));
    begun = 0;
    const asked: ReturnType<PlanningDesk['current']>[] = [];
    for (let question = 0; question < 8; question++) {
      asked.push(desk.current());
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const views = (await Promise.all(asked)).map(({ view }) => view);
    assert.equal(most, 1);
    assert.ok(begun > 1 && begun < 8, `${begun} readings`);
    assert.ok(views.every((view) => view.milestones[0]?.phases[0]?.name === 'One'));
    assert.deepEqual(new Set(views.map((view) => view.revision)), new Set([1]));
    desk.dispose();
  });
});
