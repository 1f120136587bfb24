import { strict as assert } from 'node:assert';
import type { MelodyBody, MelodyNode } from '../../../schemas/melody';
import { commandsOf, instructionFaults, instrumentConfig } from '../../../server/runs';
import { builtInTemplates, instantiate, type Values } from '../../../server/templates';

/** A value for each parameter a person must give. */
const required: Values = {
  request: 'A request',
  goal: 'A goal',
  measure: ['npm run bench'],
  packages: ['@scope/name@2', 'left-pad'],
  failing: ['npm test -- one'],
  phase: '1',
};

const nodesIn = (body: MelodyBody): MelodyNode[] =>
  body.nodes.flatMap((node) => ('body' in node ? [node, ...nodesIn(node.body)] : [node]));

describe('built-in templates', () => {
  it('are at least twelve, each with an id of its own', () => {
    assert.ok(builtInTemplates.length >= 12);
    assert.equal(new Set(builtInTemplates.map(({ id }) => id)).size, builtInTemplates.length);
  });

  for (const template of builtInTemplates)
    describe(template.id, () => {
      const values = Object.fromEntries(
        template.parameters.filter((one) => one.required).map(({ name }) => [name, required[name]!]),
      );
      const { melody, problems, findings, defaults } = instantiate(template, values);

      it('becomes a Melody without a finding, with its defaults', () => {
        assert.deepEqual([problems, findings], [[], []]);
        assert.ok(melody);
        const others = template.parameters.filter((one) => !one.required && one.default !== undefined);
        assert.deepEqual(Object.keys(defaults).sort(), others.map(({ name }) => name).sort());
      });

      it('says what it needs where a value is missing', () => {
        const missing = instantiate(template, {}).problems.map(({ parameter, problem }) => [
          parameter,
          problem.code,
        ]);
        assert.deepEqual(
          missing,
          Object.keys(values).map((name) => [name, 'template.valueMissing']),
        );
      });

      it('uses every parameter', () => {
        const placed = new Set(template.placeholders.map(({ parameter }) => parameter));
        assert.deepEqual(
          template.parameters.map(({ name }) => name).filter((name) => !placed.has(name)),
          [],
        );
      });

      it('has instruments that understand their config and speak of inputs they have', () => {
        assert.deepEqual(instructionFaults(melody!), []);
        for (const node of nodesIn(melody!))
          if (node.kind === 'instrument')
            assert.deepEqual(instrumentConfig.safeParse(node.config).error, undefined);
      });

      it('lists the commands it runs', () => {
        const given = template.parameters.flatMap(({ name, type }) =>
          type === 'list' && ['verify', 'lint', 'measure', 'failing', 'install'].includes(name)
            ? ((values[name] ?? defaults[name] ?? []) as string[])
            : [],
        );
        assert.deepEqual(commandsOf(melody!).sort(), [...new Set(given)].sort());
      });

      it('offers what it did for review, and changes nothing otherwise', () => {
        const operators = nodesIn(melody!).flatMap((node) =>
          node.kind === 'operator' ? [node.operator] : [],
        );
        assert.equal(operators.filter((operator) => operator === 'offer').length, 1);
      });
    });
});
