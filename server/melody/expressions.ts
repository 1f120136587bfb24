import { Environment, type ASTNode, type ParseResult } from '@marcbachmann/cel-js';
import { problem, type Json } from '../base';
import { instrumented } from './expressionBudget';

/** What an expression can speak of, by where it stands, and what it must give. */
export const scopes = {
  item: { names: { item: 'dyn' }, gives: 'value' },
  keep: { names: { item: 'dyn' }, gives: 'yes or no' },
  reduce: { names: { total: 'dyn', item: 'dyn' }, gives: 'value' },
  edge: { names: { outputs: 'map<string, dyn>' }, gives: 'yes or no' },
  branch: { names: { inputs: 'map<string, dyn>' }, gives: 'yes or no' },
  loop: {
    names: { inputs: 'map<string, dyn>', outputs: 'map<string, dyn>', iteration: 'int' },
    gives: 'yes or no',
  },
} as const;
export type Scope = keyof typeof scopes;

/** The steps one evaluation may take: each item a macro looks at, and each hundred characters or items it joins. */
export const mostSteps = 100_000;

/** What is wrong with an expression; `at` counts its characters from 0. */
export interface ExpressionFault {
  readonly detail: string;
  readonly at: number;
}

/** Names of ports an expression may use behind `inputs` and `outputs`; absent: any. */
export interface KnownPorts {
  readonly inputs?: ReadonlySet<string>;
  readonly outputs?: ReadonlySet<string>;
}

/** Understands an expression without evaluating it; undefined when it is good. */
export function checkExpression(
  text: string,
  scope: Scope,
  known: KnownPorts = {},
): ExpressionFault | undefined {
  let parsed: ParseResult;
  try {
    parsed = environments[scope].parse(text);
  } catch (thrown) {
    return faultOf(thrown);
  }
  const refused = refusedIn(parsed.ast, known);
  if (refused !== undefined) return refused;
  const { valid, type, error } = parsed.check();
  if (!valid) return faultOf(error);
  if (scopes[scope].gives === 'yes or no' && type !== 'bool' && type !== 'dyn')
    return { detail: `it gives ${type}, but yes or no is asked`, at: 0 };
  return undefined;
}

/** Steps that are left to spend; evaluations that belong together share one. */
export interface Purse {
  readonly most: number;
  left: number;
}
export const newPurse = (most: number = mostSteps): Purse => ({ most, left: most });

/** An expression understood once. Evaluating it takes steps out of the purse; throws like `evaluateExpression`. */
export type PreparedExpression = (values: Readonly<Record<string, Json>>, purse: Purse) => Json;

/**
 * Evaluates an expression within a budget of steps. Equal values give equal results; there is no clock, no
 * randomness and nothing of the program in reach. Throws `melody.expressionFailed` and `melody.expressionBudget`.
 */
export function evaluateExpression(
  text: string,
  scope: Scope,
  values: Readonly<Record<string, Json>>,
  budget = mostSteps,
): Json {
  return prepareExpression(text, scope)(values, newPurse(budget));
}

/** Understands an expression, to evaluate it often. Throws `melody.expressionFailed` where it is not good. */
export function prepareExpression(text: string, scope: Scope): PreparedExpression {
  const fault = checkExpression(text, scope);
  if (fault !== undefined)
    throw problem('melody.expressionFailed', { expression: text, detail: fault.detail });
  const meter = meterOf(scope);
  const counted = meter.environment.parse(instrumented(environments[scope].parse(text).ast));
  return (values, purse) => {
    const { left } = purse;
    // Being evaluated at all takes a step: lists of values are gone through with one purse.
    meter.spent = 1;
    meter.most = left;
    try {
      const result = jsonOf(counted(typed(scope, values)), 0, meter);
      // An error within any() and all() can be swallowed by the language; the budget cannot.
      if (meter.spent <= left) return result;
    } catch (thrown) {
      if (meter.spent <= left)
        throw problem(
          'melody.expressionFailed',
          { expression: text, detail: faultOf(thrown).detail },
          thrown,
        );
    } finally {
      purse.left = Math.max(0, left - meter.spent);
    }
    throw problem('melody.expressionBudget', { expression: text, most: purse.most });
  };
}

const limits = {
  maxAstNodes: 500,
  maxDepth: 40,
  maxListElements: 200,
  maxMapEntries: 200,
  maxCallArguments: 8,
};
const environments = Object.fromEntries(
  Object.keys(scopes).map((scope) => [scope, environmentOf(scope as Scope)]),
) as Readonly<Record<Scope, Environment>>;

/** Numbers of JSON have no kind; whole and broken ones mix as people expect. */
function environmentOf(scope: Scope, more = limits): Environment {
  const environment = new Environment({ limits: more, homogeneousAggregateLiterals: false });
  const mixed: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '%': (a, b) => a % b,
  };
  for (const [operator, work] of Object.entries(mixed))
    for (const [left, right] of [
      ['double', 'int'],
      ['int', 'double'],
    ] as const)
      environment.registerOperator(`${left} ${operator} ${right}: double`, (a: unknown, b: unknown) =>
        work(Number(a), Number(b)),
      );
  // The language has a remainder of whole numbers alone, and numbers of JSON count as broken ones.
  environment.registerOperator('double % double', (a: unknown, b: unknown) => Number(a) % Number(b));
  // The library turns an equality round by itself.
  environment.registerOperator('double == int', (a: unknown, b: unknown) => Number(a) === Number(b));
  for (const [name, type] of Object.entries(scopes[scope].names)) environment.registerVariable(name, type);
  return environment;
}

/** Counts the steps of the evaluation under way. Evaluating awaits nothing, so that one serves all of a scope. */
interface Meter {
  readonly environment: Environment;
  spent: number;
  most: number;
}
const meters = new Map<Scope, Meter>();

function meterOf(scope: Scope): Meter {
  let meter = meters.get(scope);
  if (meter === undefined) {
    meter = { environment: environmentOf(scope, generous), spent: 0, most: 0 };
    count(meter);
    meters.set(scope, meter);
  }
  return meter;
}

/** Written anew with its counters, an expression is longer and lies deeper. */
const generous = { ...limits, maxAstNodes: 5000, maxDepth: 1000 };

/** Lets macros and sums pay for what they do. */
function count(meter: Meter): void {
  meter.environment
    .registerFunction({
      name: 'symphonyStep',
      returnType: 'bool',
      params: [],
      async: false,
      handler: () => {
        pay(meter, 1);
        return true;
      },
    })
    .registerFunction({
      name: 'symphonySum',
      returnType: 'dyn',
      params: [{ name: 'sum', type: 'dyn' }],
      async: false,
      handler: (sum: unknown) => {
        if (typeof sum === 'string' || Array.isArray(sum)) pay(meter, Math.ceil(sum.length / 100));
        return sum;
      },
    });
}

function pay(meter: Meter, steps: number): void {
  meter.spent += steps;
  if (meter.spent > meter.most) throw new Error('budget');
}

/** What the library offers and we do not: patterns can take for ever, and bindings can double what they hold. */
const refusedCalls: ReadonlySet<string> = new Set(['matches', 'bind', 'symphonyStep', 'symphonySum']);

function refusedIn(root: ASTNode, known: KnownPorts): ExpressionFault | undefined {
  const open: unknown[] = [root];
  while (open.length > 0) {
    const next = open.pop();
    if (Array.isArray(next)) {
      open.push(...(next as unknown[]));
      continue;
    }
    if (typeof next !== 'object' || next === null || !('op' in next)) continue;
    const node = next as ASTNode;
    if ((node.op === 'call' || node.op === 'rcall') && refusedCalls.has(node.args[0]))
      return { detail: `${node.args[0]} is not offered here`, at: node.start };
    const unknown = unknownPort(node, known);
    if (unknown !== undefined) return unknown;
    open.push(node.args);
  }
  return undefined;
}

/** `inputs.port` and `inputs["port"]` where there is no such port. */
function unknownPort(node: ASTNode, known: KnownPorts): ExpressionFault | undefined {
  if ((node.op !== '.' && node.op !== '[]') || node.args[0].op !== 'id') return undefined;
  const [{ args: whose }, key] = node.args;
  const ports = known[whose as keyof KnownPorts];
  const name = typeof key === 'string' ? key : key.op === 'value' ? key.args : undefined;
  if (ports === undefined || typeof name !== 'string' || ports.has(name)) return undefined;
  const at = typeof key === 'string' ? node.end - key.length : key.start;
  return { detail: `${whose} has no ${name}`, at };
}

function faultOf(thrown: unknown): ExpressionFault {
  const { summary, message, range } = thrown as {
    summary?: string;
    message?: string;
    range?: { start: number };
  };
  return { detail: (summary ?? message ?? String(thrown)).replace(/\.$/, ''), at: range?.start ?? 0 };
}

/** Counted numbers of the language are whole ones. */
function typed(scope: Scope, values: Readonly<Record<string, Json>>): Record<string, unknown> {
  const names: Readonly<Record<string, string>> = scopes[scope].names;
  return Object.fromEntries(
    Object.entries(names).map(([name, type]) => [
      name,
      type === 'int' ? BigInt(Math.trunc(Number(values[name] ?? 0))) : (values[name] ?? null),
    ]),
  );
}

/** A result as JSON. Parts of it may be one value many times: each time counts, for the copy is as large as that. */
function jsonOf(value: unknown, depth: number, meter: Meter): Json {
  if (depth > 200) throw new Error('the result lies too deep');
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    pay(meter, value.length / 1000);
    return value;
  }
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  if (typeof value !== 'object') throw new Error('the result is no JSON value');
  const entries =
    value instanceof Map
      ? [...value]
      : Object.getPrototypeOf(value) === Object.prototype
        ? Object.entries(value)
        : undefined;
  const size = Array.isArray(value) ? value.length : entries?.length;
  if (size === undefined) throw new Error('the result is no JSON value');
  pay(meter, size / 10);
  if (Array.isArray(value)) return value.map((item) => jsonOf(item, depth + 1, meter));
  return Object.fromEntries(entries!.map(([key, inner]) => [String(key), jsonOf(inner, depth + 1, meter)]));
}
