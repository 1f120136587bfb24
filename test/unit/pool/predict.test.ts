import { strict as assert } from 'node:assert';
import { Habits } from '../../../server/pool';

const hour = 3_600_000;
const day = 24 * hour;

describe('habits', () => {
  it('foretell what is used at this time of the day', () => {
    const habits = new Habits();
    for (let i = 0; i < 10; i++) {
      habits.used('morning', i * day + 9 * hour, 'x');
      if (i % 2 === 0) habits.used('lunch', i * day + 12 * hour, 'x');
    }
    assert.deepEqual(habits.byTime(10 * day + 9 * hour), [{ resource: 'morning', probability: 1 }]);
    assert.deepEqual(habits.byTime(10 * day + 12 * hour), [{ resource: 'lunch', probability: 0.5 }]);
    assert.deepEqual(habits.byTime(10 * day + 3 * hour), []);
  });

  it('foretell what follows, and say nothing where they know nothing', () => {
    const habits = new Habits();
    for (let i = 0; i < 4; i++) habits.used(i === 0 ? 'c' : 'b', i, 'w\na');
    assert.deepEqual(habits.bySuccession('w\na'), [
      { resource: 'c', probability: 0.25 },
      { resource: 'b', probability: 0.75 },
    ]);
    assert.deepEqual(habits.bySuccession('other'), []);
    assert.deepEqual(new Habits(habits.record()).bySuccession('w\na'), habits.bySuccession('w\na'));
  });

  it('stay small', () => {
    const habits = new Habits();
    for (let i = 0; i < 5000; i++) habits.used(`r${i % 300}`, i * hour, `w${i % 2000}`);
    const text = JSON.stringify(habits.record());
    assert.ok(text.length < 100_000, `${text.length} bytes`);
  });
});
