import type { Database, OpenDatabase, Row, Statement, Value } from '../../server/storage';
import { durable } from '../../server/storage';
import type { ProcessDisk } from '../disk/processDisk';
import { SimulatedVfs } from './vfs';
import { loadWasm, type Sqlite } from './wasm';

const openReadWriteCreate = 0x6;
const row = 100;
const done = 101;
/** Tells SQLite to copy what is bound. */
const transient = -1;

/** SQLite on simulated disks; one for the whole simulator, as loading it takes a while. */
export class SimulatedSqlite {
  private constructor(
    private readonly sqlite: Sqlite,
    private readonly vfs: SimulatedVfs,
  ) {}

  static async load(): Promise<SimulatedSqlite> {
    const sqlite = await loadWasm();
    return new SimulatedSqlite(sqlite, new SimulatedVfs(sqlite));
  }

  /** Begins SQLite's own randomness anew, from these bytes. */
  reseed(seed: (count: number) => Uint8Array): void {
    this.vfs.seed = seed;
    this.sqlite.wasm.exports.sqlite3_randomness(0, 0);
  }

  /** The SQLite of one process. */
  forProcess(process: ProcessDisk): ProcessSqlite {
    return new ProcessSqlite(this.sqlite, this.vfs, process);
  }
}

export class ProcessSqlite {
  private readonly connections = new Set<Connection>();
  private readonly number: number;

  constructor(
    private readonly sqlite: Sqlite,
    private readonly vfs: SimulatedVfs,
    process: ProcessDisk,
  ) {
    this.number = vfs.admit(process);
  }

  /** The driver seam. Pages are as large as those of Node's build. */
  readonly open: OpenDatabase = (file, pragmas = durable) => {
    const connection = new Connection(this.sqlite, `${this.number}:${file}`, () =>
      this.connections.delete(connection),
    );
    this.connections.add(connection);
    try {
      for (const pragma of ['PRAGMA page_size = 4096', 'PRAGMA foreign_keys = ON', ...pragmas])
        connection.exec(pragma);
    } catch (thrown) {
      connection.close();
      throw thrown;
    }
    return connection;
  };

  /** Frees what a dead process held. Nothing of it reaches the disk: the process is dead. */
  bury(): void {
    for (const connection of [...this.connections]) connection.close();
    this.vfs.dismiss(this.number);
  }
}

class Connection implements Database {
  private readonly pointer: number;
  private isOpen = true;

  constructor(
    private readonly sqlite: Sqlite,
    name: string,
    private readonly onClosed: () => void,
  ) {
    const { wasm } = sqlite;
    const cell = wasm.alloc(4);
    const text = wasm.allocCString(name);
    wasm.pokePtr(cell, 0);
    const result = wasm.exports.sqlite3_open_v2(text, cell, openReadWriteCreate, 0);
    this.pointer = wasm.peekPtr(cell);
    wasm.dealloc(text);
    wasm.dealloc(cell);
    if (result !== 0) {
      const failure = this.failure();
      this.close();
      throw failure;
    }
    wasm.exports.sqlite3_extended_result_codes(this.pointer, 1);
  }

  exec(sql: string): void {
    const { wasm } = this.sqlite;
    const text = wasm.allocCString(sql);
    const result = wasm.exports.sqlite3_exec(this.opened(), text, 0, 0, 0);
    wasm.dealloc(text);
    if (result !== 0) throw this.failure();
  }

  prepare(sql: string): Statement {
    const { wasm } = this.sqlite;
    const cell = wasm.alloc(4);
    const text = wasm.allocCString(sql);
    const result = wasm.exports.sqlite3_prepare_v2(this.opened(), text, -1, cell, 0);
    const statement = wasm.peekPtr(cell);
    wasm.dealloc(text);
    wasm.dealloc(cell);
    if (result !== 0) throw this.failure();
    const names = this.columnsOf(statement);
    const rows = (values: readonly Value[], most: number): Row[] => this.rows(statement, names, values, most);
    return {
      run: (...values) => void rows(values, 0),
      get: (...values) => rows(values, 1)[0],
      all: (...values) => rows(values, Infinity),
    };
  }

  transaction<T>(work: () => T): T {
    this.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.exec('COMMIT');
      return result;
    } catch (thrown) {
      if (this.isOpen && this.sqlite.wasm.exports.sqlite3_get_autocommit(this.pointer) === 0)
        this.exec('ROLLBACK');
      throw thrown;
    }
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    const { exports } = this.sqlite.wasm;
    for (let next; (next = exports.sqlite3_next_stmt(this.pointer, 0)) !== 0;) exports.sqlite3_finalize(next);
    exports.sqlite3_close_v2(this.pointer);
    this.onClosed();
  }

  private rows(statement: number, names: readonly string[], values: readonly Value[], most: number): Row[] {
    this.opened();
    const { exports } = this.sqlite.wasm;
    try {
      values.forEach((value, i) => this.bind(statement, i + 1, value));
      const found: Row[] = [];
      for (;;) {
        const result = exports.sqlite3_step(statement);
        if (result === done) return found;
        if (result !== row) throw this.failure();
        if (found.length < most) found.push(this.rowOf(statement, names));
        if (most === 1) return found;
      }
    } finally {
      exports.sqlite3_reset(statement);
    }
  }

  /** Numbers are bound as doubles, as Node's driver does. */
  private bind(statement: number, index: number, value: Value): void {
    const { wasm } = this.sqlite;
    const { exports } = wasm;
    if (value === null) return void exports.sqlite3_bind_null(statement, index);
    if (typeof value === 'number') return void exports.sqlite3_bind_double(statement, index, value);
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    const pointer = wasm.alloc(bytes.length + 1);
    wasm.heap8u().set(bytes, pointer);
    if (typeof value === 'string')
      exports.sqlite3_bind_text(statement, index, pointer, bytes.length, transient);
    else exports.sqlite3_bind_blob(statement, index, pointer, bytes.length, transient);
    wasm.dealloc(pointer);
  }

  private columnsOf(statement: number): readonly string[] {
    const { wasm } = this.sqlite;
    const count = wasm.exports.sqlite3_column_count(statement);
    return Array.from({ length: count }, (_, i) =>
      wasm.cstrToJs(wasm.exports.sqlite3_column_name(statement, i))!,
    );
  }

  private rowOf(statement: number, names: readonly string[]): Row {
    const found: Record<string, Value> = {};
    names.forEach((name, i) => {
      found[name] = this.valueOf(statement, i);
    });
    return found;
  }

  private valueOf(statement: number, index: number): Value {
    const { wasm } = this.sqlite;
    const { exports } = wasm;
    const bytes = (pointer: number): Buffer =>
      Buffer.from(wasm.heap8u().buffer, pointer, exports.sqlite3_column_bytes(statement, index));
    switch (exports.sqlite3_column_type(statement, index)) {
      case 1:
      case 2:
        return exports.sqlite3_column_double(statement, index);
      case 3:
        return bytes(exports.sqlite3_column_text(statement, index)).toString('utf8');
      case 4:
        return new Uint8Array(bytes(exports.sqlite3_column_blob(statement, index)));
      default:
        return null;
    }
  }

  private opened(): number {
    if (!this.isOpen) throw new Error('database is not open');
    return this.pointer;
  }

  /** The last error with the members Node's driver gives one. */
  private failure(): Error {
    const { wasm } = this.sqlite;
    const errcode = wasm.exports.sqlite3_extended_errcode(this.pointer);
    const message = wasm.cstrToJs(wasm.exports.sqlite3_errmsg(this.pointer)) ?? 'unknown';
    return Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode, errstr: message });
  }
}
