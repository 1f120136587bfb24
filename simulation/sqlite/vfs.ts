import type { Content } from '../disk/content';
import { DiskFault } from '../disk/disk';
import type { ProcessDisk } from '../disk/processDisk';
import { busy, ok, SharedFiles, type SharedFile } from './shared';
import type { Sqlite } from './wasm';

/** Result codes of SQLite, see https://sqlite.org/rescode.html. */
const code = {
  notFound: 12,
  full: 13,
  cannotOpen: 14,
  read: 266,
  shortRead: 522,
  write: 778,
  sync: 1034,
  truncate: 1546,
  delete: 2570,
} as const;

const openCreate = 0x4;
const openWal = 0x80000;
/** Writing some bytes of a sector never harms the others: what SQLite assumes on Unix. */
const powersafeOverwrite = 0x1000;

interface OpenFile {
  readonly id: number;
  readonly process: ProcessDisk;
  readonly path: string;
  readonly content: Content;
  readonly shared: SharedFile;
}

/**
 * A file system for SQLite over the disks of simulated processes. A name is `number:path`, the number
 * being that of the process that opens it.
 */
export class SimulatedVfs {
  private readonly processes = new Map<number, ProcessDisk>();
  private readonly files = new Map<number, OpenFile>();
  private readonly shared: SharedFiles;
  private lastId = 0;
  /** Bytes SQLite seeds its own randomness with. */
  seed: (count: number) => Uint8Array = (count) => new Uint8Array(count);

  constructor(private readonly sqlite: Sqlite) {
    this.shared = new SharedFiles(sqlite.wasm);
    this.register();
  }

  /** Makes a process known and returns its number. */
  admit(process: ProcessDisk): number {
    const number = ++this.lastId;
    this.processes.set(number, process);
    return number;
  }

  dismiss(number: number): void {
    this.processes.delete(number);
  }

  private register(): void {
    const { wasm, capi } = this.sqlite;
    const { heap } = { heap: () => wasm.heap8u() };
    const io = new capi.sqlite3_io_methods();
    const vfs = new capi.sqlite3_vfs();
    const file = (pointer: number): OpenFile => this.files.get(pointer)!;
    const install = (signature: string, work: (...args: never[]) => number | void) =>
      wasm.installFunction(signature, work);

    io['$iVersion'] = 2;
    io['$xClose'] = install('i(p)', (pointer: number) => {
      const { id, shared } = file(pointer);
      shared.unlock(id, 0);
      this.files.delete(pointer);
      return ok;
    });
    io['$xRead'] = install('i(ppij)', (pointer: number, into: number, count: number, at: bigint) => {
      const { process, content } = file(pointer);
      if (!process.isAlive) return code.read;
      const bytes = heap().subarray(into, into + count);
      const found = content.read(Number(at), bytes);
      if (found === count) return ok;
      bytes.fill(0, found);
      return code.shortRead;
    });
    io['$xWrite'] = install('i(ppij)', (pointer: number, from: number, count: number, at: bigint) =>
      guarded(code.write, () => {
        const { process, content, path } = file(pointer);
        process.write(content, path, Number(at), heap().subarray(from, from + count));
      }),
    );
    io['$xTruncate'] = install('i(pj)', (pointer: number, size: bigint) =>
      guarded(code.truncate, () => {
        const { process, content, path } = file(pointer);
        process.truncate(content, path, Number(size));
      }),
    );
    io['$xSync'] = install('i(pi)', (pointer: number, _flags: number) =>
      guarded(code.sync, () => {
        const { process, content, path } = file(pointer);
        process.sync(content, path);
      }),
    );
    io['$xFileSize'] = install('i(pp)', (pointer: number, size: number) => {
      wasm.poke64(size, BigInt(file(pointer).content.size));
      return ok;
    });
    io['$xLock'] = install('i(pi)', (pointer: number, level: number) =>
      file(pointer).shared.lock(file(pointer).id, level),
    );
    io['$xUnlock'] = install('i(pi)', (pointer: number, level: number) =>
      file(pointer).shared.unlock(file(pointer).id, level),
    );
    io['$xCheckReservedLock'] = install('i(pp)', (pointer: number, result: number) => {
      wasm.poke32(result, file(pointer).shared.isReserved() ? 1 : 0);
      return ok;
    });
    io['$xFileControl'] = install('i(pip)', () => code.notFound);
    io['$xSectorSize'] = install('i(p)', () => 4096);
    io['$xDeviceCharacteristics'] = install('i(p)', () => powersafeOverwrite);
    io['$xShmMap'] = install(
      'i(piiip)',
      (pointer: number, region: number, bytes: number, extend: number, result: number) => {
        const { id, shared, process } = file(pointer);
        if (!process.isAlive) return code.read;
        wasm.pokePtr(result, shared.map(id, region, bytes, extend !== 0));
        return ok;
      },
    );
    io['$xShmLock'] = install('i(piii)', (pointer: number, offset: number, count: number, flags: number) =>
      file(pointer).shared.lockMemory(file(pointer).id, offset, count, flags),
    );
    io['$xShmBarrier'] = install('v(p)', () => undefined);
    io['$xShmUnmap'] = install('i(pi)', (pointer: number) => {
      file(pointer).shared.unmap(file(pointer).id);
      return ok;
    });

    vfs['$iVersion'] = 2;
    vfs['$szOsFile'] = capi.sqlite3_file.structInfo.sizeof;
    vfs['$mxPathname'] = 128;
    vfs['$zName'] = wasm.allocCString('simulated');
    vfs['$xOpen'] = install(
      'i(pppip)',
      (_vfs: number, name: number, pointer: number, flags: number, outFlags: number) => {
        wasm.pokePtr(pointer, 0);
        return guarded(code.cannotOpen, () => {
          const [process, path] = this.locate(wasm.cstrToJs(name)!);
          const content =
            flags & openCreate ? process.create(path, (flags & openWal) !== 0) : process.find(path);
          if (!content) throw new DiskFault('ENOENT', path, 'open');
          const shared = this.shared.of(process.disk, path);
          this.files.set(pointer, { id: ++this.lastId, process, path, content, shared });
          wasm.pokePtr(pointer, io.pointer);
          if (outFlags !== 0) wasm.poke32(outFlags, flags);
        });
      },
    );
    vfs['$xDelete'] = install('i(ppi)', (_vfs: number, name: number, syncFolder: number) =>
      guarded(code.delete, () => {
        const [process, path] = this.locate(wasm.cstrToJs(name)!);
        if (process.find(path)) process.remove(path);
        if (syncFolder !== 0) process.disk.syncNames();
      }),
    );
    vfs['$xAccess'] = install('i(ppip)', (_vfs: number, name: number, _flags: number, result: number) =>
      guarded(code.read, () => {
        const [process, path] = this.locate(wasm.cstrToJs(name)!);
        wasm.poke32(result, (process.find(path)?.size ?? 0) > 0 ? 1 : 0);
      }),
    );
    vfs['$xFullPathname'] = install('i(ppip)', (_vfs: number, name: number, room: number, into: number) => {
      const bytes = Buffer.from(`${wasm.cstrToJs(name)!}\0`);
      if (bytes.length > room) return code.cannotOpen;
      heap().set(bytes, into);
      return ok;
    });
    vfs['$xRandomness'] = install('i(pip)', (_vfs: number, count: number, into: number) => {
      heap().set(this.seed(count), into);
      return count;
    });
    vfs['$xSleep'] = install('i(pi)', () => ok);
    vfs['$xCurrentTimeInt64'] = install('i(pp)', (_vfs: number, result: number) => {
      wasm.poke64(result, 0n);
      return ok;
    });
    vfs['$xGetLastError'] = install('i(pip)', () => ok);
    if (wasm.exports.sqlite3_vfs_register(vfs.pointer, 1) !== ok)
      throw new Error('SQLite does not take the simulated file system');
  }

  private locate(name: string): readonly [ProcessDisk, string] {
    const colon = name.indexOf(':');
    const process = this.processes.get(Number(name.slice(0, colon)));
    if (!process) throw new DiskFault('EIO', name, 'use by a process that is gone of');
    return [process, name.slice(colon + 1)];
  }
}

/** No exception may cross the WASM code: its stack would stay where it was. */
function guarded(otherwise: number, work: () => void): number {
  try {
    work();
    return ok;
  } catch (thrown) {
    if (!(thrown instanceof DiskFault)) throw thrown;
    return thrown.code === 'ENOSPC' ? code.full : otherwise;
  }
}

export { busy };
