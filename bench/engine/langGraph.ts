import { createRequire } from 'node:module';
import path from 'node:path';
import type { Shape, ShapeName } from './shapes';

/** As much of LangGraph as is used here; it is no dependency, so its types are not at hand. */
interface Graph {
  addNode(name: string, work: (state: never) => object): Graph;
  addEdge(from: string, to: string): Graph;
  addConditionalEdges(from: string, choose: (state: never) => unknown): Graph;
  compile(options: object): { invoke(input: object, config: object): Promise<{ readonly done: number }> };
}

interface Library {
  readonly StateGraph: new (state: object) => Graph;
  readonly Annotation: { (options?: object): object; Root(fields: object): object };
  readonly Send: new (node: string, state: object) => object;
  readonly START: string;
  readonly END: string;
}

interface SqliteFile {
  pragma(text: string): unknown;
  prepare(sql: string): { get(): unknown };
  close(): void;
}

const thread = { configurable: { thread_id: 'bench' } };

/** LangGraph JS with its SQLite saver at full sync: one task per node, each outcome stored. Counts what came out. */
export async function runLangGraph(
  rivals: string,
  folder: string,
  name: ShapeName,
  { nodes }: Shape,
): Promise<number> {
  const require = createRequire(path.join(rivals, 'package.json'));
  const library = require('@langchain/langgraph') as Library;
  const { SqliteSaver } = require('@langchain/langgraph-checkpoint-sqlite') as {
    readonly SqliteSaver: new (database: SqliteFile) => object;
  };
  const database = openFile(require, folder);
  const graph = name === 'chain' ? chainOf(library, nodes.length) : fanOutOf(library, nodes.length);
  // Tasks without a bound wait for each other in a race that is quadratic: 64 at once are three times as fast.
  const config = { ...thread, durability: 'sync', maxConcurrency: 64, recursionLimit: nodes.length + 10 };
  const { done } = await graph.compile({ checkpointer: new SqliteSaver(database) }).invoke({}, config);
  database.close();
  return done;
}

/** Opens the store anew and counts the tasks whose outcome it holds. */
export function countLangGraph(rivals: string, folder: string): number {
  const database = openFile(createRequire(path.join(rivals, 'package.json')), folder);
  const { tasks } = database
    .prepare(`SELECT count(DISTINCT task_id) AS tasks FROM writes WHERE channel = 'done'`)
    .get() as { readonly tasks: number };
  database.close();
  return tasks;
}

function openFile(require: NodeJS.Require, folder: string): SqliteFile {
  const Database = require('better-sqlite3') as new (file: string) => SqliteFile;
  const database = new Database(path.join(folder, 'langgraph.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  return database;
}

/** Every task adds one to `done`. */
const stateOf = ({ Annotation }: Library): object =>
  Annotation.Root({
    done: Annotation({ reducer: (a: number, b: number) => a + b, default: () => 0 }),
  });

const work = () => ({ done: 1 });

function fanOutOf(library: Library, count: number): Graph {
  const sends = () => Array.from({ length: count - 2 }, (_, at) => new library.Send('work', { at }));
  return new library.StateGraph(stateOf(library))
    .addNode('first', work)
    .addNode('work', work)
    .addNode('last', work)
    .addEdge(library.START, 'first')
    .addConditionalEdges('first', sends)
    .addEdge('work', 'last')
    .addEdge('last', library.END);
}

function chainOf(library: Library, count: number): Graph {
  const graph = new library.StateGraph(stateOf(library));
  for (let at = 0; at < count; at++) {
    graph.addNode(`n${at}`, work);
    graph.addEdge(at === 0 ? library.START : `n${at - 1}`, `n${at}`);
  }
  return graph.addEdge(`n${count - 1}`, library.END);
}
