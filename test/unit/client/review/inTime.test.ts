import { strict as assert } from 'node:assert';
import { inTime } from '../../../../client/review/inTime';

// Pitfall 6: a workbench that hangs, or a preview that fails, must not hold up a decision.
describe('waiting for the workbench', () => {
  it('hands on what a command answers', async () => {
    assert.equal(await inTime(Promise.resolve(7)), 7);
  });

  it('stops waiting for one that hangs, also where it fails later', async () => {
    const later = new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 30));
    assert.equal(await inTime(later, 5), undefined);
    await new Promise((resolve) => setTimeout(resolve, 40));
  });

  it('hands on a failure in time', async () => {
    await assert.rejects(inTime(Promise.reject(new Error('at once'))), /at once/);
  });
});
