import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { RunStage } from '../../../schemas/failure';
import { isFinal } from '../../../server/engine';
import {
  defaultFailureTables as tables,
  respondTo,
  stageOf,
  type Failure,
  type Response,
} from '../../../server/engine/failure';

const base: Failure = {
  problem: { code: 'model.serverError', args: {} },
  stage: 'start',
  failures: 1,
  resumptions: 0,
};

/** What is done about a node's failures one after the other, until it is no try any more. */
function course(failure: Partial<Failure>): string[] {
  const steps: string[] = [];
  for (let failures = 1; failures < 50; failures++) {
    const response = respondTo({ ...base, ...failure, failures }, tables);
    steps.push(inWords(response));
    if (response.do !== 'retry') return steps;
  }
  throw new Error(`no end: ${steps.join(', ')}`);
}

function inWords(response: Response): string {
  switch (response.do) {
    case 'retry':
      return response.variation;
    case 'fallback':
      return `fallback ${response.node}`;
    case 'substitute':
      return `substitute ${JSON.stringify(response.value)}`;
    case 'skip':
      return response.warn ? 'skip and warn' : 'skip';
    case 'ask':
      return `ask ${response.choices.join('/')}`;
    case 'fail':
      return 'fail';
  }
}

describe('failure policy: what is done about a failure', () => {
  const check = (failure: Partial<Failure>, expected: string): void =>
    assert.equal(course(failure).join(', '), expected);
  const final = { code: 'model.noKey', args: {} } as const;

  it('answers by stage and score where the workflow states nothing', () => {
    check({ score: 90, stage: 'start' }, 'same, reduced, minimal, ask retry/skip/fail');
    check(
      { score: 90, stage: 'middle' },
      'same, simplified, chunked, alternative, minimal, ask retry/keepPartial/skip/fail',
    );
    check(
      { score: 75, stage: 'end' },
      'same, reduced, simplified, chunked, alternative, minimal, ask retry/keepPartial/skip/fail',
    );
    check({ score: 74 }, 'same, skip and warn');
    check({ score: 45, stage: 'end' }, 'same, skip and warn');
    check({ score: 44 }, 'skip');
  });

  it('takes a stated substitute after the tries, the standby node first', () => {
    check({ score: 90, fallback: { node: 'b', value: 1 } }, 'same, reduced, minimal, fallback b');
    check({ score: 90, fallback: { value: null } }, 'same, reduced, minimal, substitute null');
    check({ score: 50, fallback: { node: 'b' } }, 'same, fallback b');
    check({ score: 10, fallback: { value: 0 } }, 'substitute 0');
  });

  it('lets what the workflow states go before the tables', () => {
    check({ score: 90, retry: { tries: 2 } }, 'same, ask retry/skip/fail');
    check({ score: 10, retry: { tries: 3 } }, 'same, same, skip');
    check({ score: 90, retry: { tries: 1 }, skip: true }, 'skip');
    check({ score: 50, retry: { tries: 1 }, fallback: { node: 'b' }, skip: true }, 'fallback b');
  });

  it('fails a node for which nobody states anything', () => {
    check({}, 'fail');
    check({ retry: { tries: 3 } }, 'same, same, fail');
    check({ fallback: { node: 'b' } }, 'fallback b');
    check({ skip: true }, 'skip');
  });

  it('does not try again what a further try would meet again', () => {
    check({ problem: final, score: 90 }, 'ask retry/skip/fail');
    check({ problem: final, score: 90, retry: { tries: 5 }, fallback: { node: 'b' } }, 'fallback b');
    check({ problem: final, score: 50 }, 'skip and warn');
    check({ problem: { code: 'run.crashLoop', args: {} }, score: 90 }, 'ask retry/skip/fail');
    check({ problem: { code: 'run.dispatchCap', args: {} }, retry: { tries: 20 } }, 'fail');
  });

  it('leaves what was cancelled alone', () => {
    const problem = { code: 'cancelled', args: {} } as const;
    check({ problem, score: 90, retry: { tries: 5 }, fallback: { node: 'b' }, skip: true }, 'fail');
  });

  it('ends for every failure, and never retries a final problem', () => {
    const failure = fc.record({
      problem: fc.constantFrom(base.problem, final, { code: 'verify.failed', args: {} } as const),
      score: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
      stage: fc.constantFrom<RunStage>('start', 'middle', 'end'),
      retry: fc.option(fc.record({ tries: fc.integer({ min: 1, max: 20 }) }), { nil: undefined }),
      resumptions: fc.nat(5),
    });
    fc.assert(
      fc.property(failure, (given) => {
        const steps = course(given);
        if (isFinal(given.problem)) assert.equal(steps.length, 1);
        if (given.retry && !isFinal(given.problem)) assert.equal(steps.length, given.retry.tries);
      }),
    );
  });
});

describe('failure policy: pauses and stages', () => {
  it('pauses as the workflow states, and longer after an attempt outlived its process', () => {
    const pauses = (failure: Partial<Failure>): number[] =>
      [1, 2, 3].map((failures) => {
        const response = respondTo({ ...base, score: 90, ...failure, failures }, tables);
        return response.do === 'retry' ? response.pauseMs : 0;
      });
    assert.deepEqual(pauses({}), [1000, 2000, 4000]);
    assert.deepEqual(pauses({ resumptions: 2 }), [4000, 8000, 16_000]);
    const retry = { tries: 9, backoff: 'linear', seconds: 5, mostSeconds: 12 } as const;
    assert.deepEqual(pauses({ retry }), [5000, 10_000, 12_000]);
  });

  it('tells the stage from the nodes done', () => {
    const stages = [0, 3, 4, 6, 7, 10].map((done) => stageOf(done, 10, tables.responses));
    assert.deepEqual(stages, ['start', 'start', 'middle', 'middle', 'end', 'end']);
    assert.equal(stageOf(0, 0, tables.responses), 'start');
  });
});
