import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod/mini';
import {
  clientRequests,
  codes,
  messages,
  sidecarNotifications,
  type NotificationSpec,
  type RequestSpec,
} from './index';
import { melody } from './melody';
import { template } from './template';

type Spec = RequestSpec | NotificationSpec;
type Schema = Readonly<Record<string, unknown>>;

/** Every generated file: where it lies and what it holds. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    'schemas/generated/protocol.schema.json': `${JSON.stringify(protocolSchema(), null, 2)}\n`,
    'schemas/generated/melody.schema.json': `${JSON.stringify(editorSchema(melody))}\n`,
    'schemas/generated/template.schema.json': `${JSON.stringify(editorSchema(template))}\n`,
    'schemas/generated/methods.ts': methodTables(),
    'docs/protocol.md': protocolDocument(),
  };
}

const all: readonly Spec[] = Object.values(messages);

const schemaOf = (type: z.ZodMiniType): Schema =>
  z.toJSONSchema(type, { io: 'input', reused: 'inline' }) as Schema;

/** JSON Schema of every message, by method. */
function protocolSchema(): object {
  const entries = all.map((spec) => [
    spec.method,
    {
      kind: spec.kind,
      direction: spec.direction,
      description: spec.doc,
      params: bare(schemaOf(spec.params)),
      ...(spec.kind === 'request' ? { result: bare(schemaOf(spec.result)), errors: spec.errors } : {}),
    },
  ]);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Messages between a client and the sidecar',
    messages: Object.fromEntries(entries) as object,
  };
}

/**
 * JSON Schema of a file people write as editors understand it (draft 7). One line: it is shipped, not read. Editors may
 * write comments and trailing commas, which a schema cannot say.
 */
function editorSchema(type: z.ZodMiniType): object {
  return {
    ...(z.toJSONSchema(type, { target: 'draft-7', io: 'input' }) as Schema),
    allowComments: true,
    allowTrailingCommas: true,
  };
}

/** What who only asks must know of messages, without their schemas, which are large. */
function methodTables(): string {
  const requests = Object.entries(clientRequests).map(
    ([name, { method, runs }]) => `  ${name}: { method: '${method}', runs: '${runs}' },\n`,
  );
  const notices = Object.entries(sidecarNotifications).map(
    ([name, { method }]) => `  ${name}: '${method}',\n`,
  );
  return [
    '// Written by `npm run generate` from `schemas/wire/`; do not edit.\n',
    "import type { ClientRequestName, SidecarNotifications } from '../wire';\n\n",
    '/** The method of each request of a client, and whether asking twice harms nobody. */\n',
    `export const requestMethods = {\n${requests.join('')}} as const satisfies `,
    "Record<ClientRequestName, { method: string; runs: 'read' | 'write' }>;\n\n",
    '/** The method of each notification of the sidecar. */\n',
    `export const noticeMethods = {\n${notices.join('')}} as const satisfies `,
    'Record<keyof SidecarNotifications, string>;\n',
  ].join('');
}

function bare(schema: Schema): Schema {
  const { $schema: _, ...rest } = schema;
  return rest;
}

function protocolDocument(): string {
  const parts = [
    '# Protocol',
    'Written by `npm run generate` from `schemas/wire/`; do not edit. Clients and the sidecar speak JSON-RPC 2.0 with `Content-Length` headers over a local socket, after the handshake of `schemas/wire/handshake.ts`. Language-server messages share the connection. A failed request carries `{ problem: { code, args } }` in the `data` of its error; the codes are in `schemas/codes.ts`. Every request can also fail with `request.invalid`, `request.unknown`, `cancelled` and `internal.unexpected`.',
  ];
  const groups: readonly (readonly [string, Spec['kind'], Spec['direction']])[] = [
    ['Requests of clients', 'request', 'client→sidecar'],
    ['Requests of the sidecar', 'request', 'sidecar→client'],
    ['Notifications of clients', 'notification', 'client→sidecar'],
    ['Notifications of the sidecar', 'notification', 'sidecar→client'],
  ];
  for (const [title, kind, direction] of groups) {
    parts.push(`## ${title}`);
    for (const spec of all)
      if (spec.kind === kind && spec.direction === direction) parts.push(...describe(spec));
  }
  return `${parts.join('\n\n')}\n`;
}

function describe(spec: Spec): string[] {
  const parts = [`### ${spec.method}`, spec.doc, shape('params', spec.params)];
  if (spec.kind === 'notification') return parts;
  parts.push(shape('result', spec.result));
  parts.push(
    spec.runs === 'read' ? 'Runs beside anything.' : 'Keeps its order among the writes of its connection.',
  );
  const errors = spec.errors.map((code) => `- \`${code}\` — ${codes[code].message}`);
  if (errors.length > 0) parts.push(`Fails with:`, errors.join('\n'));
  return parts;
}

const shape = (name: string, type: z.ZodMiniType): string =>
  `\`\`\`ts\n${name}: ${typeText(schemaOf(type), '')}\n\`\`\``;

/** A JSON Schema as a TypeScript type, which is what people read fastest. */
function typeText(schema: Schema, indent: string): string {
  if (typeof schema.$ref === 'string') return 'Json';
  if ('const' in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) {
    const values = schema.enum.map((value) => JSON.stringify(value));
    return values.length > 12 ? 'Code' : values.join(' | ');
  }
  const choices = (schema.anyOf ?? schema.oneOf) as readonly Schema[] | undefined;
  if (choices !== undefined) {
    const texts = [...new Set(choices.map((choice) => typeText(choice, indent)))];
    return texts.includes('Json') ? 'Json' : texts.join(' | ');
  }
  switch (schema.type) {
    case 'object':
      return objectText(schema, indent);
    case 'array': {
      const item = typeText(schema.items as Schema, indent);
      return item.includes(' | ') ? `(${item})[]` : `${item}[]`;
    }
    case 'integer':
      return 'number';
    case undefined:
      return 'Json';
    default:
      return String(schema.type);
  }
}

function objectText(schema: Schema, indent: string): string {
  const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, Schema>>);
  const rest = schema.additionalProperties;
  if (properties.length === 0)
    return typeof rest === 'object' && rest !== null
      ? `Record<string, ${typeText(rest as Schema, indent)}>`
      : '{}';
  const required = new Set((schema.required ?? []) as readonly string[]);
  const lines = properties.map(
    ([name, type]) => `${indent}  ${name}${required.has(name) ? '' : '?'}: ${typeText(type, `${indent}  `)};`,
  );
  return `{\n${lines.join('\n')}\n${indent}}`;
}

if (process.argv[1]?.endsWith('generate.ts') === true) {
  for (const [file, text] of Object.entries(generatedFiles())) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
