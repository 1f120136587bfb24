import * as z from 'zod';
import { problem, type Json } from '../base';
import type { Database } from '../storage';
import type { ArtifactType } from './types';

/** What every store knows. Files of people are not refused for what is in them; only types with a schema are strict. */
const builtIn: readonly ArtifactType[] = [
  { name: 'blob', content: 'binary' },
  { name: 'text', content: 'text' },
  { name: 'code', content: 'text' },
  { name: 'json', content: 'json' },
  { name: 'workflow', content: 'json' },
  { name: 'melody', content: 'json' },
  { name: 'outcome', content: 'json' },
  { name: 'transcript', content: 'json', schema: { type: 'array' } },
  {
    name: 'changeset',
    content: 'json',
    schema: { type: 'object', required: ['changeset', 'files'], properties: { files: { type: 'array' } } },
  },
  { name: 'run', content: 'json', schema: { type: 'object', required: ['run', 'state'] } },
];

const mostSchemaBytes = 64 * 1024;

/** JSON beyond this is not held against a schema: it would keep others waiting. */
const mostCheckedBytes = 16 * 1024 * 1024;

const definition = z.object({
  name: z.string().regex(/^[a-z][\w.+/-]{0,99}$/),
  content: z.enum(['text', 'json', 'binary']),
  schema: z.record(z.string(), z.json()).optional(),
});

/** Types of artifacts: what their bytes are and, for JSON, the schema they must fit. */
export class TypeRegistry {
  private readonly known = new Map<string, ArtifactType>();
  private readonly checks = new Map<string, z.ZodType>();

  constructor(private readonly database: Database) {
    for (const type of builtIn) this.know(type);
    for (const row of database.prepare('SELECT definition FROM types').all())
      this.know(definition.parse(JSON.parse(String(row['definition']))) as ArtifactType);
  }

  /** What is not registered is taken for bytes nothing is known of. */
  of(name: string): ArtifactType {
    return this.known.get(name) ?? { name, content: 'binary' };
  }

  list(): readonly ArtifactType[] {
    return [...this.known.values()];
  }

  /** Within a transaction. Throws `artifact.typeInvalid`; the types every store knows stay as they are. */
  register(type: ArtifactType): void {
    const refused = (detail: string) =>
      problem('artifact.typeInvalid', { type: JSON.stringify(type.name ?? null).slice(0, 80), detail });
    const found = definition.safeParse(type);
    if (!found.success) throw refused(found.error.issues[0]!.message);
    if (builtIn.some(({ name }) => name === type.name))
      throw refused('every store knows a type of this name');
    if (type.schema !== undefined && type.content !== 'json') throw refused('only JSON can have a schema');
    const text = JSON.stringify(type);
    if (text.length > mostSchemaBytes) throw refused(`it is larger than ${mostSchemaBytes} bytes`);
    try {
      this.know(type);
    } catch (thrown) {
      throw refused(thrown instanceof Error ? thrown.message : String(thrown));
    }
    this.database.prepare('INSERT OR REPLACE INTO types VALUES(?, ?)').run(type.name, text);
  }

  /** Throws `artifact.misfit` where a type has a schema that the bytes do not fit. */
  check(name: string, type: string, bytes: Uint8Array): void {
    const check = this.checks.get(type);
    if (check === undefined || bytes.byteLength > mostCheckedBytes) return;
    const misfit = (detail: string) => problem('artifact.misfit', { name, type, detail });
    let value: Json;
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json;
    } catch {
      throw misfit('it is no JSON');
    }
    const found = check.safeParse(value);
    if (found.success) return;
    const [issue] = found.error.issues;
    throw misfit(`${issue!.path.join('.') || 'the whole'}: ${issue!.message}`);
  }

  private know(type: ArtifactType): void {
    if (type.schema === undefined) this.checks.delete(type.name);
    else this.checks.set(type.name, z.fromJSONSchema(type.schema as Parameters<typeof z.fromJSONSchema>[0]));
    this.known.set(type.name, type);
  }
}
