import { strict as assert } from 'node:assert';
import type { RecordedEvent, RunEvent } from '../../../schemas';
import { foldAll } from '../../../server/engine';
import { auditCsv, auditEntry, concerns, passes, type AuditFilter } from '../../../server/runs/audit';
import { createdWith, recordedAs, workflowOf } from '../engine/support';

const events: RunEvent[] = [
  createdWith(workflowOf({ a: '', b: 'a' })),
  { type: 'NodeStarted', node: 'a', attempt: 1 },
  { type: 'NodeCompleted', node: 'a', attempt: 1, output: '=1+1,"x"' },
  { type: 'RunPaused', reason: 'lunch' },
  { type: 'RunResumed' },
  { type: 'NodeSkipped', node: 'b', reason: 'person' },
  { type: 'RunCompleted' },
];
const recorded = recordedAs('run', events);

describe('the audit of a run', () => {
  it('says of every event who did it and what it made of what', () =>
    assert.deepEqual(
      recorded.map(auditEntry).map(({ actor, node, becomes }) => [actor, node, becomes]),
      [
        ['person', null, 'running'],
        ['symphony', 'a', 'running'],
        ['symphony', 'a', 'completed'],
        ['person', null, 'paused'],
        ['person', null, 'running'],
        ['person', 'b', 'skipped'],
        ['symphony', null, 'completed'],
      ],
    ));

  it('names the trigger that started a run, and the node an answer is for', () => {
    const trigger = { ...createdWith(workflowOf({})), trigger: { id: 'nightly', on: 'cron' } } as RunEvent;
    const answer: RunEvent = { type: 'QuestionAnswered', question: 'loop[2]/ask/1/value', answer: 'ok' };
    const [first, second] = recordedAs('run', [trigger, answer]).map(auditEntry);
    assert.equal(first!.actor, 'trigger nightly');
    assert.equal(second!.node, 'loop[2]/ask');
    assert.ok(concerns(answer, 'loop'), 'what is inside a group concerns it');
    assert.ok(!concerns(answer, 'loo'));
  });

  it('is filtered by time, kind, node and actor', () => {
    const check = (filter: AuditFilter, expected: number[]) =>
      assert.deepEqual(
        recorded.filter((one) => passes(one, filter)).map(({ seq }) => seq),
        expected,
        JSON.stringify(filter),
      );
    check({}, [1, 2, 3, 4, 5, 6, 7]);
    check({ from: 3, to: 4 }, [3, 4]);
    check({ types: ['RunPaused', 'RunResumed'] }, [4, 5]);
    check({ node: 'a' }, [2, 3]);
    check({ actor: 'person', from: 2 }, [4, 5, 6]);
  });

  it('as JSON holds everything: the run is folded from it', () => {
    const text = JSON.stringify(recorded.map(auditEntry));
    const back = foldAll(JSON.parse(text) as RecordedEvent[])!;
    assert.equal(back.state, 'completed');
    assert.equal(back.nodes.get('a')!.output, '=1+1,"x"');
  });

  it('as CSV is quoted, and no cell is a formula', () => {
    const evil = ['=cmd|’/C calc’!A0', '+1', '-1', '@SUM(1)', '\t=1', ' =1', 'a"b,c\nd'];
    const nasty = evil.map((node): RunEvent => ({ type: 'NodeStarted', node, attempt: 1 }));
    const csv = auditCsv(recordedAs('=run', nasty).map(auditEntry), true);
    const rows = parseCsv(csv);
    assert.deepEqual(rows[0], [
      'time',
      'run',
      'seq',
      'position',
      'actor',
      'event',
      'node',
      'becomes',
      'detail',
    ]);
    for (const row of rows.slice(1))
      for (const cell of row) assert.doesNotMatch(cell, /^\s*[=+\-@]/, 'begins like a formula');
    assert.deepEqual(
      rows.slice(1).map((row) => row[6]!.replace(/^'/, '')),
      evil,
      'and what stands there is not changed otherwise',
    );
    assert.equal(rows[1]![0], '1970-01-01T00:00:00.001Z');
  });
});

/** A second opinion on RFC 4180. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let found = cells.exec(text); found; found = cells.exec(text)) {
    rows.at(-1)!.push(found[1]?.replaceAll('""', '"') ?? found[2]!);
    if (found[3] === '\r\n') rows.push([]);
  }
  assert.equal(rows.pop()!.length, 0);
  return rows;
}
