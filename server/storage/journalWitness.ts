import { crc32 } from 'node:zlib';
import type { Log } from '../base';
import type { JournalFiles, SmallFile } from './journalFiles';

const mark = Buffer.from('symseen1');
const length = 20;

/**
 * Remembers, in a small file of its own, the position of the last event that was acknowledged. SQLite drops
 * a torn end of its log without a word; a witness ahead of the journal tells. It is written after each
 * commit and not synced, which costs microseconds: it outlives the process, though not a loss of power,
 * after which it may be behind. It is never what an event is read from.
 */
export class Witness {
  private readonly bytes = Buffer.alloc(length);
  private failing = false;

  private constructor(
    private readonly file: SmallFile,
    private readonly log: Log,
  ) {
    mark.copy(this.bytes);
  }

  static fileOf(journal: string): string {
    return `${journal}-seen`;
  }

  /** Opens the witness beside `journal`, creating it when it is missing. */
  static beside(journal: string, files: JournalFiles, log: Log): Witness {
    return new Witness(files.openSmall(Witness.fileOf(journal)), log);
  }

  /** How many events the witness of a journal that is not there has seen: 0 where it is not there either. */
  static ofMissing(journal: string, files: JournalFiles, log: Log): number | 'some' {
    if ((files.size(Witness.fileOf(journal)) ?? 0) === 0) return 0;
    const witness = Witness.beside(journal, files, log);
    try {
      return witness.seen() ?? 'some';
    } finally {
      witness.close();
    }
  }

  /** The position it has seen; undefined when it is new or cannot be read. */
  seen(): number | undefined {
    const bytes = Buffer.from(this.file.read(length));
    if (bytes.length === 0) return undefined;
    const position = positionIn(bytes);
    if (position === undefined) this.log.warn('the witness of the journal cannot be read; it begins anew');
    return position;
  }

  /** Sees a position. It never throws: what it stands beside is durable already. */
  see(position: number): void {
    this.bytes.writeBigUInt64LE(BigInt(position), 8);
    this.bytes.writeUInt32LE(crc32(this.bytes.subarray(0, 16)), 16);
    try {
      this.file.write(this.bytes);
      this.failing = false;
    } catch (thrown) {
      if (!this.failing)
        this.log.warn('the witness of the journal cannot be written', { detail: String(thrown) });
      this.failing = true;
    }
  }

  close(): void {
    this.file.close();
  }
}

function positionIn(bytes: Buffer): number | undefined {
  if (bytes.length !== length || !bytes.subarray(0, 8).equals(mark)) return undefined;
  if (bytes.readUInt32LE(16) !== crc32(bytes.subarray(0, 16))) return undefined;
  return Number(bytes.readBigUInt64LE(8));
}
