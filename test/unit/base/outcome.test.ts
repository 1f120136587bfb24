import { strict as assert } from 'node:assert';
import { problem, problemOf } from '../../../server/base';
import type { Problem } from '../../../schemas/codes';

const check = (thrown: unknown, expected: Problem): void => assert.deepEqual(problemOf(thrown), expected);
const systemError = (code: string, path?: string): Error =>
  Object.assign(new Error(`${code}: cannot write`), { code, ...(path === undefined ? {} : { path }) });

describe('what was thrown, as a problem', () => {
  it('is the problem it carries', () => check(problem('model.none'), { code: 'model.none', args: {} }));

  it('names a full disk, whoever met it', () => {
    check(systemError('ENOSPC', '/data/journal'), { code: 'data.diskFull', args: { path: '/data/journal' } });
    check(systemError('EDQUOT'), { code: 'data.diskFull', args: { path: 'the data folder' } });
  });

  it('is unexpected otherwise', () =>
    check(systemError('EIO'), { code: 'internal.unexpected', args: { detail: 'EIO: cannot write' } }));
});
