import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { Parameter, Placeholder } from '../../../schemas/template';
import type { Json } from '../../../server/base';
import {
  builtInTemplates,
  draftTemplate,
  instantiate,
  readTemplate,
  type Values,
} from '../../../server/templates';
import { parameter, templateOf } from './make';

/** What a value of a parameter comes to: `code` of its problem without `template.`, or the value where it went. */
function check(what: string, one: Parameter, value: Json | undefined, expected: Json): void {
  it(`${one.type}: ${what}`, () => {
    const values: Values = value === undefined ? {} : { x: value };
    const { melody, problems } = instantiate(templateOf([one]), values);
    assert.ok(problems.length <= 1);
    const config = (melody?.nodes[0] as { config?: { x?: Json } } | undefined)?.config;
    assert.deepEqual(problems[0]?.problem.code.replace('template.', '') ?? config?.x ?? null, expected);
  });
}

describe('values of parameters', () => {
  check('is taken', parameter('text'), 'a', 'a');
  check('a number is none', parameter('text'), 1, 'valueType');
  check('missing though required', parameter('text', { required: true }), undefined, 'valueMissing');
  check('missing', parameter('text'), undefined, null);
  check('null is missing', parameter('text', { required: true }), null, 'valueMissing');
  check('the default', parameter('text', { default: 'd' }), undefined, 'd');
  check('too short', parameter('text', { constraints: { minLength: 2 } }), 'a', 'valueShort');
  check('too long', parameter('text', { constraints: { maxLength: 2 } }), 'abc', 'valueLong');
  check(
    'does not fit the pattern',
    parameter('text', { constraints: { pattern: '[a-z]+' } }),
    'aB',
    'valuePattern',
  );
  check('fits the pattern', parameter('text', { constraints: { pattern: '[a-z]+' } }), 'ab', 'ab');
  check('whole', parameter('integer'), 3, 3);
  check('broken', parameter('integer'), 3.5, 'valueType');
  check('too small', parameter('integer', { constraints: { min: 1 } }), 0, 'valueSmall');
  check('too great', parameter('number', { constraints: { max: 1 } }), 1.5, 'valueGreat');
  check('no number', parameter('number'), '1', 'valueType');
  check('true', parameter('boolean'), true, true);
  check('a text is none', parameter('boolean'), 'true', 'valueType');
  check('a choice', parameter('enum', { constraints: { oneOf: ['a', 'b'] } }), 'b', 'b');
  check('no choice', parameter('enum', { constraints: { oneOf: ['a', 'b'] } }), 'c', 'valueOneOf');
  check('of texts', parameter('list'), ['a'], ['a']);
  check('of other things', parameter('list'), ['a', 1], 'valueType');
  check('of whole numbers', parameter('list', { items: 'integer' }), [1.5], 'valueType');
  check('too few', parameter('list', { constraints: { minItems: 1 } }), [], 'valueFew');
  check('too many', parameter('list', { constraints: { maxItems: 1 } }), ['a', 'b'], 'valueMany');
  check('one is no choice', parameter('list', { constraints: { oneOf: ['a'] } }), ['a', 'b'], 'valueOneOf');
  check('is taken', parameter('object'), { a: 1 }, { a: 1 });
  check('a list is none', parameter('object'), [], 'valueType');
  check('with a provider', parameter('model'), 'anthropic/claude', 'anthropic/claude');
  check('the run’s own', parameter('model'), 'default', 'default');
  check('without a provider', parameter('model'), 'claude', 'valueType');
  check('below the folder', parameter('path'), 'src/a.ts', 'src/a.ts');
  check('that climbs out', parameter('path'), '../a', 'valueType');
  check('absolute', parameter('path'), '/etc/passwd', 'valueType');
  check('over outputs', parameter('expression'), 'size(outputs.a) > 0', 'size(outputs.a) > 0');
  check('broken', parameter('expression'), 'size(', 'valueExpression');

  it('are each told, one problem at most', () => {
    const template = templateOf([
      parameter('text', { name: 'a', required: true }),
      parameter('integer', { name: 'b', constraints: { min: 1, max: 0 } }),
      parameter('text', { name: 'c', default: 'kept' }),
    ]);
    const { problems, defaults, melody } = instantiate(template, { b: 0, d: 1, toString: 2 });
    assert.deepEqual(
      problems.map(({ parameter: name, problem }) => [name, problem.code]),
      [
        ['a', 'template.valueMissing'],
        ['b', 'template.valueSmall'],
        ['d', 'template.valueUnknown'],
        ['toString', 'template.valueUnknown'],
      ],
    );
    assert.deepEqual(defaults, { c: 'kept' });
    assert.equal(melody, undefined);
  });

  it('take no time to speak of, whatever the pattern', () => {
    const one = parameter('text', { constraints: { pattern: '(a+)+b' } });
    const began = performance.now();
    const { problems } = instantiate(templateOf([one]), { x: 'a'.repeat(5000) });
    assert.equal(problems[0]?.problem.code, 'template.valuePattern');
    assert.ok(performance.now() - began < 1000);
  });
});

describe('placeholders', () => {
  const place = (path: Placeholder['path'], transform?: Placeholder['transform']) => {
    const template = templateOf([parameter('list')], {
      placeholders: [{ parameter: 'x', path, ...(transform === undefined ? {} : { transform }) }],
    });
    return instantiate(template, { x: ['b', 'a'] });
  };
  const config = ['nodes', { id: 'work' }, 'config', 'commands'] as const;
  const landed = (made: ReturnType<typeof place>) =>
    (made.melody?.nodes[0] as { config?: { commands?: Json } } | undefined)?.config?.commands;

  it('find nodes by id, by index and by name', () => {
    assert.deepEqual(landed(place([...config])), ['b', 'a']);
    assert.deepEqual(landed(place(['nodes', 0, 'config', 'commands'])), ['b', 'a']);
  });

  it('transform values on their way', () => {
    assert.deepEqual(landed(place([...config], { op: 'map', each: 'item + "!"' })), ['b!', 'a!']);
    assert.deepEqual(landed(place([...config], { op: 'filter', keep: 'item != "b"' })), ['a']);
    assert.deepEqual(landed(place([...config], { op: 'value', of: '[item[0]]' })), ['b']);
    assert.deepEqual(landed(place([...config], { op: 'pick', path: [1] })), 'a');
    assert.deepEqual(landed(place([...config], { op: 'reduce', initial: '', next: 'total + item' })), 'ba');
    assert.deepEqual(landed(place([...config], { op: 'flatten' })), ['b', 'a']);
  });

  it('that lead nowhere are told, and nothing is reached through them', () => {
    for (const path of [
      ['nodes', { id: 'none' }, 'config'],
      ['nodes', 1],
      ['nope', 'a'],
      ['__proto__', 'polluted'],
      ['constructor', 'prototype', 'polluted'],
    ] satisfies Placeholder['path'][])
      assert.equal(place(path).problems[0]?.problem.code, 'template.valueTransform', JSON.stringify(path));
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('that break the Melody are found by its rules', () => {
    const { melody, findings } = place(['nodes', { id: 'work' }, 'operator']);
    assert.equal(melody, undefined);
    assert.equal(findings[0]?.problem.code, 'melody.malformed');
  });

  it('put any JSON where it belongs, and share nothing', () =>
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), (value) => {
        const given = value as { readonly [key: string]: Json };
        const before = JSON.stringify(given);
        const template = templateOf([parameter('object')]);
        const made = instantiate(template, { x: given });
        const again = instantiate(template, { x: given });
        assert.deepEqual(made, again);
        assert.equal(JSON.stringify(given), before);
        assert.deepEqual(template.melody['nodes'], templateOf([]).melody['nodes']);
        if (made.melody === undefined) return;
        const put = (made.melody.nodes[0] as unknown as { config: { x: Json } }).config.x;
        assert.notEqual(put, given);
        assert.deepEqual(put, JSON.parse(before));
      }),
      { numRuns: 200 },
    ));
});

describe('a Melody made of a template', () => {
  it('is the same for the same values', () => {
    const [template] = builtInTemplates;
    assert.deepEqual(instantiate(template!, {}), instantiate(template!, {}));
  });

  it('has a budget where a person gave one', () => {
    const [template] = builtInTemplates;
    assert.deepEqual(instantiate(template!, { budget: 2.5 }).melody?.policy?.budget, { usd: 2.5 });
    assert.equal(instantiate(template!, {}).melody?.policy?.budget, undefined);
  });
});

describe('a template drafted of a Melody', () => {
  it('asks for its inputs, and gives it back with their values', () => {
    const [template] = builtInTemplates;
    const { melody } = instantiate(template!, {});
    assert.ok(melody);
    const drafted = draftTemplate(melody, { id: 'mine', name: 'Mine', description: 'My own.' });
    assert.deepEqual(readTemplate({ file: 'mine', text: JSON.stringify(drafted) }).findings, []);
    assert.deepEqual(instantiate(drafted, {}).melody, melody);
    const inputs = melody.nodes.filter(({ kind }) => kind === 'input').map(({ id }) => id);
    assert.deepEqual(
      drafted.parameters.map(({ name }) => name),
      inputs,
    );
  });

  it('gives every input a name of its own', () => {
    const { melody } = instantiate(templateOf([]), {});
    const nodes = ['a.b', 'a/b', '9', '_'].map((id) => ({ id, kind: 'input', type: 'text' }) as const);
    const drafted = draftTemplate(
      { ...melody!, nodes },
      { id: 'mine', name: 'Mine', description: 'My own.' },
    );
    assert.deepEqual(
      drafted.parameters.map(({ name }) => name),
      ['aB', 'aB2', 'value', 'value2'],
    );
    assert.ok(drafted.parameters.every(({ required }) => required));
  });
});
