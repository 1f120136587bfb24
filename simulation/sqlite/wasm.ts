import init from '@sqlite.org/sqlite-wasm';

/** As much of the WASM build's surface as the simulation touches; pointers are numbers. */
export interface Wasm {
  readonly exports: SqliteExports;
  heap8u(): Uint8Array;
  alloc(bytes: number): number;
  dealloc(pointer: number): void;
  allocCString(text: string): number;
  cstrToJs(pointer: number): string | null;
  installFunction(signature: string, work: (...args: never[]) => number | void): number;
  peek32(pointer: number): number;
  poke32(pointer: number, value: number): void;
  poke64(pointer: number, value: bigint): void;
  peekPtr(pointer: number): number;
  pokePtr(pointer: number, value: number): void;
}

/** SQLite's C interface, by the names of its manual; see https://sqlite.org/c3ref/funclist.html. */
interface SqliteExports {
  sqlite3_open_v2(name: number, database: number, flags: number, vfs: number): number;
  sqlite3_close_v2(database: number): number;
  sqlite3_extended_result_codes(database: number, on: number): number;
  sqlite3_extended_errcode(database: number): number;
  sqlite3_errmsg(database: number): number;
  sqlite3_exec(database: number, sql: number, callback: number, arg: number, message: number): number;
  sqlite3_get_autocommit(database: number): number;
  sqlite3_next_stmt(database: number, statement: number): number;
  sqlite3_prepare_v2(database: number, sql: number, bytes: number, statement: number, tail: number): number;
  sqlite3_finalize(statement: number): number;
  sqlite3_reset(statement: number): number;
  sqlite3_step(statement: number): number;
  sqlite3_bind_null(statement: number, index: number): number;
  sqlite3_bind_double(statement: number, index: number, value: number): number;
  sqlite3_bind_text(statement: number, index: number, text: number, bytes: number, free: number): number;
  sqlite3_bind_blob(statement: number, index: number, blob: number, bytes: number, free: number): number;
  sqlite3_column_count(statement: number): number;
  sqlite3_column_name(statement: number, index: number): number;
  sqlite3_column_type(statement: number, index: number): number;
  sqlite3_column_double(statement: number, index: number): number;
  sqlite3_column_text(statement: number, index: number): number;
  sqlite3_column_blob(statement: number, index: number): number;
  sqlite3_column_bytes(statement: number, index: number): number;
  sqlite3_randomness(bytes: number, into: number): void;
  sqlite3_vfs_register(vfs: number, isDefault: number): number;
}

/** A C structure with a member `$name` per field. */
type Struct = { readonly pointer: number } & Record<string, number>;

export interface Sqlite {
  readonly wasm: Wasm;
  readonly capi: {
    readonly sqlite3_vfs: new () => Struct;
    readonly sqlite3_io_methods: new () => Struct;
    readonly sqlite3_file: { readonly structInfo: { readonly sizeof: number } };
  };
}

/** Loads the SQLite project's own WASM build. */
export const loadWasm = async (): Promise<Sqlite> => (await init()) as unknown as Sqlite;
