import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** A log file beyond this many bytes is set aside as `<file>.1`, replacing the one set aside before. */
const maxBytes = 5 * 1024 * 1024;

/**
 * A log's destination that never holds more than twice `limit` bytes on disk. Writing is synchronous,
 * so that the last lines before a crash are there; a full disk loses lines and nothing else.
 */
export function rotatingFile(file: string, limit = maxBytes): { write(line: string): void; close(): void } {
  let handle: number | undefined;
  let size = 0;
  const open = () => {
    handle = openSync(file, 'a', 0o600);
    size = fstatSync(handle).size;
  };
  const close = () => {
    if (handle !== undefined) closeSync(handle);
    handle = undefined;
  };
  return {
    write(line) {
      try {
        if (handle === undefined) open();
        if (size > limit) {
          close();
          renameSync(file, `${file}.1`);
          open();
        }
        size += writeSync(handle!, line);
      } catch {
        // There is no better place to say that the log cannot be written.
      }
    },
    close,
  };
}
