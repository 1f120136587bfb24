import { strict as assert } from 'node:assert';
import type { Code } from '../../../schemas/codes';
import type { Template } from '../../../schemas/template';
import type { ProblemError } from '../../../server/base';
import {
  TemplateLibrary,
  builtInTemplates,
  readTemplate,
  type TemplateQuery,
} from '../../../server/templates';
import { parameter, templateOf } from './make';

const fileOf = (template: unknown, file = 'a.template.json') => ({ file, text: JSON.stringify(template) });
const of = (id: string, version = '1.0.0', more: Partial<Template> = {}) =>
  templateOf([], { id, version, ...more });

/** Codes and lines of what reading a text finds. */
function check(what: string, text: string, expected: readonly string[]): void {
  it(`${what}: ${expected.join(', ') || 'nothing'}`, () => {
    const { template, findings } = readTemplate({ file: 'a.template.json', text });
    assert.deepEqual(
      findings.map(({ problem, place }) => `${problem.code.replace(/^template\./, '')} ${place.line}`),
      expected,
    );
    assert.equal(template === undefined, expected.length > 0);
  });
}

const text = (template: unknown) => JSON.stringify(template, null, 1);

describe('a template file', () => {
  check('good', `// with a comment\n${text(templateOf([parameter('text')]))}`, []);
  check('empty', '', ['melody.empty 0']);
  check('cut', '{"format": 1,', ['melody.syntax 1', 'melody.syntax 1', 'melody.syntax 1']);
  check('no object', '[]', ['malformed 1']);
  check('a key that stands twice', '{\n"format": 1,\n"format": 1}', ['melody.keyTwice 3']);
  check('__proto__', '{"__proto__": {}}', ['melody.keyForbidden 1']);
  check('deep', `${'['.repeat(100_000)}`, ['melody.tooDeep 1']);
  check('of a later format', text({ ...of('a'), format: 2 }), ['malformed 2']);
  check('a version that is none', text(of('a', '1.0')), ['malformed 6']);
  check('an id that is none', text(of('A b')), ['malformed 3']);
  check('two parameters of one name', text(templateOf([parameter('text'), parameter('text')])), [
    'parameterTwice 14',
  ]);
  check(
    'a placeholder for nothing',
    text({ ...of('a'), placeholders: [{ parameter: 'y', path: ['name'] }] }),
    ['placeholderUnknown 10'],
  );
  check(
    'a placeholder that leads nowhere',
    text({
      ...templateOf([parameter('text')]),
      placeholders: [{ parameter: 'x', path: ['nodes', { id: 'no' }, 'a'] }],
    }),
    ['placeholderNowhere 17'],
  );
  check('a default that does not fit', text(templateOf([parameter('integer', { default: 'a' })])), [
    'default 12',
  ]);
  check('a pattern that is none', text(templateOf([parameter('text', { constraints: { pattern: '(' } })])), [
    'pattern 13',
  ]);

  it('is what a built-in template would be as a file', () => {
    for (const template of builtInTemplates) {
      const { template: read, findings } = readTemplate(fileOf(template));
      assert.deepEqual(findings, []);
      assert.deepEqual(read, template);
    }
  });
});

describe('the library', () => {
  const refusal = (act: () => unknown): Code | undefined => {
    try {
      act();
      return undefined;
    } catch (thrown) {
      return (thrown as ProblemError).problem.code;
    }
  };

  it('chooses versions: exact, caret, range, newest', () => {
    const user = ['1.0.0', '1.4.2', '2.0.0-beta.1', '2.1.0'].map((version) =>
      fileOf(of('a', version), `${version}.template.json`),
    );
    const library = new TemplateLibrary({ builtIn: [], user });
    const chosen = (range?: string) => library.get('a', range).version;
    assert.deepEqual(library.findings, []);
    assert.deepEqual(library.versions('a'), ['2.1.0', '2.0.0-beta.1', '1.4.2', '1.0.0']);
    assert.equal(chosen(), '2.1.0');
    assert.equal(chosen('1.0.0'), '1.0.0');
    assert.equal(chosen('^1.0.0'), '1.4.2');
    assert.equal(chosen('>=1 <3'), '2.1.0');
    assert.equal(chosen('2.0.0-beta.1'), '2.0.0-beta.1');
    assert.equal(
      refusal(() => library.get('a', '^3')),
      'template.versionUnknown',
    );
    assert.equal(
      refusal(() => library.get('a', 'newest')),
      'template.versionUnknown',
    );
    assert.equal(
      refusal(() => library.get('b')),
      'template.unknown',
    );
  });

  it('lets nobody take the id of a built-in template, nor a workspace that of the user', () => {
    const library = new TemplateLibrary({
      builtIn: [of('a')],
      user: [fileOf(of('a', '9.0.0'), 'mine'), fileOf(of('b'), 'b')],
      workspace: [fileOf(of('b', '9.0.0'), 'theirs'), fileOf(of('c'), 'c')],
    });
    assert.deepEqual(
      library.findings.map(({ problem, place }) => [problem.code, place.file]),
      [
        ['template.idTaken', 'mine'],
        ['template.idTaken', 'theirs'],
      ],
    );
    assert.deepEqual(
      library.list().map(({ id, version, origin }) => [id, version, origin]),
      [
        ['a', '1.0.0', 'builtIn'],
        ['b', '1.0.0', 'user'],
        ['c', '1.0.0', 'workspace'],
      ],
    );
  });

  it('keeps what is good beside what is not', () => {
    const user = [fileOf(of('a')), { file: 'broken', text: '{' }, fileOf(of('a'), 'twice')];
    const library = new TemplateLibrary({ builtIn: [], user });
    assert.deepEqual(library.findings.map(({ problem }) => problem.code).sort(), [
      'melody.syntax',
      'template.versionTwice',
    ]);
    assert.equal(library.list().length, 1);
  });

  describe('searched', () => {
    const library = new TemplateLibrary({ builtIn: builtInTemplates });
    const found = (query: TemplateQuery) => library.search(query).templates.map(({ id }) => id);

    it('puts what is named so before what speaks of it', () => {
      assert.equal(found({ text: 'review' })[0], 'review');
      assert.equal(found({ text: 'security' })[0], 'security-hardening');
      assert.equal(found({ text: 'failing test' })[0], 'bug-fix');
      assert.equal(found({ text: 'dependencies' })[0], 'dependency-update');
    });
    it('understands beginnings and slips', () => {
      assert.ok(found({ text: 'refact' }).includes('refactoring'));
      assert.ok(found({ text: 'perfomance' }).includes('performance'));
    });
    it('by tags, category and author', () => {
      assert.deepEqual(found({ tags: ['docs', 'API'] }), ['api-docs']);
      assert.deepEqual(found({ category: 'planning' }), ['gsd-phase']);
      assert.deepEqual(found({ author: 'nobody' }), []);
    });
    it('gives pages', () => {
      const all = found({});
      assert.equal(all.length, builtInTemplates.length);
      assert.deepEqual([...found({ limit: 5 }), ...found({ offset: 5 })], all);
      assert.equal(library.search({ limit: 1 }).total, all.length);
    });
    it('answers among 1,000 in less than 100 ms', () => {
      const words = ['alpha', 'beta', 'gamma', 'delta', 'review', 'deploy', 'migrate', 'format'];
      const many = Array.from({ length: 1000 }, (_, at) =>
        fileOf(
          of(`t-${at}`, '1.0.0', {
            name: `${words[at % 8]} ${words[(at >> 3) % 8]} ${at}`,
            description: `Does ${words[(at >> 5) % 8]} for everyone who needs it.`,
            tags: [words[(at >> 2) % 8]!],
          }),
          `${at}.template.json`,
        ),
      );
      const large = new TemplateLibrary({ builtIn: builtInTemplates, user: many });
      assert.equal(large.list().length, 1000 + builtInTemplates.length);
      for (const query of [
        { text: 'review' },
        { text: 'alpha gamma' },
        { text: 'migrte' },
        { tags: ['beta'] },
        {},
      ]) {
        const began = performance.now();
        const { total } = large.search(query);
        const took = performance.now() - began;
        assert.ok(total > 0 && took < 100, `${JSON.stringify(query)}: ${total} in ${took} ms`);
      }
    });
  });
});
