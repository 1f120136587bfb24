import type { Json } from '../base';
import { melodyVersion } from '../../schemas/melody';
import { isBinary, readBinary } from './binary';
import { finding, wholeFile } from './findings';
import { migrated } from './migrate';
import { pathText, SourceMap } from './place';
import { readSource, tooLarge } from './source';
import { melodyLimits } from '../../schemas/melody';
import type { Checked, CheckOptions, Compression, Finding, Path } from './types';
import { validate } from './validate';

/** What reading a file gave, besides what checking it gave. */
export interface ReadMelody extends Checked {
  /** The document in the current version, even where it has errors; undefined where it is none. */
  readonly document: Json | undefined;
  /** The version it was written in. */
  readonly version: number | undefined;
}

/** Reads and checks the text of a `*.melody.json`. Never throws on a text; findings say what is wrong and where. */
export function readMelody(text: string, file: string, options: CheckOptions = {}): ReadMelody {
  const source = readSource(text, file);
  if (!source.ok) return refused(source.findings);
  let map: SourceMap | undefined;
  const lazily = () => (map ??= new SourceMap(text));
  const where = (path: Path) => ({ file, ...lazily().at(lazily().offsetOf(path)), path: pathText(path) });
  const brought = migrated(source.value, file, where);
  if (!brought.ok) return refused([brought.finding]);
  if (brought.from === melodyVersion)
    return {
      ...validate(brought.value, file, options, lazily),
      document: brought.value,
      version: brought.from,
    };
  // Places of a migrated document are ways into the new one; the text has another form.
  const checked = validate(brought.value, file, options);
  const args = { file, found: brought.from, known: melodyVersion };
  const older = finding('melody.older', args, where(['version']));
  return {
    melody: checked.melody,
    findings: [older, ...checked.findings],
    document: brought.value,
    version: brought.from,
  };
}

/** Reads and checks a file of either form by what its first bytes are. */
export function readMelodyFile(
  bytes: Uint8Array,
  file: string,
  compression: Compression,
  options: CheckOptions = {},
): ReadMelody {
  if (bytes.length > melodyLimits.fileBytes) return refused([tooLarge(file, bytes.length)]);
  if (isBinary(bytes)) return readBinary(bytes, file, compression, options);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refused([
      finding(
        'melody.damaged',
        { file, detail: 'it is neither UTF-8 text nor binary form' },
        wholeFile(file),
      ),
    ]);
  }
  return readMelody(text, file, options);
}

const refused = (findings: readonly Finding[]): ReadMelody => ({
  melody: undefined,
  findings,
  document: undefined,
  version: undefined,
});
